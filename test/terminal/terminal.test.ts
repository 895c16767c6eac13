import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { formatBytes, formatDuration } from "../../src/terminal/quantities.js";
import { createTerminal } from "../../src/terminal/terminal.js";
import { createScreen } from "./screen.js";

const MIB = 1024 * 1024;

beforeEach(() => vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] }));
afterEach(() => vi.useRealTimers());

interface Options {
  readonly isTTY: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly redraws?: boolean;
}

function record({ isTTY, columns = 80, rows = 24, ...options }: Options) {
  const screen = createScreen(columns, rows);
  let text = "";
  const stream = {
    isTTY,
    columns,
    rows,
    write(chunk: string) {
      text += chunk;
      screen.write(chunk);
      return true;
    },
  };
  const terminal = createTerminal({
    stream: stream as never, // the members that are read of a stream
    style: (_, text) => text,
    quiet: false,
    verbose: false,
    ...options,
  });
  return { terminal, screen, stream, text: () => text };
}

type Recorded = ReturnType<typeof record>["terminal"];

/** Two downloads that have run for two seconds, of three, and seven variants that need none. */
function startTwo(terminal: Recorded): void {
  terminal.plan({ downloads: 3, bytes: 110 * MIB, unchanged: 7 });
  for (let second = 0; second <= 2; second++) {
    if (second > 0) vi.advanceTimersByTime(1000);
    terminal.transfer({ label: "acme-cli (x86_64-linux)", received: second * 4 * MIB, total: 100 * MIB });
    terminal.transfer({ label: "tool (any)", received: second * MIB, total: undefined });
  }
  vi.advanceTimersByTime(100);
}

