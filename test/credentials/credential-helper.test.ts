/** Credential helpers that work, and the many ways in which one does not. */
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { findCredentials } from "../../src/credentials/find-credentials.js";
import { helperSource } from "../../src/credentials/credential-helper.js";
import { readSettings } from "../../src/credentials/settings.js";
import { CANARY, type Home, failure, makeHome } from "./home.js";

const HERE = new URL("https://gitlab.example.com/api/v4/version");

let home: Home;

beforeEach(() => {
  home = makeHome();
});

/** Credentials of a home whose helper runs `script`. */
function withHelper(script: string, now?: () => number) {
  home.settings({ [HERE.origin]: { helper: [home.program("helper", script), "--profile", "ci"] } });
  return findCredentials({ env: { ...home.env, GITLAB_TOKEN: undefined }, ...(now && { now }) });
}

const count = () => readFileSync(`${home.path}/count`, "utf8").trim().length;

test("a helper is asked in Bazel's protocol, once for all URLs of its instance", async () => {
  const credentials = withHelper(
    `echo "$*" > "$HOME/args"; cat > "$HOME/asked"; printf x >> "$HOME/count"; echo '{"headers":{"Authorization":["Bearer ${CANARY}"]}}'`,
  );
  const both = await Promise.all([credentials.for(HERE), credentials.for(new URL("/api/v4/other", HERE))]);
  expect(both.map((one) => one?.headers)).toEqual([
    { authorization: `Bearer ${CANARY}` },
    { authorization: `Bearer ${CANARY}` },
  ]);
  expect(readFileSync(`${home.path}/args`, "utf8")).toBe("--profile ci get\n");
  expect(JSON.parse(readFileSync(`${home.path}/asked`, "utf8"))).toEqual({
    uri: "https://gitlab.example.com/",
  });
  expect(count()).toBe(1);
});

test("it is asked again shortly before its answer ends, and not earlier", async () => {
  let now = Date.parse("2026-01-01T00:00:00Z");
  const credentials = withHelper(
    `printf x >> "$HOME/count"; echo '{"headers":{"a":["b"]},"expires":"2026-01-01T00:10:00Z"}'`,
    () => now,
  );
  await credentials.for(HERE);
  now += 9 * 60_000;
  await credentials.for(HERE);
  expect(count()).toBe(1);
  now += 45_000;
  await credentials.for(HERE);
  expect(count()).toBe(2);
});

test("it sees the user's environment, but no token", async () => {
  home.settings({
    [HERE.origin]: { helper: [home.program("helper", `env > "$HOME/env"; echo '{"headers":{}}'`)] },
  });
  const env = {
    ...home.env,
    VAULT_ADDR: "https://vault",
    GITLAB_TOKEN: CANARY,
    GITLAB_HOST: "other.example",
  };
  await findCredentials({ env }).for(HERE);
  expect(readFileSync(`${home.path}/env`, "utf8")).toContain("VAULT_ADDR=https://vault");
  expect(readFileSync(`${home.path}/env`, "utf8")).not.toContain("canary");
});

describe("a helper that does not work is named with what it did:", () => {
  test.each([
    [
      "exits non-zero",
      `echo "denied for ${CANARY}" >&2; exit 3`,
      /exit code 3; it said: denied for \[secret\]$/,
    ],
    ["prints garbage", `echo "not json ${CANARY}"`, /did not print an object with "headers"/],
    ["prints nothing", "true", /did not print an object/],
    ["prints no list", `echo '{"headers":{"private-token":"${CANARY}"}}'`, /at headers/],
    ["prints two values", `echo '{"headers":{"private-token":["a","b"]}}'`, /at headers/],
    ["smuggles a line", String.raw`printf '%s' '{"headers":{"a":["${CANARY}\r\nx: y"]}}'`, /at headers/],
    ["floods stdout", `yes ${CANARY}`, /printed more than 65536 bytes/],
    ["floods stderr", `yes ${CANARY} >&2`, /printed more than 65536 bytes/],
    [
      "answers for another host",
      `echo '{"uri":"https://evil.example/","headers":{"a":["b"]}}'`,
      /answered for https:\/\/evil\.example/,
    ],
    [
      "redirects by Host",
      `echo '{"headers":{"Host":["evil.example"],"private-token":["${CANARY}"]}}'`,
      /wants to set the header "host"/,
    ],
    ["frames the request", `echo '{"headers":{"Transfer-Encoding":["chunked"]}}'`, /"transfer-encoding"/],
    ["has a time that is none", `echo '{"headers":{},"expires":"tomorrow"}'`, /at expires/],
  ])("%s", async (_, script, message) => {
    const error = await failure(withHelper(script).for(HERE));
    expect(error.code).toBe("CREDENTIALS_HELPER_FAILED");
    expect(error.message).toMatch(message);
  });

  test("is not there", async () => {
    home.settings({ [HERE.origin]: { helper: ["/nowhere/helper"] } });
    const error = await failure(findCredentials({ env: home.env }).for(HERE));
    expect(error.message).toMatch(/cannot be started: \/nowhere\/helper/);
  });

  test("hangs, together with what it started", async () => {
    const helper = home.program("helper", `sleep 1000 & echo $! > "$HOME/pid"; sleep 1000`);
    home.settings({ [HERE.origin]: { helper: [helper] } });
    const source = helperSource({ env: home.env, settings: () => readSettings(home.env), timeoutMs: 300 });
    const error = await failure(source.find(HERE));
    expect(error.message).toMatch(/gave no answer within 0\.3 s/);
    const pid = Number(readFileSync(`${home.path}/pid`, "utf8"));
    await expect.poll(() => isRunning(pid)).toBe(false);
  });
});

test("a failing helper is not run again for every request", async () => {
  const credentials = withHelper(`printf x >> "$HOME/count"; exit 1`);
  await failure(credentials.for(HERE));
  await failure(credentials.for(HERE));
  expect(count()).toBe(1);
});

test("a helper that leaves an agent running has answered when it ends", async () => {
  const credentials = withHelper(`sleep 5 & echo '{"headers":{"a":["b"]}}'`);
  expect((await credentials.for(HERE))?.headers).toEqual({ a: "b" });
});

function isRunning(pid: number): boolean {
  try {
    const [, state] = /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    return state !== "Z";
  } catch {
    return false;
  }
}
