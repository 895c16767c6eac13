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
  socketText,
  unitText,
  type ModuleConfig,
  type ModuleSystem,
  type NixosUnit,
} from "./modules.js";
import { blocks } from "./page-blocks.js";
import { runProcess } from "./process.js";

const MINIMAL = `services.nix-artifacts.proxy = {
  enable = true; gitlab = "gitlab.example.com"; locks = [ "/srv/artifacts.lock.json" ];`;
const TOKEN = `${MINIMAL} tokenFile = "/run/secrets/gitlab"; };`;
const SOCKET = `${MINIMAL} tokenFile = "/run/secrets/gitlab"; listen = [ ]; socketGroup = "nixbld"; };`;

const POLICY = 'policy = [ { name = "all"; effect = "allow"; } ];';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "units-"));
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "bin/artifacts"), "#!/bin/sh\n");
  await chmod(join(folder, "bin/artifacts"), 0o755);
});
afterAll(() => rm(folder, { recursive: true }));

async function systemdOf(configuration: string, packageFolder = PACKAGE) {
  const { systemd } = await evaluateModule("nixos", `{ ${configuration} }`, { packageFolder });
  return systemd ?? {};
}

async function unitOf(configuration: string, name = "nix-artifacts-proxy"): Promise<NixosUnit> {
  const unit = (await systemdOf(configuration)).services?.[name];
  if (unit === undefined) throw new Error("there is no such unit");
  return unit;
}

/** Writes units as NixOS does; gives their paths. */
async function writeUnits(configuration: string): Promise<string[]> {
  const { services = {}, sockets = {} } = await systemdOf(configuration, folder);
  const texts = [
    ...Object.entries(services).map(([name, unit]) => [`${name}.service`, unitText(unit)] as const),
    ...Object.entries(sockets).map(([name, socket]) => [`${name}.socket`, socketText(socket)] as const),
  ];
  return writeTexts(texts);
}

async function writeTexts(texts: readonly (readonly [name: string, text: string])[]): Promise<string[]> {
  const files = texts.map(([name, text]) => [join(folder, name), text] as const);
  for (const [file, text] of files) await writeFile(file, text);
  return files.map(([file]) => file);
}

function systemdAnalyze(...args: string[]) {
  return runProcess("systemd-analyze", args);
}

function failedAssertions({ assertions }: ModuleConfig): string[] {
  return (assertions ?? []).filter(({ assertion }) => !assertion).map(({ message }) => message);
}