describe("on a terminal", () => {
  test("each download has a line with size, speed and time left, and the last line is of all", async () => {
    const { terminal, screen } = record({ isTTY: true });
    startTwo(terminal);

    expect(await screen.lines()).toEqual([
      "acme-cli (x86_64-linux)  8.0 MiB of 100 MiB  3.8 MiB/s  25 s left",
      "tool (any)               2.0 MiB  975 KiB/s",
      "0 of 3 downloaded, 10 MiB of 110 MiB, 4.8 MiB/s, 21 s left, 7 unchanged",
    ]);
  });

  test("what is done is counted, and what is over leaves the screen", async () => {
    const { terminal, screen } = record({ isTTY: true });
    startTwo(terminal);
    terminal.transferred("tool (any)");
    vi.advanceTimersByTime(100);
    expect((await screen.lines()).at(-1)).toContain("1 of 3 downloaded, 10 MiB of 110 MiB");
    expect(await screen.lines()).toHaveLength(2);

    terminal.clear();
    expect(await screen.lines()).toEqual([""]);
    expect(await screen.cursor()).toEqual({ line: 0, column: 0, wraps: true });
  });

  test("a warning stands above, and the lines go on below it", async () => {
    const { terminal, screen } = record({ isTTY: true });
    startTwo(terminal);
    terminal.warn("careful");
    vi.advanceTimersByTime(100);

    const lines = await screen.lines();
    expect(lines[0]).toBe("warning careful");
    expect(lines).toHaveLength(4);
  });

  test("a download that gets nothing more is called stalled", async () => {
    const { terminal, screen } = record({ isTTY: true });
    startTwo(terminal);
    vi.advanceTimersByTime(10_000);

    expect((await screen.lines())[0]).toBe("acme-cli (x86_64-linux)  8.0 MiB of 100 MiB  stalled");
  });

  test("one that begins anew counts from there", async () => {
    const { terminal, screen } = record({ isTTY: true });
    startTwo(terminal);
    terminal.transfer({ label: "tool (any)", received: 0, total: undefined });
    vi.advanceTimersByTime(1000);

    const lines = await screen.lines();
    expect(lines[1]).toBe("tool (any)               0 B  stalled");
    expect(lines[2]).toContain("8.0 MiB of 110 MiB");
  });

  test.each([60, 40, 30, 20, 8])(
    "of %d columns nothing is wrapped, and labels give way to numbers",
    async (columns) => {
      const { terminal, screen } = record({ isTTY: true, columns });
      startTwo(terminal);

      const lines = await screen.lines();
      expect(lines).toHaveLength(3);
      if (columns >= 30) expect(lines[0]).toContain("8.0 MiB");
    },
  );

  test.each([
    [
      60,
      [
        "acme-cli (x86_64…  8.0 MiB of 100 MiB  3.8 MiB/s  25 s left",
        "tool (any)         2.0 MiB  975 KiB/s",
      ],
      "0 of 3, 10 MiB, 4.8 MiB/s, 21 s left",
    ],
    [
      40,
      ["acme-cli (x8…  8.0 MiB  3.8 MiB/s  25 s", "tool (any)     2.0 MiB  975 KiB/s"],
      "0 of 3, 10 MiB, 4.8 MiB/s, 21 s left",
    ],
  ])(
    "of %d columns size, speed and time left come before what is more",
    async (columns, downloads, total) => {
      const { terminal, screen } = record({ isTTY: true, columns });
      startTwo(terminal);

      expect(await screen.lines()).toEqual([...downloads, total]);
    },
  );

  test("of few rows only so many downloads are shown, and the others are counted", async () => {
    const { terminal, screen } = record({ isTTY: true, rows: 4 });
    terminal.warn("above");
    terminal.plan({ downloads: 9, bytes: undefined, unchanged: 0 });
    for (let n = 1; n <= 9; n++) terminal.transfer({ label: `tool-${n}`, received: 0, total: 10 });
    vi.advanceTimersByTime(1000);

    expect(await screen.lines()).toEqual([
      "warning above",
      "tool-1  0 B of 10 B  stalled",
      "tool-2  0 B of 10 B  stalled",
      "7 more running, 0 of 9 downloaded, 0 B, stalled",
    ]);
  });

  test("that becomes narrower while they run, nothing is left over", async () => {
    const { terminal, screen, stream } = record({ isTTY: true });
    terminal.warn("above");
    startTwo(terminal);
    stream.columns = 25;
    await screen.resize(25);
    vi.advanceTimersByTime(100);

    const lines = await screen.lines();
    expect(lines).toHaveLength(4);
    expect(lines[0]).toBe("warning above");
    terminal.clear();
    expect(await screen.lines()).toEqual(["warning above"]);
  });

  test("whatever ends the process, one can type on a line of its own", async () => {
    const { terminal, screen, text } = record({ isTTY: true });
    startTwo(terminal);

    expect(await screen.cursor()).toEqual({ line: 3, column: 0, wraps: true });
    expect(text()).not.toContain("\u001B[?25l");
  });

  test("names are shown and not obeyed", async () => {
    const { terminal, screen, text } = record({ isTTY: true, columns: 120 });
    const name = "a\u001B[2J\u001B]0;owned\u0007\r\n\u202Ez";
    terminal.step(`publishing to ${name}`);
    terminal.warn(name);
    terminal.transfer({ label: name, received: 1, total: 2 });
    vi.advanceTimersByTime(100);

    const shown = "a\\u{1b}[2J\\u{1b}]0;owned\\u{7}\\u{d}";
    expect((await screen.lines())[0]).toBe(`warning ${shown}`);
    expect((await screen.lines())[2]).toContain(`${shown}\\u{a}\\u{202e}z`);
    for (const sequence of ["\u001B[2J", "\u001B]0", "\u0007", "\u202E"]) {
      expect(text()).not.toContain(sequence);
    }
  });
});

describe("where stderr is no terminal", () => {
  test("nothing but warnings is written of a run that is soon over", () => {
    const { terminal, text } = record({ isTTY: false });
    terminal.step("resolving");
    startTwo(terminal);
    terminal.detail("detail");
    terminal.warn("careful");
    terminal.clear();

    expect(text()).toBe("warning careful\n");
  });

  test.each([{ isTTY: false }, { isTTY: true, redraws: false }])(
    "a longer one tells of itself every ten seconds, in plain lines: %j",
    (options) => {
      const { terminal, text } = record(options);
      startTwo(terminal);
      vi.advanceTimersByTime(8000);

      expect(text().split("\n")).toEqual([
        "acme-cli (x86_64-linux)  8.0 MiB of 100 MiB  stalled",
        "tool (any)               2.0 MiB  stalled",
        "0 of 3 downloaded, 10 MiB of 110 MiB, stalled, 7 unchanged",
        "",
      ]);
      terminal.transferred("tool (any)");
      terminal.transferred("acme-cli (x86_64-linux)");
      vi.advanceTimersByTime(60_000);
      expect(text().split("\n")).toHaveLength(4);
    },
  );
});

test("--quiet silences warnings and progress, --verbose shows details", () => {
  const quiet = record({ isTTY: true, quiet: true });
  quiet.terminal.step("resolving");
  startTwo(quiet.terminal);
  quiet.terminal.warn("careful");
  quiet.terminal.clear();
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

test.each([
  [0.2, "1 s"],
  [89, "89 s"],
  [120, "2 min"],
  [7200, "2 h"],
])("%d seconds are %s", (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});
