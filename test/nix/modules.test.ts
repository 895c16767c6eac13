import { readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectPath } from "./evaluate.js";
import {
  evaluateModule,
  PACKAGE,
  sectionsText,
  unitText,
  type ModuleSystem,
  type NixosUnit,
} from "./modules.js";
import { runProcess } from "./process.js";

const MINIMAL = `services.nix-artifacts.proxy = {
  enable = true; gitlab = "gitlab.example.com"; locks = [ "/srv/artifacts.lock.json" ];`;
const TOKEN = `${MINIMAL} tokenFile = "/run/secrets/gitlab"; };`;
const SOCKET = `${MINIMAL} tokenFile = "/run/secrets/gitlab"; listen = [ ]; socketGroup = "nixbld"; };`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "units-"));
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "bin/artifacts"), "#!/bin/sh\n");
  await chmod(join(folder, "bin/artifacts"), 0o755);
});
afterAll(() => rm(folder, { recursive: true }));

async function unitOf(configuration: string, packageFolder = PACKAGE): Promise<NixosUnit> {
  const { systemd } = await evaluateModule("nixos", `{ ${configuration} }`, { packageFolder });
  const unit = systemd?.services?.["nix-artifacts-proxy"];
  if (unit === undefined) throw new Error("there is no such unit");
  return unit;
}

async function systemdAnalyze(text: string, ...args: string[]) {
  const file = join(folder, "nix-artifacts-proxy.service");
  await writeFile(file, text);
  return runProcess("systemd-analyze", [...args, file]);
}

describe("the NixOS module", () => {
  test("does nothing until it is enabled", async () => {
    const { assertions, nix, systemd } = await evaluateModule("nixos", "{ }");
    expect({ assertions, nix, systemd }).toEqual({ assertions: null, nix: null, systemd: null });
  });

  test("hands the token to the service as a credential, and to nothing else", async () => {
    const unit = await unitOf(TOKEN);
    expect(unit.serviceConfig["ExecStart"]).toBe(
      `"${PACKAGE}/bin/artifacts" "proxy" "--lock" "/srv/artifacts.lock.json" "--listen" "127.0.0.1:7467" ` +
        '"--cache-size" "20G" --token-file %d/gitlab',
    );
    expect(unit.serviceConfig["LoadCredential"]).toEqual(["gitlab:/run/secrets/gitlab"]);
    expect(unit.environment).toEqual({ GITLAB_HOST: "gitlab.example.com" });
  });

  test("refuses a token that is in the store, and one that is missing where it is needed", async () => {
    const failed = async (configuration: string) =>
      (await evaluateModule("nixos", `{ ${configuration} }`)).assertions
        ?.filter(({ assertion }) => !assertion)
        .map(({ message }) => message);
    expect(await failed(TOKEN)).toEqual([]);
    expect(await failed(`${MINIMAL} tokenFile = "/nix/store/x-token"; };`)).toEqual([
      expect.stringContaining("everybody can read it"),
    ]);
    expect(await failed(`${MINIMAL} };`)).toEqual([expect.stringContaining("needs a tokenFile")]);
    expect(await failed(`${MINIMAL} listen = [ ]; passthrough = [ "127.0.0.1:7468" ]; };`)).toEqual([]);
  });

  test("has Nix ask the proxy, beside what is asked already", async () => {
    const settings = `{ ${TOKEN} nix.settings.extra-substituters = [ "https://cache.example.com" ]; }`;
    expect((await evaluateModule("nixos", settings)).nix?.settings).toEqual({
      "extra-substituters": expect.arrayContaining(["https://cache.example.com", "http://127.0.0.1:7467"]),
      "narinfo-cache-negative-ttl": 0,
    });
  });

  test("opens a socket to builders, which sandboxes see when it is there", async () => {
    const { nix } = await evaluateModule("nixos", `{ ${SOCKET} }`);
    expect(nix?.settings).toEqual({ "extra-sandbox-paths": ["/run/nix-artifacts?"] });
    const { serviceConfig } = await unitOf(SOCKET);
    expect(serviceConfig["ExecStart"]).toContain(
      '"--listen" "unix:/run/nix-artifacts/proxy.sock" "--socket-group" "nixbld"',
    );
    expect(serviceConfig["ExecStart"]).not.toContain("127.0.0.1");
    expect(serviceConfig["SupplementaryGroups"]).toEqual(["nixbld"]);
  });

  test.each([
    ["a port", TOKEN],
    ["a socket", SOCKET],
    ["odd paths", TOKEN.replace("/srv/", '/srv/a b%n$HOME\\"\\\\')],
  ])("makes a unit with %s that systemd takes, and calls well protected", async (_, configuration) => {
    const text = unitText(await unitOf(configuration, folder));
    expect(await systemdAnalyze(text, "verify")).toMatchObject({ code: 0, stderr: "" });
    const security = await systemdAnalyze(text, "security", "--offline=true", "--threshold=20");
    expect(security.code, security.stdout).toBe(0);
  });

  test.each([
    ["gitlab = 7", "gitlab` is not of type `string"],
    ['gitlab = "a"; locks = "one"', "locks` is not of type `list of path"],
  ])("says which option is wrong: %s", async (wrong, message) => {
    const configuration = `{ services.nix-artifacts.proxy = { enable = true; ${wrong}; }; }`;
    await expect(evaluateModule("nixos", configuration)).rejects.toThrow(message.replace("`", "'"));
  });
});

