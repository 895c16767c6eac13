/** What an instance can do to those who log in at it; `commands/login-faults.test.ts` has what goes wrong on the way. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { authorizeDevice } from "../../src/credentials/device-flow.js";
import { refresh, revoke, tokenInfo } from "../../src/credentials/oauth.js";
import type { OAuthClient } from "../../src/credentials/oauth-exchange.js";
import { Secret } from "../../src/credentials/secret.js";
import { startGitLab } from "../../src/simulator/simulator.js";
import { serve } from "../gitlab/http-server.js";
import { CANARY, failure } from "./home.js";

type Question = (client: OAuthClient) => Promise<unknown>;

const QUESTIONS: readonly [string, Question][] = [
  ["a code", (client) => authorizeDevice(client, "read_api")],
  ["new tokens", (client) => refresh(client, new Secret(CANARY))],
  ["the end of a token", (client) => revoke(client, new Secret(CANARY))],
  ["what a token may do", (client) => tokenInfo(client, `Bearer ${CANARY}`)],
];

test.each(QUESTIONS)("who asks for %s and is answered without end hangs up", async (_, ask) => {
  let answering: ServerResponse | undefined;
  const { url } = await serve((_request, response) => {
    answering = response.writeHead(200, { "content-type": "application/json" });
    const more = () => {
      while (!response.destroyed && response.write(" ".repeat(1024)));
    };
    response.on("drain", more);
    more();
  });

  const { code, message } = await failure(ask({ instance: url, clientId: "application" }));

  expect([code, message]).toEqual([
    "OAUTH_UNEXPECTED_ANSWER",
    `${url} answered the login with: more than 65536 bytes.`,
  ]);
  if (answering?.closed === false) await once(answering, "close");
});

test.each(QUESTIONS)("who asks for %s and is answered letter by letter gives up", async (_, ask) => {
  const { url } = await serve((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const timer = setInterval(() => response.write(" "), 20);
    response.once("close", () => clearInterval(timer));
  });

  const { code, message } = await failure(
    ask({ instance: url, clientId: "application", patience: { timeouts: { answer: 200 } } }),
  );

  expect([code, message]).toEqual(["OAUTH_UNREACHABLE", `${url} is out of reach: no whole answer in time.`]);
});

test("a refresh token is sent once, also to an instance that is out of order", async () => {
  const server = await serve((_request, response) => void response.writeHead(503).end());

  const { code } = await failure(
    refresh({ instance: server.url, clientId: "application" }, new Secret(CANARY)),
  );

  expect([code, server.requests.length]).toEqual(["OAUTH_UNAVAILABLE", 1]);
});

test("who loses the tokens on the way is told how to begin again, for they are given once", async () => {
  const gitlab = await startGitLab({ knobs: { deviceIntervalSeconds: 0 } });
  onTestFinished(() => gitlab.close());
  gitlab.oauth.applications.add("application");
  const device = await authorizeDevice({ instance: gitlab.url, clientId: "application" }, "read_api");
  gitlab.oauth.decide("approved");
  gitlab.fault({ path: "/oauth/token", kind: "truncated", times: 1 });

  const { code, hint } = await failure(device.session(new AbortController().signal));

  expect([code, hint]).toEqual(["OAUTH_NOT_LOGGED_IN", `try again: artifacts auth login ${gitlab.url}`]);
});
