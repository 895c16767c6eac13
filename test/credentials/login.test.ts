import { once } from "node:events";
import { chmodSync, rmdirSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { loginSource } from "../../src/credentials/login.js";
import { makeHome } from "./home.js";

afterEach(() => vi.useRealTimers());

test("who is held up until the turn at a login is another's goes on with what GitLab answers", async () => {
  const gitlab = createServer().listen(0, "127.0.0.1");
  await once(gitlab, "listening");
  const { port } = gitlab.address() as AddressInfo; // listens on TCP
  const instance = `http://127.0.0.1:${port}`;
  const home = makeHome();
  const login = {
    kind: "oauth",
    instance,
    clientId: "application",
    accessToken: "ended",
    refreshToken: "good-once",
    expiresAt: "2020-01-01T00:00:00.000Z",
    scopes: ["read_api"],
  };
  const folder = ".local/share/nix-artifacts/logins";
  const file = home.write(`${folder}/${encodeURIComponent(instance)}.json`, JSON.stringify(login));
  chmodSync(dirname(file), 0o700);
  vi.useFakeTimers({ toFake: ["setTimeout"] });

  const found = loginSource(home.env, Date.now).find(new URL(`${instance}/api/v4/version`));
  const [, response] = (await once(gitlab, "request")) as [unknown, ServerResponse];
  rmdirSync(`${file}.lock`); // as another process does with the lock of one that is held up
  vi.runOnlyPendingTimers(); // the time at which it would have been renewed
  const token = { access_token: "fresh", refresh_token: "next", expires_in: 7200, scope: "read_api" };
  response.setHeader("content-type", "application/json").end(JSON.stringify(token));

  expect(await found).toMatchObject({ credential: { headers: { authorization: "Bearer fresh" } } });
  gitlab.close();
});
