// Makes a fresh clone ready: `node scripts/setup.js demo` or `node scripts/setup.js test`.
// Idempotent and quick when there is nothing to do. Depends on nothing but Node, since it installs the rest.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const NODE_FLOOR = [20, 18, 1];

try {
  requireNode();
  installDependencies();
  build();
  installNix();
  if (process.argv[2] === "test") prepareTests();
} catch (error) {
  process.stderr.write(`\nset-up failed: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

function requireNode() {
  const version = process.versions.node.split(".").map(Number);
  const index = NODE_FLOOR.findIndex((floor, i) => version[i] !== floor);
  if (index === -1 || version[index] > NODE_FLOOR[index]) return;
  throw new Error(`Node ${NODE_FLOOR.join(".")} or newer is needed; this is ${process.versions.node}`);
}

/** npm writes node_modules/.package-lock.json last, so its age tells whether the installation is current. */
function installDependencies() {
  const installed = join(ROOT, "node_modules", ".package-lock.json");
  const wanted = join(ROOT, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  run("installing npm dependencies", "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
}

function build() {
  run("compiling", "npm", ["run", "--silent", "build"]);
}

function installNix() {
  if (works("nix-build", ["--version"])) return;
  const manual =
    "install Nix (Debian and Ubuntu: apt-get install nix-bin; otherwise see https://nixos.org/download) and run this again";
  if (process.getuid?.() !== 0 || !works("apt-get", ["--version"]))
    throw new Error(`Nix is missing: ${manual}`);
  aptInstall("nix-bin");
  if (!works("nix-build", ["--version"])) throw new Error(`Nix could not be installed: ${manual}`);
}

/** What only tests and benchmarks need: build users, several Nixes, an S3 server, GitLab's own client, something to compare with. */
function prepareTests() {
  const tools = {
    unzip: "unzip",
    curl: "curl",
    git: "git",
    nsenter: "util-linux",
    useradd: "passwd",
    zip: "zip",
    xz: "xz-utils",
    "gnome-keyring-daemon": "gnome-keyring",
    "dbus-run-session": "dbus-daemon",
    "ceph-mon": "ceph-mon",
    "ceph-osd": "ceph-osd",
    radosgw: "radosgw",
    nginx: "nginx-light",
    wrk: "wrk",
    patchelf: "patchelf",
    openssl: "openssl",
    mksquashfs: "squashfs-tools",
    chromium: "chromium",
    haproxy: "haproxy",
    setfacl: "acl",
    "systemd-socket-activate": "systemd",
    "systemd-analyze": "systemd",
  };
  const missing = Object.entries(tools).filter(([tool]) => !works("which", [tool]));
  if (missing.length > 0) aptInstall(...missing.map(([, packageName]) => packageName));
  if (process.getuid?.() !== 0)
    throw new Error("the tests start a Nix daemon of their own and need root: sudo npm test");
  run("creating build users", "bash", [join("test", "nix", "users.sh")]);
  run("fetching newer versions of Nix", "sh", [join("scripts", "install-nixes.sh")]);
  run("fetching GitLab's client", "bash", [join("scripts", "install-glab.sh")]);
}

function aptInstall(...packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  run("reading package lists", "apt-get", ["update", "-qq"], env);
  run(
    `installing ${packages.join(", ")}`,
    "apt-get",
    ["install", "-y", "-qq", "--no-install-recommends", ...packages],
    env,
  );
}

function works(command, args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

/** Quiet while all is well; the whole output of a step that fails. */
function run(what, command, args, env = process.env) {
  process.stderr.write(`${what} …\n`);
  try {
    execFileSync(command, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"], maxBuffer: 64 << 20 });
  } catch (error) {
    process.stderr.write(`${error.stdout ?? ""}${error.stderr ?? ""}`);
    throw new Error(`${what}: ${command} ${args.join(" ")} did not succeed`, { cause: error });
  }
}
