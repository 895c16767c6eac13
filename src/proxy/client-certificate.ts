import type { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { UserError } from "../errors.js";
import { type Authority, type Questions, inject } from "./authority.js";
import type { CertificateBearer } from "./policy.js";
import { AUTHORITIES_CHANGED, CERTIFICATE_REFUSED } from "./refusals.js";
import type { Tls } from "./tls.js";

/**
 * Callers show who they are by a certificate of an authority that the operator named, and the proxy asks GitLab with its own
 * credentials. The handshake lets everybody in, so that who has no certificate, or a bad one, is told why; nothing that is locked is
 * looked up for them.
 */
export function clientCertificate(tls: Tls, questions: Questions): Authority {
  return {
    ...inject(questions),
    name: "certificate",
    // Not sooner than it is asked: a certificate may expire, or its authority be withdrawn, while the connection is kept.
    async identify(request) {
      if (!tls.isCurrent(request.socket)) throw changed();
      return bearerOf(request);
    },
  };
}

/**
 * A session that is taken up without a certificate counts as `authorized` in TLS 1.3, because it was a session before: so the
 * certificate is looked for first.
 */
function bearerOf({ socket }: IncomingMessage): CertificateBearer {
  if (!(socket instanceof TLSSocket)) throw new Error("a listener for client certificates speaks TLS");
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw refused("this proxy wants a client certificate");
  if (!socket.authorized) throw refused(explain(String(socket.authorizationError)));
  if (Date.parse(certificate.validTo) <= Date.now()) throw refused(explain("CERT_HAS_EXPIRED"));
  return { kind: "certificate", commonNames: commonNamesOf(certificate), names: namesOf(certificate) };
}

/** What OpenSSL found wrong (openssl-verification-options(1)), in the words of Node. */
const REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the client certificate has expired",
  CERT_NOT_YET_VALID: "the client certificate is not good yet: compare the clocks",
  INVALID_PURPOSE:
    "the client certificate, or one above it, is not meant for that (keyUsage, extendedKeyUsage)",
};

function explain(code: string): string {
  return REASONS[code] ?? `the client certificate is not of an authority that this proxy knows (${code})`;
}

function commonNamesOf(certificate: X509Certificate): string[] {
  const { CN } = certificate.toLegacyObject().subject as { CN?: string | string[] }; // several: a list, which the type omits
  return [CN ?? []].flat();
}

/** One name of `subjectAltName` in the text of Node, which quotes as JSON what is not plain (crypto, `x509.subjectAltName`). */
const NAME = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;

/** Alternative names with their kind: `DNS:host`, `URI:spiffe://…`, `email:…`. None when one cannot be told from the next. */
function namesOf({ subjectAltName = "" }: X509Certificate): string[] {
  const names: string[] = [];
  NAME.lastIndex = 0;
  while (NAME.lastIndex < subjectAltName.length) {
    const [, kind, value = ""] = NAME.exec(subjectAltName) ?? [];
    if (kind === undefined) return [];
    names.push(`${kind}:${value.startsWith('"') ? String(JSON.parse(value)) : value}`);
  }
  return names;
}

function changed(): UserError {
  return new UserError(
    AUTHORITIES_CHANGED,
    "this proxy knows other authorities since this connection began",
    {
      hint: "connect again",
    },
  );
}

function refused(message: string): UserError {
  return new UserError(CERTIFICATE_REFUSED, message, {
    hint: "show one of the authority of --client-ca: curl --cert and --key, or tls-certificate and tls-private-key in the address of a cache, since Nix 2.34",
  });
}