test("the nix-darwin module makes a daemon that runs as its own account", async () => {
  const user = `${TOKEN.replace("enable", 'user = "_nix-artifacts"; enable')}`;
  const { launchd, nix, system } = await evaluateModule("darwin", `{ ${user} }`);
  expect(launchd).toEqual({
    daemons: {
      "nix-artifacts-proxy": {
        serviceConfig: expect.objectContaining({
          ProgramArguments: [
            `${PACKAGE}/bin/artifacts`,
            "proxy",
            ...`--lock /srv/artifacts.lock.json --listen 127.0.0.1:7467 --cache-size 20G`.split(" "),
            ...`--cache /var/db/nix-artifacts --token-file /run/secrets/gitlab`.split(" "),
          ],
          EnvironmentVariables: { GITLAB_HOST: "gitlab.example.com" },
          UserName: "_nix-artifacts",
        }),
      },
    },
  });
  expect(nix?.settings["extra-substituters"]).toEqual(["http://127.0.0.1:7467"]);
  expect(system?.activationScripts["preActivation"]?.text).toBe(
    "install -d -m 0700 -o '_nix-artifacts' '/var/db/nix-artifacts'\n",
  );
});

describe("docs/modules.md", () => {
  const sections = readFileSync(projectPath("docs/modules.md"), "utf8").split(/^## /m).slice(1);
  const systems: Readonly<Record<string, ModuleSystem>> = {
    NixOS: "nixos",
    "nix-darwin": "darwin",
    "home-manager": "home",
  };
  const examples = sections.flatMap((section) =>
    [...section.matchAll(/```nix\n([\s\S]*?)```/g)].map(
      ([, text = ""], index) => [section.split("\n")[0] ?? "", index + 1, text] as const,
    ),
  );

  test.each(examples)("has an example for %s that is taken as it is: %d", async (heading, _, text) => {
    const { assertions, launchd, systemd } = await evaluateModule(systems[heading] ?? "nixos", text);
    expect((assertions ?? []).filter(({ assertion }) => !assertion)).toEqual([]);
    expect(JSON.stringify({ launchd, systemd })).toContain("artifacts.lock.json");
  });

  test("has one for each module", () => {
    expect(new Set(examples.map(([heading]) => heading))).toEqual(new Set(Object.keys(systems)));
  });
});

describe("the home-manager module", () => {
  test("makes a user's service on Linux, with the user's own login, that systemd takes", async () => {
    const { systemd } = await evaluateModule("home", `{ ${MINIMAL} }; }`, { packageFolder: folder });
    const unit = systemd?.user?.services["nix-artifacts-proxy"] ?? {};
    expect(unit["Service"]?.["ExecStart"]).not.toContain("--token-file");
    const text = sectionsText(unit);
    expect(text).toContain('Environment="GITLAB_HOST=gitlab.example.com"');
    expect(await systemdAnalyze(text, "verify")).toMatchObject({ code: 0, stderr: "" });
  });

  test("makes an agent on macOS", async () => {
    const { launchd, systemd } = await evaluateModule("home", `{ ${MINIMAL} }; }`, {
      platform: "aarch64-darwin",
    });
    expect(systemd?.user?.services).toEqual({});
    expect(launchd).toMatchObject({
      agents: { "nix-artifacts-proxy": { enable: true, config: { RunAtLoad: true } } },
    });
  });
});
