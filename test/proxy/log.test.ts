import { expect, it } from "vitest";
import { formatLogEntry } from "../../src/proxy/log.js";

it("prints an entry as one line of key=value", () => {
  const line = formatLogEntry({ level: "info", event: "served", artifact: "tool", size: 15 });
  expect(line).toBe("level=info event=served artifact=tool size=15");
});

it("lets no client write a line or a field of its own", () => {
  const path = '/x level=error\nevent="served" \u001b[31m\u2028é';
  const line = formatLogEntry({ level: "warn", event: "refused", path });
  expect(line).toBe(
    String.raw`level=warn event=refused path="/x level=error\nevent=\"served\" \u001b[31m\u2028\u00e9"`,
  );
});
