/**
 * A real multi-user Nix for tests: its own empty `/nix` in a private mount namespace, its own `nix.conf`, a real `nix-daemon`
 * with the sandbox on, and an ordinary user whom it does not trust. The machine's own store is not touched.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { chmod, mkdir, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { nixConf } from "./nix-conf.js";
import { runProcess, type Finished } from "./process.js";

const UNTRUSTED = "nix-untrusted";
const NIX_ROOT = "/nix";
const DAEMON_SOCKET = "/nix/var/nix/daemon-socket/socket";
/**
 * Where daemons lock the build users that they use. All hosts of the machine share it, whatever folder a test run has for its
 * temporary files: a daemon kills whatever runs as a build user that it takes, and would kill the builds of another host.
 */
const USER_LOCKS = "/run/lock/nix-hosts-userpool";
const USERS_SCRIPT = fileURLToPath(new URL("users.sh", import.meta.url));

export interface NixHostOptions {
  /** Settings of `nix.conf` on top of `nixConf`'s own. */
  readonly conf?: Readonly<Record<string, string>>;
  /** `false` gives the daemon a network without any device that is up; what `run` starts has the machine's. */
  readonly network?: boolean;
  /** Added to the daemon's environment, as a service manager would do it. */
  readonly daemonEnv?: Readonly<Record<string, string>>;
}

export interface RunOptions {
  /** `untrusted` (default) is an ordinary user who talks to the daemon; `root` is trusted, and talks to it too. */
  readonly user?: "untrusted" | "root";
  /** Added to a clean environment of PATH, HOME and Nix's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the user's home. */
  readonly cwd?: string;
  readonly stdin?: string;
}

export interface NixHost {
  /** Runs a program inside, without a shell. A failing one is a result, not an error. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<Finished>;
  /** As `run`, and an error that shows stderr when it fails; returns stdout without the last new line. */
  output(command: string, args: readonly string[], options?: RunOptions): Promise<string>;
  /** Everything that the daemon printed. */
  daemonLog(): Promise<string>;
  /** Home of the untrusted user: a folder that test and user can write, at the same path inside. */
  readonly home: string;
  /** Where the files of the host's `/nix/store` are for everybody outside. */
  readonly store: string;
  /** Process id of the daemon; its mount namespace is the host's. */
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Starts a host. Stop it after use, also when a test failed.
 *
 * @throws Error with the command to run when root, the users or Nix are missing
 */
export async function startNixHost(options: NixHostOptions = {}): Promise<NixHost> {
  await requireMachine();
  const directory = await makeDirectories(options);
  const daemon = await startDaemon(directory, options);
  const pid = daemon.pid;
  if (pid === undefined) throw new Error("unshare did not start");

  const run: NixHost["run"] = (command, args, runOptions = {}) =>
    runProcess("nsenter", insideArguments({ pid, directory }, [command, ...args], runOptions), {
      stdin: runOptions.stdin ?? "",
    });
  const host: NixHost = {
    run,
    output: (command, args, runOptions) => outputOf(run(command, args, runOptions), command),
    daemonLog: () => readFile(join(directory, "daemon.log"), "utf8"),
    home: join(directory, "home"),
    store: join(directory, "nix/store"),
    pid,
    stop: () => stopHost(daemon, directory),
  };
  await waitForDaemon(daemon, host);
  return host;
}

async function requireMachine(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error("tests on a real Nix daemon need root: run them as root");
  const programs = ["nix-daemon", "unshare", "nsenter", "setpriv", "unzip", "xz", "zstd"];
  const check = 'for program; do command -v "$program" || exit 1; done';
  if ((await runProcess("/bin/sh", ["-c", check, "sh", ...programs])).code !== 0) {
    const install = "apt-get install -y nix-bin util-linux unzip xz-utils zstd";
    throw new Error(`tests on a real Nix daemon need ${programs.join(", ")}: ${install}`);
  }
  const users = await runProcess("id", ["-u", "nixbld10", UNTRUSTED]);
  if (users.code !== 0) throw new Error(`tests on a real Nix daemon need its users: sh ${USERS_SCRIPT}`);
}

async function makeDirectories({ conf }: NixHostOptions): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "nix-host-"));
  await chmod(directory, 0o755);
  for (const name of ["nix", "etc", "home", "root"]) await mkdir(join(directory, name));
  await mkdir(join(directory, "nix/var/nix/userpool"), { recursive: true });
  await mkdir(USER_LOCKS, { recursive: true, mode: 0o700 });
  await mkdir(NIX_ROOT, { recursive: true });
  await writeFile(join(directory, "etc/nix.conf"), nixConf(conf));
  // Newer versions of Nix use a home only when its user owns it.
  await outputOf(runProcess("chown", [`${UNTRUSTED}:`, join(directory, "home")]), "chown");
  return directory;
}

