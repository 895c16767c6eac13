import { expect, test } from "vitest";
import { createTerminal, formatBytes } from "../../src/terminal/terminal.js";

function record(options: { isTTY: boolean; quiet?: boolean; verbose?: boolean }) {
  let text = "";
  let clock = 0;
  const terminal = createTerminal({
    // The three members that the terminal reads of a stream.
    stream: { isTTY: options.isTTY, columns: 60, write: (chunk: string) => (text += chunk) !== "" } as never,
    style: (_, text) => text,
    quiet: options.quiet ?? false,
    verbose: options.verbose ?? false,
    now: () => (clock += 1000),
  });
  return { terminal, text: () => text };
}

test("progress is drawn on a terminal and removed before the next line", () => {
  const { terminal, text } = record({ isTTY: true });
  terminal.transfer({ label: "acme (x86_64-linux)", received: 3 << 20, total: 9 << 20 });
  terminal.warn("careful");

  expect(text()).toContain("acme (x86_64-linux)  3.0 MiB of 9.0 MiB  ");
  expect(text().endsWith("\r\u001B[Kwarning careful\n")).toBe(true);
});

test("nothing but warnings is written when stderr is no terminal", () => {
  const { terminal, text } = record({ isTTY: false });
  terminal.step("resolving");
  terminal.transfer({ label: "acme", received: 1, total: 2 });
  terminal.detail("detail");
  terminal.warn("careful");

  expect(text()).toBe("warning careful\n");
});

test("--quiet silences warnings and progress, --verbose shows details", () => {
  const quiet = record({ isTTY: true, quiet: true });
  quiet.terminal.step("resolving");
  quiet.terminal.warn("careful");
  const verbose = record({ isTTY: false, verbose: true });
  verbose.terminal.detail("retrying");

  expect(quiet.text()).toBe("");
  expect(verbose.text()).toBe("retrying\n");
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1536, "1.5 KiB"],
  [12 << 20, "12 MiB"],
  [2 ** 40, "1.0 TiB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
