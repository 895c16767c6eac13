import { expect, it } from "vitest";
import { LOG_FORMATS, formatLogEntry } from "../../src/proxy/log.js";

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

it("prints the same for collectors, one JSON object a line with its time", () => {
  const lines: string[] = [];
  const log = LOG_FORMATS.json((line) => lines.push(line));
  log({ level: "warn", event: "refused", path: '/x"\n\u2028' });
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain("\n");
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    level: "warn",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    event: "refused",
    path: '/x"\n\u2028',
  });
});
