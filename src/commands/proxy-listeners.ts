/** Where `artifacts proxy` listens, and what those who ask there must show. */
import { resolve } from "node:path";
import { instanceOfHost } from "../credentials/origin.js";
import { UserError } from "../errors.js";
import { groupId } from "../proxy/group-id.js";
import { expectedSockets, inheritedSockets, namedSockets } from "../proxy/inherited.js";
import { type ListenAddress, parseListener } from "../proxy/listener.js";
import type { ProxyOptions as StartOptions } from "../proxy/options.js";
import type { TlsFiles } from "../proxy/tls.js";
import type { CommandContext } from "./command.js";

/** The options that name addresses, and what goes with them. */
export interface ListenOptions {
  readonly check?: boolean;
  readonly listen?: readonly string[];
  readonly passthrough?: readonly string[];
  readonly idTokenListen?: readonly string[];
  readonly audience?: readonly string[];
  readonly certificateListen?: readonly string[];
  readonly clientCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly adminListen?: readonly string[];
  readonly socketGroup?: string;
}

export interface ProxyListeners extends Pick<
  StartOptions,
  "listeners" | "passthrough" | "idTokens" | "certificates"
> {
  readonly admin: readonly ListenAddress[];
  /** For addresses with TLS; undefined: there are none. */
  readonly tls: TlsFiles | undefined;
}

/**
 * @param address where to listen when no option says it: the one that derivations carry
 * @throws UserError about the option that is wrong
 */
export async function listenersOf(
  options: ListenOptions,
  address: string,
  context: CommandContext,
): Promise<ProxyListeners> {
  const { passthrough, idTokenListen, certificateListen, audience = [] } = options;
  const parse = await parserOf(options, context);
  const others = [passthrough, idTokenListen, certificateListen].every((one) => one === undefined);
  const given = {
    listeners: parse(options.listen ?? (others ? [address] : [])),
    passthrough: parse(passthrough),
    idTokens: parse(idTokenListen),
    certificates: parse(certificateListen).map(withTls),
    // Who may build is not who may look on: the group is let in to artifacts alone.
    admin: parse(options.adminListen, undefined),
  };
  if (idTokenListen !== undefined && audience.length === 0) throw audienceUnknown();
  const instance = () =>
    instanceFor(passthrough === undefined ? "--id-token-listen" : "--passthrough", context);
  return {
    listeners: given.listeners,
    ...(passthrough && { passthrough: { listeners: given.passthrough, origin: instance() } }),
    ...(idTokenListen && {
      idTokens: { listeners: given.idTokens, issuer: instance(), audiences: audience },
    }),
    ...(certificateListen && { certificates: { listeners: given.certificates } }),
    admin: given.admin,
    tls: tlsFilesOf(options, Object.values(given).flat(), context),
  };
}

type Parse = (texts: readonly string[] | undefined, group?: number | undefined) => readonly ListenAddress[];

/** Sockets are given to the group of `--socket-group`, unless another is asked for. */
async function parserOf(
  { check = false, socketGroup }: ListenOptions,
  { env }: CommandContext,
): Promise<Parse> {
  const group = socketGroup === undefined ? undefined : await groupId(socketGroup);
  const sockets = inheritedSockets(env, process.pid);

  function parse(text: string, group: number | undefined): readonly ListenAddress[] {
    if (text.startsWith(TLS)) return parse(text.slice(TLS.length), group).map(withTls);
    return (check ? expectedSockets(text) : namedSockets(text, sockets)) ?? [parseListener(text, group)];
  }

  return (texts = [], ...asked) =>
    texts.flatMap((text) => parse(text, asked.length === 0 ? group : asked[0]));
}

const TLS = "tls:";

function withTls(address: ListenAddress): ListenAddress {
  if (!("path" in address)) return { ...address, tls: true };
  throw new UserError("BAD_ADDRESS", `a socket in the file system needs no TLS: ${address.path}`, {
    exitCode: 2,
    hint: "for example --certificate-listen 0.0.0.0:7468, or --passthrough unix:/PATH without tls:",
  });
}

/** Whether somebody is served with the proxy's own token. */
export function hasOwnToken({ listeners, idTokens, certificates }: ProxyListeners): boolean {
  return listeners.length > 0 || idTokens !== undefined || certificates !== undefined;
}

/** The instance that the environment names, with the path that it is below. */
export function instanceOf(env: CommandContext["env"]): URL | undefined {
  const [variable, host] = ["GITLAB_HOST", "CI_SERVER_URL"]
    .map((name) => [name, env[name]] as const)
    .find(([, value]) => value !== undefined && value !== "") ?? ["", undefined];
  return host === undefined ? undefined : instanceOfHost(host, variable);
}

function instanceFor(option: string, { env }: CommandContext): URL {
  const instance = instanceOf(env);
  if (instance !== undefined) return instance;
  throw new UserError("PROXY_HOST_UNKNOWN", `${option} needs to know whose tokens its callers bring`, {
    exitCode: 2,
    hint: "name the instance, which alone is sent them: GITLAB_HOST=gitlab.example.com",
  });
}

function audienceUnknown(): UserError {
  return new UserError(
    "PROXY_AUDIENCE_UNKNOWN",
    "--id-token-listen needs to know for whom tokens are meant",
    {
      exitCode: 2,
      hint: "name what .gitlab-ci.yml has in `aud`: --audience https://artifacts.example.com",
    },
  );
}

/** What is given and used nowhere is a mistake: somebody believes that an address has TLS. */
function tlsFilesOf(
  { tlsCert, tlsKey, clientCa, certificateListen }: ListenOptions,
  addresses: readonly ListenAddress[],
  { cwd }: CommandContext,
): TlsFiles | undefined {
  if ((clientCa === undefined) !== (certificateListen === undefined)) throw authorityUnknown();
  if (!addresses.some((address) => "tls" in address && address.tls === true)) {
    if (tlsCert === undefined && tlsKey === undefined) return undefined;
    throw tlsWrong(
      "--tls-cert and --tls-key are for addresses with TLS, and there are none",
      "write tls: before the address, as in --passthrough tls:0.0.0.0:7468, or use --certificate-listen",
    );
  }
  if (tlsCert === undefined || tlsKey === undefined) {
    throw tlsWrong(
      "an address with TLS needs the proxy's certificate and its key",
      "name both, in PEM: --tls-cert /etc/nix-artifacts/proxy.pem --tls-key /etc/nix-artifacts/proxy.key",
    );
  }
  const ca = clientCa === undefined ? undefined : resolve(cwd, clientCa);
  return { cert: resolve(cwd, tlsCert), key: resolve(cwd, tlsKey), clientCa: ca };
}

function authorityUnknown(): UserError {
  return tlsWrong(
    "--certificate-listen and --client-ca go together",
    "name the authority whose certificates callers show: --certificate-listen 0.0.0.0:7468 --client-ca /etc/nix-artifacts/clients.pem",
  );
}

function tlsWrong(message: string, hint: string): UserError {
  return new UserError("PROXY_TLS", message, { exitCode: 2, hint });
}