/**
 * The daemon takes the place of the process that makes the namespace, so that its id is the child's. It dies with the test's
 * process, however that ends.
 */
async function startDaemon(directory: string, options: NixHostOptions): Promise<ChildProcess> {
  const { network = true, daemonEnv = {} } = options;
  const log = await open(join(directory, "daemon.log"), "a");
  const mounts = `mount --bind "$0/nix" ${NIX_ROOT} && mount --bind "$1" ${NIX_ROOT}/var/nix/userpool`;
  const inside = `${mounts} && exec setpriv --pdeathsig KILL nix-daemon`;
  const apart = ["--mount", "--propagation", "private", ...(network ? [] : ["--net"])];
  const daemon = spawn("unshare", [...apart, "sh", "-c", inside, directory, USER_LOCKS], {
    env: { ...nixEnvironment(directory, join(directory, "root")), ...daemonEnv },
    stdio: ["ignore", log.fd, log.fd],
  });
  await log.close();
  return daemon;
}

async function waitForDaemon(daemon: ChildProcess, host: NixHost): Promise<void> {
  for (;;) {
    const ready = await host.run("test", ["-S", DAEMON_SOCKET]);
    if (ready.code === 0) return;
    if (hasEnded(daemon)) {
      const log = await host.daemonLog();
      await host.stop();
      throw new Error(`nix-daemon did not start:\n${log}`);
    }
    await delay(20);
  }
}

function insideArguments(
  host: { readonly pid: number; readonly directory: string },
  command: readonly string[],
  { user = "untrusted", env = {}, cwd }: RunOptions,
): string[] {
  const home = join(host.directory, user === "root" ? "root" : "home");
  const variables = { ...nixEnvironment(host.directory, home), NIX_REMOTE: "daemon", ...env };
  const become =
    user === "root"
      ? []
      : ["setpriv", "--reuid", UNTRUSTED, "--regid", UNTRUSTED, "--init-groups", "--no-new-privs"];
  const enter = ["--target", String(host.pid), "--mount", "--"];
  const environment = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const setUp = ["env", "--ignore-environment", `--chdir=${cwd ?? home}`, ...environment];
  return [...enter, ...become, ...setUp, ...command];
}

/** `NIX_UNDER_TEST` is the folder of another Nix than the machine's own (`vitest.matrix.config.ts`). */
function nixEnvironment(directory: string, home: string): Record<string, string> {
  const { NIX_UNDER_TEST: nix } = process.env;
  return {
    PATH: [...(nix === undefined ? [] : [nix]), "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"].join(":"),
    HOME: home,
    LANG: "C.UTF-8",
    NIX_CONF_DIR: join(directory, "etc"),
  };
}

async function outputOf(finished: Promise<Finished>, command: string): Promise<string> {
  const { code, stdout, stderr } = await finished;
  if (code !== 0) throw new Error(`${command} failed with exit code ${code}:\n${stderr}`);
  return stdout.replace(/\n$/, "");
}

/** Workers of the daemon end with their clients, which have ended. */
async function stopHost(daemon: ChildProcess, directory: string): Promise<void> {
  if (!hasEnded(daemon)) {
    const ended = new Promise((resolve) => daemon.once("exit", resolve));
    daemon.kill("SIGKILL");
    await ended;
  }
  await rm(directory, { recursive: true, force: true });
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
