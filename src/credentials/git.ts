/**
 * Git's credential helpers, through `git credential fill` (git-credential(1)). Run outside of any repository and without
 * prompts: only what the user's own configuration of git knows counts.
 */
import { runProgram } from "../program.js";
import { withoutTokens } from "./child-environment.js";
import { headersFor, kindOfUser } from "./headers.js";
import { Secret } from "./secret.js";
import { type Environment, type Source, setting } from "./source.js";

const TIMEOUT_MS = 10_000;

export function gitSource(env: Environment): Source {
  return {
    async find(url) {
      if (setting(env, "PATH") === undefined) return undefined;
      const answer = await fill(url, env);
      const password = answer.get("password");
      if (password === undefined || answer.get("host") !== url.host) return undefined;
      const source = "git's credential helper";
      const username = answer.get("username");
      // Git Credential Manager names the user of an OAuth token "oauth2"; its look tells it apart from a personal one.
      const headers = headersFor(new Secret(password), kindOfUser(username), source);
      const expiry = Number(answer.get("password_expiry_utc"));
      return {
        credential: { headers, source, ...(expiry > 0 ? { expiresAt: new Date(expiry * 1000) } : {}) },
      };
    },
  };
}

async function fill(url: URL, env: Environment): Promise<ReadonlyMap<string, string>> {
  const finished = await runProgram("git", ["-c", "core.askPass=", "credential", "fill"], {
    env: {
      ...withoutRepository(env),
      GIT_TERMINAL_PROMPT: "0",
      GIT_ASKPASS: "",
      SSH_ASKPASS: "",
      GCM_INTERACTIVE: "never",
    },
    input: `protocol=${url.protocol.slice(0, -1)}\nhost=${url.host}\n\n`,
    timeoutMs: TIMEOUT_MS,
  });
  const lines = finished?.code === 0 ? finished.stdout.split("\n") : [];
  return new Map(
    lines.flatMap((line) => {
      const [, name, value] = /^([^=]+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined || value === "" ? [] : [[name, value] as const];
    }),
  );
}

/** GIT_DIR and its like would bring a repository back in. */
function withoutRepository(env: Environment): Environment {
  const kept = Object.entries(withoutTokens(env)).filter(
    ([name]) => !/^GIT_(DIR|WORK_TREE|COMMON_DIR|CONFIG.*)$/.test(name),
  );
  return Object.fromEntries(kept);
}
