/** A machine that does much else is slow: what a test waits for may take longer than the second that vitest gives it. */
import { vi } from "vitest";

const TIMEOUT_MS = 30_000;
const { waitFor } = vi;

vi.waitFor = (check, options = {}) =>
  waitFor(check, typeof options === "number" ? options : { timeout: TIMEOUT_MS, ...options });
