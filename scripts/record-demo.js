// Draws a recording of the demo: `node scripts/record-demo.js docs/demo.svg` runs it and writes an animated SVG.
// Every line is the demo's real output; only the pauses between lines are shortened.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const COLUMNS = 100;
const ROWS = 28;
const LINE = 18;
const MARGIN = 14;
const LONGEST_PAUSE = 1.1;
const SHORTEST_PAUSE = 0.07;
/** Before a comment or a command, as if somebody typed it. */
const TYPING_PAUSE = 0.9;
const LAST_PAUSE = 6;

const CLI = join(dirname(fileURLToPath(import.meta.url)), "..", "dist", "cli.js");
const [target] = process.argv.slice(2);
if (target === undefined) throw new Error("usage: node scripts/record-demo.js FILE.svg");
writeFileSync(target, draw(await record()));

/** The demo's lines with the second at which each appeared. */
async function record() {
  const demo = spawn(process.execPath, [CLI, "demo"], { stdio: ["ignore", "pipe", "inherit"] });
  const started = performance.now();
  const lines = [];
  for await (const text of createInterface({ input: demo.stdout })) {
    for (const part of wrap(text)) lines.push({ text: part, at: (performance.now() - started) / 1000 });
  }
  if (demo.exitCode === null) await once(demo, "exit");
  if (demo.exitCode !== 0) throw new Error(`the demo ended with exit code ${demo.exitCode}`);
  return shortenPauses(lines);
}

function wrap(text) {
  return text === "" ? [""] : (text.match(new RegExp(`.{1,${COLUMNS}}`, "gu")) ?? []);
}

function shortenPauses(lines) {
  let shown = 0;
  return lines.map(({ text, at }, index) => {
    const pause = at - (lines[index - 1]?.at ?? 0);
    const least = /^[#$] /.test(text) ? TYPING_PAUSE : SHORTEST_PAUSE;
    shown += Math.min(Math.max(pause, least), LONGEST_PAUSE);
    return { text, at: shown };
  });
}

/** One group of text that scrolls in steps; each line becomes visible when it was printed. */
function draw(lines) {
  const total = (lines.at(-1)?.at ?? 0) + LAST_PAUSE;
  const percent = (seconds) => ((100 * seconds) / total).toFixed(3);
  const width = COLUMNS * 8.4 + 2 * MARGIN;
  const height = ROWS * LINE + 2 * MARGIN;
  const texts = lines.map(
    ({ text }, row) =>
      `<text x="${MARGIN}" y="${MARGIN + LINE * (row + 0.75)}" class="l${row} ${kind(text)}">${escape(text)}</text>`,
  );
  const appear = lines.map(
    ({ at }, row) =>
      `@keyframes a${row}{0%,${percent(at)}%{opacity:0}${percent(at + 0.01)}%,100%{opacity:1}}.l${row}{animation:a${row} ${total}s infinite}`,
  );
  const steps = lines
    .map(({ at }, row) => [at, Math.max(0, row + 1 - ROWS)])
    .filter(([, offset], index, all) => offset !== all[index - 1]?.[1])
    .map(([at, offset]) => `${percent(at)}%{transform:translateY(${-offset * LINE}px)}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Recording of: artifacts demo">
<style>
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#d5d8de;white-space:pre}
.comment{fill:#8f98a8}.command{fill:#8fd694}.problem{fill:#ef8a8a}
.all{animation:scroll ${total}s infinite step-end}
@keyframes scroll{0%{transform:translateY(0)}${steps.join("")}}
${appear.join("\n")}
@media (prefers-reduced-motion: reduce){*{animation-duration:1ms!important;animation-iteration-count:1!important;animation-fill-mode:forwards!important}}
</style>
<rect width="100%" height="100%" rx="8" fill="#1b1e25"/>
<svg x="0" y="${MARGIN}" width="${width}" height="${ROWS * LINE}" viewBox="0 ${MARGIN} ${width} ${ROWS * LINE}">
<g class="all">
${texts.join("\n")}
</g>
</svg>
</svg>
`;
}

function kind(text) {
  if (text.startsWith("# ")) return "comment";
  if (text.startsWith("$ ")) return "command";
  return text.startsWith("error") ? "problem" : "output";
}

function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
