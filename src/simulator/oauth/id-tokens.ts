/**
 * The instance as an issuer of CI ID tokens: keys, their publication, tokens of jobs. Source: GitLab documentation, "OpenID Connect
 * (OIDC) Authentication Using ID Tokens"; OpenID Connect Discovery 1.0, section 4.
 */
import { type KeyObject, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { json, type Reply } from "../http/reply.js";
import type { Job } from "../state/model.js";
import type { Clock } from "../state/state.js";

interface Key {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Seconds that a token of a job without a time limit is good for. */
const TTL_SECONDS = 300;

export class IdTokens {
  readonly #now: Clock;
  #key: Key | undefined;

  constructor(now: Clock) {
    this.#now = now;
  }

  /** Replaces the key; tokens of the old one are good no more. */
  rotate(): void {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.#key = { id: randomUUID(), privateKey, publicKey };
  }

  /** A token as a job gets it; `claims` replaces or adds some. Ids and booleans are texts. */
  issue(issuer: string, { id: job, pipeline }: Job, claims: Readonly<Record<string, unknown>>): string {
    const { project } = pipeline;
    const { id, privateKey } = this.#current();
    const iat = Math.floor(this.#now().getTime() / 1000);
    const type = pipeline.tag ? "tag" : "branch";
    const payload = {
      iss: issuer,
      iat,
      nbf: iat - 5,
      exp: iat + TTL_SECONDS,
      jti: randomUUID(),
      sub: `project_path:${project.path}:ref_type:${type}:ref:${pipeline.ref}`,
      namespace_path: project.path.split("/").slice(0, -1).join("/"),
      project_id: String(project.id),
      project_path: project.path,
      pipeline_id: String(pipeline.id),
      job_id: String(job),
      ref: pipeline.ref,
      ref_type: type,
      ref_path: `refs/${pipeline.tag ? "tags" : "heads"}/${pipeline.ref}`,
      ref_protected: String(project.protectedRefs.includes(pipeline.ref)),
      runner_id: 1,
      ...claims,
    };
    const head = `${encode({ typ: "JWT", alg: "RS256", kid: id })}.${encode(payload)}`;
    return `${head}.${sign("sha256", Buffer.from(head), privateKey).toString("base64url")}`;
  }

  /** The answer to a request for the keys, or undefined when it is none of ours. */
  answer(path: string, issuer: string): Reply | undefined {
    switch (path) {
      case "/.well-known/openid-configuration":
        return json({
          issuer,
          jwks_uri: `${issuer}/oauth/discovery/keys`,
          id_token_signing_alg_values_supported: ["RS256"],
        });
      case "/oauth/discovery/keys":
        return json({ keys: [jwk(this.#current())] });
      default:
        return undefined;
    }
  }

  #current(): Key {
    if (this.#key === undefined) this.rotate();
    if (this.#key === undefined) throw new Error("it was just made");
    return this.#key;
  }
}

function jwk({ id, publicKey }: Key): object {
  return { ...publicKey.export({ format: "jwk" }), kid: id, use: "sig", alg: "RS256" };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