describe("the proxy of the NixOS module", () => {
  test("does nothing until it is enabled", async () => {
    const { assertions, systemd, users } = await evaluateModule("nixos", "{ }");
    expect({ assertions, systemd, users }).toEqual({ assertions: null, systemd: null, users: null });
  });

  test("hands the token to the service as a credential, and to nothing else", async () => {
    const unit = await unitOf(TOKEN);
    expect(unit.serviceConfig["ExecStart"]).toBe(
      `"${PACKAGE}/bin/artifacts" "proxy" "--lock" "/srv/artifacts.lock.json" "--cache-size" "20G" ` +
        '"--listen" "systemd:builds" --token-file %d/gitlab',
    );
    expect(unit.serviceConfig["ExecStartPre"]).toBe(`-${String(unit.serviceConfig["ExecStart"])} --check`);
    expect(unit.serviceConfig["LoadCredential"]).toEqual(["gitlab:/run/secrets/gitlab"]);
    expect(unit.environment).toEqual({ GITLAB_HOST: "gitlab.example.com" });
  });

  test("serves files, patterns of files, and what a branch says", async () => {
    const locks = '[ "/srv/*.lock.json" "gitlab:team/tools@main:nix/a.lock.json" ]';
    const unit = await unitOf(TOKEN.replace('[ "/srv/artifacts.lock.json" ]', locks));
    expect(unit.serviceConfig["ExecStart"]).toContain(
      '"--lock" "/srv/*.lock.json" "--lock" "gitlab:team/tools@main:nix/a.lock.json"',
    );
    for (const wrong of ["artifacts.lock.json", "gitlab:team/tools"]) {
      const relative = unitOf(TOKEN.replace("/srv/artifacts.lock.json", wrong));
      await expect(relative).rejects.toThrow("is not of type");
    }
  });

  test("refuses a token that is in the store, and one that is missing where it is needed", async () => {
    const failed = async (configuration: string) =>
      failedAssertions(await evaluateModule("nixos", `{ ${configuration} }`));
    expect(await failed(TOKEN)).toEqual([]);
    expect(await failed(`${MINIMAL} tokenFile = "/nix/store/x-token"; };`)).toEqual([
      expect.stringContaining("everybody can read it"),
    ]);
    expect(await failed(TOKEN.replace("enable", 'listen = [ "localhost:1" ]; enable'))).toEqual([
      expect.stringContaining("127.0.0.1 instead of localhost"),
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
    const { services, sockets } = await systemdOf(SOCKET);
    expect(sockets?.["nix-artifacts-proxy-builders"]?.socketConfig).toEqual({
      ListenStream: ["/run/nix-artifacts/proxy.sock"],
      FileDescriptorName: "builders",
      Service: "nix-artifacts-proxy.service",
      SocketGroup: "nixbld",
      SocketMode: "0660",
    });
    expect(Object.keys(sockets ?? {})).toEqual(["nix-artifacts-proxy-builders"]);
    expect(services?.["nix-artifacts-proxy"]?.serviceConfig["ExecStart"]).toContain(
      '"--listen" "systemd:builders"',
    );
  });

  test("has systemd hold every address, each for what it is", async () => {
    const all = SOCKET.replace(
      "listen = [ ];",
      'passthrough = [ "127.0.0.1:2" "[::1]:2" ]; adminListen = [ "unix:/run/admin.sock" ];',
    );
    const { services, sockets = {} } = await systemdOf(all);
    const streams = Object.entries(sockets).map(([name, { socketConfig, wantedBy }]) => {
      expect(wantedBy).toEqual(["sockets.target"]);
      return [name.replace("nix-artifacts-proxy-", ""), socketConfig["ListenStream"]];
    });
    expect(Object.fromEntries(streams)).toEqual({
      builds: ["127.0.0.1:7467"],
      builders: ["/run/nix-artifacts/proxy.sock"],
      callers: ["127.0.0.1:2", "[::1]:2"],
      operators: ["/run/admin.sock"],
    });
    expect(sockets["nix-artifacts-proxy-operators"]?.socketConfig["SocketMode"]).toBe("0600");
    const { serviceConfig } = services?.["nix-artifacts-proxy"] ?? {};
    expect(serviceConfig?.["Sockets"]).toEqual(Object.keys(sockets).map((name) => `${name}.socket`));
    expect(serviceConfig?.["ExecStart"]).toContain(
      '"--listen" "systemd:builders" "--listen" "systemd:builds" "--passthrough" "systemd:callers" "--admin-listen" "systemd:operators"',
    );
  });

  test("hands certificate, key and authority to a listener for client certificates, all or none", async () => {
    const files = 'tls = { certFile = "/s/c"; keyFile = "/s/k"; };';
    const certificates = 'certificates = { listen = [ "0.0.0.0:7468" ]; clientCaFile = "/s/a"; };';
    const tls = TOKEN.replace("enable", `${files} ${certificates} enable`);
    const { services, sockets } = await systemdOf(tls);
    expect(sockets?.["nix-artifacts-proxy-machines"]?.socketConfig["ListenStream"]).toEqual(["0.0.0.0:7468"]);
    const { serviceConfig } = services?.["nix-artifacts-proxy"] ?? {};
    expect(serviceConfig?.["LoadCredential"]).toEqual([
      "gitlab:/run/secrets/gitlab",
      "client-ca:/s/a",
      "tls-cert:/s/c",
      "tls-key:/s/k",
    ]);
    expect(serviceConfig?.["ExecStart"]).toContain(
      '"--certificate-listen" "systemd:machines" --token-file %d/gitlab ' +
        "--client-ca %d/client-ca --tls-cert %d/tls-cert --tls-key %d/tls-key",
    );
    const failed = async (configuration: string) =>
      failedAssertions(await evaluateModule("nixos", `{ ${configuration} }`));
    expect(await failed(tls)).toEqual([]);
    expect(await failed(tls.replace('keyFile = "/s/k";', ""))).toEqual([
      expect.stringContaining("addresses with TLS go with"),
    ]);
    expect(await failed(TOKEN.replace("enable", `${files} enable`))).toEqual([
      expect.stringContaining("addresses with TLS go with"),
    ]);
    expect(await failed(tls.replace("/s/k", "/nix/store/x-key"))).toEqual([
      expect.stringContaining("everybody can read it"),
    ]);
  });

  test("has addresses with TLS beside those without, for callers who say who they are", async () => {
    const both = TOKEN.replace(
      "enable",
      `tls = { certFile = "/s/c"; keyFile = "/s/k"; }; passthrough = [ "127.0.0.1:2" "tls:0.0.0.0:443" ];
       idTokens = { listen = [ "tls:[::]:444" ]; audiences = [ "https://a.example.com" ]; }; policy = [ ]; enable`,
    );
    const { services, sockets } = await systemdOf(both);
    expect(sockets?.["nix-artifacts-proxy-callers"]?.socketConfig["ListenStream"]).toEqual(["127.0.0.1:2"]);
    expect(sockets?.["nix-artifacts-proxy-callers-tls"]?.socketConfig["ListenStream"]).toEqual([
      "0.0.0.0:443",
    ]);
    expect(sockets?.["nix-artifacts-proxy-jobs-tls"]?.socketConfig["ListenStream"]).toEqual(["[::]:444"]);
    expect(services?.["nix-artifacts-proxy"]?.serviceConfig["ExecStart"]).toContain(
      '"--audience" "https://a.example.com" "--cache-size" "20G" "--listen" "systemd:builds" ' +
        '"--passthrough" "systemd:callers" "--passthrough" "tls:systemd:callers-tls" ' +
        '"--id-token-listen" "tls:systemd:jobs-tls" --token-file %d/gitlab ' +
        "--tls-cert %d/tls-cert --tls-key %d/tls-key",
    );
  });

  test.each([
    ["a port", TOKEN],
    ["a policy", TOKEN.replace("enable", `${POLICY} enable`)],
    ["a socket", SOCKET],
    ["odd paths", TOKEN.replace("/srv/", '/srv/a b%n$HOME\\"\\\\')],
  ])("makes a unit with %s that systemd takes, and calls well protected", async (_, configuration) => {
    const [service = "", ...sockets] = await writeUnits(configuration);
    expect(await systemdAnalyze("verify", service, ...sockets)).toMatchObject({ code: 0, stderr: "" });
    const security = await systemdAnalyze("security", "--offline=true", "--threshold=15", service);
    expect(security.code, security.stdout).toBe(0);
  });

  test.each([
    ["gitlab = 7", "gitlab` is not of type `string"],
    ['gitlab = "a"; locks = "one"', "locks` is not of type `list of path or string matching"],
  ])("says which option is wrong: %s", async (wrong, message) => {
    const configuration = `{ services.nix-artifacts.proxy = { enable = true; ${wrong}; }; }`;
    await expect(evaluateModule("nixos", configuration)).rejects.toThrow(message.replace("`", "'"));
  });
});

test("the units for other systems are taken by systemd, and as well protected", async () => {
  const units = (await blocks("proxy.md", "As a service", "ini")).map((text) => {
    const [, name = ""] = /^# (\S+)/.exec(text) ?? [];
    return [name, text.replaceAll(/^(ExecStart\w*=-?)artifacts /gm, `$1${folder}/bin/artifacts `)] as const;
  });
  const [service = "", socket = ""] = await writeTexts(units);
  expect(socket).toMatch(/\.socket$/);
  expect(await systemdAnalyze("verify", service, socket)).toMatchObject({ code: 0, stderr: "" });
  const security = await systemdAnalyze("security", "--offline=true", "--threshold=15", service);
  expect(security.code, security.stdout).toBe(0);
});

test("the nix-darwin module makes a daemon that runs as its own account", async () => {
  const user = `${TOKEN.replace("enable", 'user = "_nix-artifacts"; enable')}`;
  const { launchd, nix, system } = await evaluateModule("darwin", `{ ${user} }`);
  expect(launchd).toEqual({
    daemons: {
      "nix-artifacts-proxy": {
        command: [
          `'${PACKAGE}/bin/artifacts' 'proxy'`,
          `'--lock' '/srv/artifacts.lock.json' '--listen' '127.0.0.1:7467' '--cache-size' '20G'`,
          `'--cache' '/var/db/nix-artifacts' '--token-file' '/run/secrets/gitlab'`,
        ].join(" "),
        // `ProgramArguments` here would take the place of those with which nix-darwin waits for the store
        serviceConfig: {
          EnvironmentVariables: { GITLAB_HOST: "gitlab.example.com" },
          UserName: "_nix-artifacts",
          KeepAlive: true,
          RunAtLoad: true,
          ProcessType: "Background",
          StandardErrorPath: "/var/log/nix-artifacts-proxy.log",
        },
      },
    },
  });
  expect(nix?.settings["extra-substituters"]).toEqual(["http://127.0.0.1:7467"]);
  // after the accounts of the configuration, before its daemons
  expect(system?.activationScripts["launchd"]?.text).toBe(
    "install -d -m 0700 -o '_nix-artifacts' '/var/db/nix-artifacts'\n",
  );
});

describe("the uploader of the nix-darwin module", () => {
  const uploader = (settings: string) =>
    `{ services.nix-artifacts.uploader = { enable = true; user = "_up"; to = "s3://cache"; ${settings} }; ${TOKEN.replace("enable", 'user = "_proxy"; enable')} }`;
  const SECRETS = `signingKeyFile = "/etc/up/key"; netrcFile = "/etc/up/netrc"; awsCredentialsFile = "/etc/up/aws";`;

  test("queues what is built, and has an account of its own send it, beside the proxy", async () => {
    const { launchd, nix, system } = await evaluateModule("darwin", uploader(SECRETS));
    expect(nix?.settings["post-build-hook"]).toBe(`${PACKAGE}/lib/nix-artifacts/nix/post-build-hook.sh`);
    expect(launchd?.daemons?.["nix-artifacts-uploader"]).toEqual({
      path: [PACKAGE],
      command: [
        `'${PACKAGE}/bin/artifacts' 'uploader' '--spool' '/var/spool/nix-artifacts' '--to' 's3://cache'`,
        "'--signing-key' '/etc/up/key' '--netrc-file' '/etc/up/netrc'",
      ].join(" "),
      serviceConfig: {
        EnvironmentVariables: {
          AWS_SHARED_CREDENTIALS_FILE: "/etc/up/aws",
          HOME: "/var/db/nix-artifacts-uploader",
        },
        UserName: "_up",
        KeepAlive: true,
        RunAtLoad: true,
        ProcessType: "Background",
        StandardErrorPath: "/var/log/nix-artifacts-uploader.log",
      },
    });
    expect(system?.activationScripts["launchd"]?.text.trim().split(/\n+/).sort()).toEqual([
      "install -d -m 0700 -o '_proxy' '/var/db/nix-artifacts'",
      "install -d -m 0700 -o '_up' '/var/db/nix-artifacts-uploader'",
      "install -d -m 0755 -o '_up' '/var/spool/nix-artifacts'",
    ]);
  });

  test("needs no key, and refuses any in the store", async () => {
    const { launchd } = await evaluateModule("darwin", uploader(""));
    expect(launchd?.daemons?.["nix-artifacts-uploader"]).toMatchObject({
      command: expect.stringMatching(/ 's3:\/\/cache'$/),
      serviceConfig: { EnvironmentVariables: { HOME: expect.any(String) } },
    });
    const inStore = uploader(SECRETS.replaceAll("/etc/up", "/nix/store/x"));
    expect(failedAssertions(await evaluateModule("darwin", inStore))).toHaveLength(3);
    expect(failedAssertions(await evaluateModule("darwin", uploader(SECRETS)))).toEqual([]);
  });
});

describe("the uploader of the NixOS module", () => {
  const uploader = (settings: string) =>
    `services.nix-artifacts.uploader = { enable = true; to = "s3://cache?region=eu"; ${settings} };`;
  const SECRETS = `signingKeyFile = "/run/secrets/key"; environmentFile = "/run/secrets/aws"; netrcFile = "/run/secrets/netrc";`;

  test("queues what is built, and has a user of its own send it", async () => {
    const { nix, systemd, users } = await evaluateModule("nixos", `{ ${uploader("")} }`);
    expect(nix?.settings["post-build-hook"]).toBe(`${PACKAGE}/lib/nix-artifacts/nix/post-build-hook.sh`);
    expect(systemd?.tmpfiles?.rules).toEqual([
      "d /var/spool/nix-artifacts 0755 nix-artifacts-uploader nix-artifacts-uploader -",
    ]);
    expect(Object.keys(users?.users ?? {})).toEqual(["nix-artifacts-uploader"]);
    const unit = systemd?.services?.["nix-artifacts-uploader"];
    expect(unit).toMatchObject({ path: [PACKAGE], environment: { HOME: "/var/lib/nix-artifacts" } });
    expect(unit?.serviceConfig).toMatchObject({
      ExecStart: `"${PACKAGE}/bin/artifacts" "uploader" "--spool" "/var/spool/nix-artifacts" "--to" "s3://cache?region=eu"`,
      User: "nix-artifacts-uploader",
      StateDirectory: "nix-artifacts",
      ReadWritePaths: ['"/var/spool/nix-artifacts"'],
    });
  });

  test("hands key and passwords to the service as credentials, and refuses any in the store", async () => {
    const { serviceConfig } = await unitOf(uploader(SECRETS), "nix-artifacts-uploader");
    expect(serviceConfig["ExecStart"]).toMatch(/ --signing-key %d\/signing-key --netrc-file %d\/netrc$/);
    expect(serviceConfig["LoadCredential"]).toEqual([
      "signing-key:/run/secrets/key",
      "netrc:/run/secrets/netrc",
    ]);
    expect(serviceConfig["EnvironmentFile"]).toEqual(["/run/secrets/aws"]);
    const inStore = SECRETS.replaceAll("/run/secrets", "/nix/store/x");
    expect(failedAssertions(await evaluateModule("nixos", `{ ${uploader(inStore)} }`))).toHaveLength(3);
    expect(failedAssertions(await evaluateModule("nixos", `{ ${uploader(SECRETS)} }`))).toEqual([]);
  });

  test.each(["/srv/my cache", "file:///srv/my cache"])(
    "may write to a cache in a directory: %s",
    async (to) => {
      const { serviceConfig } = await unitOf(uploader("").replace(/s3:[^"]*/, to), "nix-artifacts-uploader");
      expect(serviceConfig["ReadWritePaths"]).toEqual(['"/var/spool/nix-artifacts"', '"/srv/my cache"']);
    },
  );

  test("makes a unit that systemd takes, and calls well protected", async () => {
    const [service = ""] = await writeUnits(uploader(SECRETS).replace(/s3:[^"]*/, "/srv/100% my $cache"));
    expect(await systemdAnalyze("verify", service)).toMatchObject({ code: 0, stderr: "" });
    const security = await systemdAnalyze("security", "--offline=true", "--threshold=20", service);
    expect(security.code, security.stdout).toBe(0);
  });
});

describe.each([
  ["nixos", ""],
  ["darwin", 'user = "_nix-artifacts";'],
  ["home", ""],
] as const)("a policy, with the module of %s", (system, more) => {
  const withOptions = (options: string) => TOKEN.replace("enable", `${more} ${options} enable`);
  const configOf = (options: string, platform?: string) =>
    evaluateModule(system, `{ ${withOptions(options)} }`, platform === undefined ? {} : { platform });

  test("is in a folder in which the proxy runs", async () => {
    const folders = (config: ModuleConfig) =>
      JSON.stringify(config).match(/"WorkingDirectory":"[^"]*"/g) ?? [];
    const inPolicy = expect.stringMatching(
      /^"WorkingDirectory":"\/nix\/store\/[a-z0-9]{32}-nix-artifacts-policy"$/,
    );
    expect(folders(await configOf(""))).toEqual([]);
    expect(folders(await configOf(POLICY))).toEqual([inPolicy]);
    if (system === "home") expect(folders(await configOf(POLICY, "aarch64-darwin"))).toEqual([inPolicy]);
  });

  test("must be there for CI jobs that bring ID tokens, and whom the tokens are for as well", async () => {
    const failed = async (options: string) => failedAssertions(await configOf(options));
    const [LISTEN, MEANT] = ['idTokens.listen = [ "127.0.0.1:7470" ];', 'idTokens.audiences = [ "us" ];'];
    expect(await failed(`${LISTEN} ${MEANT} ${POLICY}`)).toEqual([]);
    const refused = [expect.stringContaining("idTokens.listen needs")];
    expect(await failed(`${LISTEN} ${MEANT}`)).toEqual(refused);
    expect(await failed(`${LISTEN} ${POLICY}`)).toEqual(refused);
  });
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
    const config = await evaluateModule(systems[heading] ?? "nixos", text);
    expect(failedAssertions(config)).toEqual([]);
    expect(JSON.stringify([config.launchd, config.systemd])).toMatch(
      /artifacts.lock.json|post-build|uploader/,
    );
  });

  test("has one for each module", () => {
    expect(new Set(examples.map(([heading]) => heading))).toEqual(new Set(Object.keys(systems)));
  });
});

test.each(["nixos", "darwin", "home"] as const)(
  "a token in the store is refused by the module: %s",
  async (system) => {
    const user = system === "darwin" ? 'user = "_nix-artifacts";' : "";
    const failed = async (tokenFile: string) =>
      failedAssertions(await evaluateModule(system, `{ ${MINIMAL} ${user} tokenFile = "${tokenFile}"; }; }`));
    expect(await failed("/run/secrets/gitlab")).toEqual([]);
    expect(await failed("/nix/store/x-token")).toEqual([
      expect.stringContaining("services.nix-artifacts.proxy.tokenFile is in the Nix store"),
    ]);
  },
);

describe("the home-manager module", () => {
  test("makes a user's service on Linux, with the user's own login, that systemd takes", async () => {
    const { systemd } = await evaluateModule("home", `{ ${MINIMAL} }; }`, { packageFolder: folder });
    const unit = systemd?.user?.services["nix-artifacts-proxy"] ?? {};
    expect(unit["Service"]?.["ExecStart"]).not.toContain("--token-file");
    const text = sectionsText(unit);
    expect(text).toContain('Environment="GITLAB_HOST=gitlab.example.com"');
    const [file = ""] = await writeTexts([["nix-artifacts-proxy-of-a-user.service", text]]);
    expect(await systemdAnalyze("verify", file)).toMatchObject({ code: 0, stderr: "" });
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
