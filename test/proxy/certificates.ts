/** Certificate authorities for tests, made by openssl. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const KEY = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

/** Paths of two files in PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface Wish {
  /** Common name of the subject. */
  readonly name: string;
  /** Alternative names with their kind: `DNS:host`, `URI:…`, `IP:…`. */
  readonly alternative?: readonly string[];
  /** Until it expires. */
  readonly days?: number;
  readonly usage?: "clientAuth" | "serverAuth";
  /** Who signs it in place of the authority. */
  readonly by?: Issued;
}

export interface CertificateAuthority {
  /** Path of its own certificate. */
  readonly cert: string;
  /** Issues a certificate; the files are named after `name` and replace earlier ones. */
  issue(wish: Wish): Promise<Issued>;
  remove(): Promise<void>;
}

export async function startAuthority(): Promise<CertificateAuthority> {
  const folder = await mkdtemp(join(tmpdir(), "nix-artifacts-authority-"));
  const file = (name: string) => join(folder, name);
  const own = { cert: file("ca.pem"), key: file("ca.key") };
  await openssl(`req -x509 ${KEY} -days 2 -subj /CN=Authority -keyout ${own.key} -out ${own.cert}`);

  return {
    cert: own.cert,
    async issue({ name, alternative = [`DNS:${name}`], days = 1, usage = "clientAuth", by = own }) {
      const slug = name.replaceAll(" ", "-");
      const [request, extensions] = [file(`${slug}.csr`), file(`${slug}.cnf`)];
      const [key, cert] = [file(`${slug}.key`), file(`${slug}.pem`)];
      await writeFile(extensions, extensionsOf(alternative, usage));
      await openssl(`req ${KEY} -keyout ${key} -out ${request} -subj`, `/CN=${name}`);
      const signer = `-CA ${by.cert} -CAkey ${by.key} -CAcreateserial`;
      await openssl(`x509 -req -in ${request} ${signer} -extfile ${extensions} -days ${days} -out ${cert}`);
      return { cert, key };
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

/** @param last an argument that may hold spaces */
function openssl(words: string, ...last: readonly string[]) {
  return run("openssl", [...words.split(" "), ...last]);
}

/** x509v3_config(5): in a section of their own, names may hold commas. */
function extensionsOf(alternative: readonly string[], usage: string): string {
  const names = alternative.map((name, index) => name.replace(":", `.${index} = `));
  return ["subjectAltName = @names", `extendedKeyUsage = ${usage}`, "[names]", ...names, ""].join("\n");
}
