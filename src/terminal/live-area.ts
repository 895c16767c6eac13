/** Lines at the end of a terminal that are drawn over again and again, and then removed without a trace. */
export interface LiveArea {
  draw(lines: readonly string[]): void;
  clear(): void;
  /** Characters that a line may have. */
  columns(): number;
  /** Lines that an area may have. */
  rows(): number;
}

export type TerminalStream = Pick<NodeJS.WriteStream, "write" | "columns" | "rows">;

/** Where a terminal does not know its size, it says 0. */
const USUAL = { columns: 80, rows: 24 };

/**
 * The cursor waits below the area, at the beginning of a line, and is never hidden: whatever ends the process leaves a terminal that can be
 * typed on. Lines are never wrapped (DECAWM off while they are drawn), so what takes more columns than it has characters does no
 * harm. Control sequences: ECMA-48, and for DECAWM the VT510 reference.
 */
export function createLiveArea(stream: TerminalStream): LiveArea {
  let shown: readonly string[] = [];
  const columns = () => (stream.columns || USUAL.columns) - 1;

  /** A terminal that became narrower since has wrapped what stood there. */
  const toBeginning = () => {
    const rows = shown.reduce((sum, { length }) => sum + Math.max(1, Math.ceil(length / (columns() + 1))), 0);
    return rows === 0 ? "\r" : `\r\u001B[${rows}A`;
  };

  return {
    columns,
    rows: () => Math.max(1, (stream.rows || USUAL.rows) - 1),
    draw(whole) {
      const lines = whole.map((line) => line.slice(0, columns()));
      const text = lines.map((line) => `${line}\u001B[K\n`).join("");
      stream.write(`${toBeginning()}\u001B[?7l${text}\u001B[?7h\u001B[J`);
      shown = lines;
    },
    clear() {
      if (shown.length > 0) stream.write(`${toBeginning()}\u001B[J`);
      shown = [];
    },
  };
}
