/** What a person sees: a terminal emulator that is not ours. */
import xterm from "@xterm/headless";

export interface Screen {
  write(text: string): void;
  /** The window gets another width; what stands there is wrapped anew. */
  resize(columns: number): Promise<void>;
  /** What stands on the screen and above it, without empty lines at the end. */
  lines(): Promise<string[]>;
  /** Where the cursor is, from 0, and whether what is typed would be seen and wrapped. */
  cursor(): Promise<{ readonly line: number; readonly column: number; readonly wraps: boolean }>;
}

export function createScreen(columns = 80, rows = 24): Screen {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true });
  const written = () => new Promise<void>((resolve) => terminal.write("", resolve));
  return {
    write: (text) => terminal.write(text),
    async resize(next) {
      await written();
      terminal.resize(next, rows);
    },
    async lines() {
      await written();
      const { active } = terminal.buffer;
      const all = Array.from({ length: active.length }, (_, line) =>
        active.getLine(line)?.translateToString(true),
      );
      return all
        .map((line) => line ?? "")
        .join("\n")
        .trimEnd()
        .split("\n");
    },
    async cursor() {
      await written();
      const { baseY, cursorY, cursorX } = terminal.buffer.active;
      return { line: baseY + cursorY, column: cursorX, wraps: terminal.modes.wraparoundMode };
    },
  };
}
