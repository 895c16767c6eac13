/** The page in the browser of the distribution. */
import { existsSync } from "node:fs";
import { type Browser, type Page, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask, gitlabError } from "../running-proxy.js";
import { type RunningAdmin, runAdmin } from "./running-admin.js";

const CHROMIUM = "/usr/bin/chromium";
const HOSTILE = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>{{version}}&amp;`;

let browser: Browser;
beforeAll(async () => {
  if (!existsSync(CHROMIUM)) throw new Error("Chromium is missing: node scripts/setup.js test");
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
}, 60_000);
afterAll(() => browser.close());

let running: RunningAdmin;
let page: Page;
let complaints: string[];
let requests: string[];
beforeEach(async () => {
  running = await runAdmin();
  page = await browser.newPage();
  complaints = [];
  requests = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
});
afterEach(async () => {
  await page.close();
  await running.close();
});

/** Locks an artifact with a hostile project, and makes it fail in hostile words. */
async function addHostile(): Promise<void> {
  const path = await running.add("hostile", { bytes: Buffer.from("x") });
  const lock = structuredClone(running.lock());
  const variant = lock.artifacts["hostile"]?.systems["any"];
  if (variant === undefined) throw new Error("it was added above");
  const project = `${HOSTILE}\u202Ereversed`;
  const artifact = { ...lock.artifacts["hostile"], systems: { any: { ...variant, project } } };
  running.lock = () => ({ ...lock, artifacts: { hostile: artifact } }) as typeof lock; // one field is changed
  running.failWith(Object.assign(gitlabError("GITLAB_FORBIDDEN", { status: 403 }), { message: HOSTILE }));
  await ask(running.url, path);
  await ask(running.url, `/${HOSTILE.replaceAll(" ", "/")}`);
  running.state = { file: `/srv/${HOSTILE}`, problem: { since: Date.now(), message: HOSTILE } };
}

describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
  it("is readable, complains of nothing, and asks nobody else", async () => {
    await running.add("tool", { bytes: Buffer.from("x") });
    await page.emulateMedia({ colorScheme });
    await page.goto(running.admin);
    expect(await page.title()).toBe("ready: artifacts proxy");
    expect(await page.locator("table").nth(1).innerText()).toContain("tool");
    const [text, ground] = await page.evaluate<[string, string]>(
      "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]",
    );
    expect(contrast(text, ground)).toBeGreaterThan(7);
    expect(luminance(ground) > 0.5).toBe(colorScheme === "light");
    expect(complaints).toEqual([]);
    expect(requests).toEqual([`${running.admin}/`]);
  });

  it("says what a colour says with enough contrast", async () => {
    await addHostile();
    await page.emulateMedia({ colorScheme });
    await page.goto(running.admin);
    const colours = await page.evaluate<string[]>(
      `[...document.querySelectorAll(".bad, .failing, .quiet, small, thead th, dt")].map((one) => getComputedStyle(one).color)`,
    );
    const ground = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    expect(colours.length).toBeGreaterThan(5);
    for (const colour of new Set(colours)) expect(contrast(colour, ground)).toBeGreaterThan(4.5);
  });
});

it("shows words of others as words", async () => {
  await addHostile();
  await page.goto(running.admin);
  const text = await page.locator("main").innerText();
  expect(text.split(HOSTILE).length - 1).toBeGreaterThanOrEqual(4);
  expect(text).toContain(String.raw`\u{202e}reversed`);
  expect(text).toContain("broken, the last good version is served");
  expect(await page.title()).toBe("ready: artifacts proxy");
  expect(await page.locator("img, script").count()).toBe(0);
  expect(complaints).toEqual([]);
  expect(requests).toEqual([`${running.admin}/`]);
});

it("fits a narrow window without a look to the side, and its tables can be reached by keyboard", async () => {
  await addHostile();
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto(running.admin);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
  const hidden =
    "[...document.querySelectorAll('.table')].filter((one) => one.scrollWidth > one.clientWidth)";
  expect(await page.evaluate(`${hidden}.length`)).toBe(0);
  await page.keyboard.press("Tab");
  expect(await page.evaluate("document.activeElement.getAttribute('aria-labelledby')")).toBe("locks");
});

it.each([320, 1280])("has names for its parts, and headers for its tables, %d pixels wide", async (width) => {
  await addHostile();
  await page.setViewportSize({ width, height: 640 });
  await page.goto(running.admin);
  const tree = await page.locator("body").ariaSnapshot();
  const parts = ["banner", "main", 'region "Locks"', 'region "Artifacts"', 'columnheader "State"'];
  for (const part of [...parts, 'rowheader "hostile"']) expect(tree).toContain(part);
  expect(await page.evaluate("document.documentElement.lang")).toBe("en");
});

it("may run no script and may not be framed", async () => {
  const { headers } = await ask(running.admin, "/");
  expect(headers["content-security-policy"]).toMatch(
    /^default-src 'none'; style-src 'sha256-[\w+/=]{44}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
  );
  await page.goto(running.admin);
  await page.evaluate(
    "document.body.append(Object.assign(document.createElement('script'), { textContent: 'document.title = 1' }))",
  );
  expect(await page.title()).toBe("ready: artifacts proxy");
  expect(complaints.join("\n")).toMatch(/Content Security Policy/);
});

/** WCAG 2.2, "relative luminance", of `rgb(r, g, b)`. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = (colour.match(/\d+/g) ?? []).map((digits) => {
    const part = Number(digits) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** WCAG 2.2, "contrast ratio". */
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}
