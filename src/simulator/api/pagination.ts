/**
 * Pages of lists: by offset with `X-*` and `Link` headers, or by keyset with a `Link` alone.
 * GitLab REST API documentation, section Pagination.
 */
import { json, refuseError, type Reply } from "../http/reply.js";
import type { Exchange } from "./exchange.js";
import { enumQuery, integerQuery } from "./parameters.js";

export interface ListKind<T> {
  /** Lists whose rows are never counted have no totals. */
  readonly counted: boolean;
  /** When the list, which then has falling ids, can also be read by keyset: offsets are limited then. */
  readonly keyset?: { readonly type: string; readonly idOf: (row: T) => number };
}

const MAX_PER_PAGE = 100;
/** Beyond it, counting costs too much and is left out. */
const MAX_COUNTED_ROWS = 10_000;
const MAX_OFFSET = 50_000;

/** The page of `rows` that was asked for, each row shown by `show`. */
export function paginate<T>(
  exchange: Exchange,
  rows: readonly T[],
  show: (row: T) => unknown,
  kind: ListKind<T> = { counted: true },
): Reply {
  const perPage = Math.min(Math.max(integerQuery(exchange, "per_page", 20), 1), MAX_PER_PAGE);
  if (enumQuery(exchange, "pagination", ["legacy", "keyset"]) === "keyset")
    return keysetPage(exchange, rows, { show, perPage, idOf: keysetId(exchange, kind) });
  const page = Math.max(integerQuery(exchange, "page", 1), 1);
  if (kind.keyset !== undefined && page * perPage > MAX_OFFSET)
    refuseError(
      405,
      `Offset pagination has a maximum allowed offset of ${MAX_OFFSET} for requests that return objects of type ${kind.keyset.type}. Remaining records can be retrieved using keyset pagination.`,
    );
  const shown = rows.slice((page - 1) * perPage, page * perPage).map(show);
  const total = kind.counted && rows.length <= MAX_COUNTED_ROWS ? rows.length : undefined;
  const hasNext = page * perPage < rows.length;
  return json(shown, 200, offsetHeaders(exchange, { page, perPage, hasNext, total }));
}

interface OffsetPage {
  readonly page: number;
  readonly perPage: number;
  readonly hasNext: boolean;
  readonly total: number | undefined;
}

function offsetHeaders(
  exchange: Exchange,
  { page, perPage, hasNext, total }: OffsetPage,
): Record<string, string> {
  const pages = total === undefined ? undefined : Math.max(Math.ceil(total / perPage), 1);
  const links: [string, number | undefined][] = [
    ["prev", page > 1 ? page - 1 : undefined],
    ["next", hasNext ? page + 1 : undefined],
    ["first", 1],
    ["last", pages],
  ];
  const link = links.flatMap(([rel, target]) =>
    target === undefined ? [] : [linkTo(exchange, { page: String(target), per_page: String(perPage) }, rel)],
  );
  return {
    Link: link.join(", "),
    "X-Next-Page": hasNext ? String(page + 1) : "",
    "X-Page": String(page),
    "X-Per-Page": String(perPage),
    "X-Prev-Page": page > 1 ? String(page - 1) : "",
    ...(total === undefined ? {} : { "X-Total": String(total), "X-Total-Pages": String(pages) }),
  };
}

function keysetId<T>({ request }: Exchange, { keyset }: ListKind<T>): (row: T) => number {
  const orderBy = request.query.get("order_by") ?? "id";
  const sort = request.query.get("sort") ?? "desc";
  if (keyset === undefined || orderBy !== "id" || sort !== "desc")
    refuseError(405, "Keyset pagination is not yet available for this type of request");
  return keyset.idOf;
}

interface KeysetPage<T> {
  readonly show: (row: T) => unknown;
  readonly perPage: number;
  readonly idOf: (row: T) => number;
}

function keysetPage<T>(
  exchange: Exchange,
  rows: readonly T[],
  { show, perPage, idOf }: KeysetPage<T>,
): Reply {
  const after = cursorId(exchange);
  const rest = after === undefined ? rows : rows.filter((row) => idOf(row) < after);
  const shown = rest.slice(0, perPage);
  const last = shown.at(-1);
  if (last === undefined || rest.length <= perPage) return json(shown.map(show));
  const cursor = Buffer.from(JSON.stringify({ id: String(idOf(last)), _kd: "n" })).toString("base64url");
  const link = linkTo(exchange, { cursor, per_page: String(perPage) }, "next");
  return json(shown.map(show), 200, { Link: link });
}

function cursorId({ request }: Exchange): number | undefined {
  const cursor = request.query.get("cursor");
  if (cursor === null) return undefined;
  const [, id] = /"id":"(\d+)"/.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (id === undefined) refuseError(400, "cursor is invalid");
  return Number(id);
}

/** The same request with other parameters, at the URL that the instance takes for its own. */
function linkTo({ request, instance }: Exchange, changes: Record<string, string>, rel: string): string {
  const query = new URLSearchParams(request.query);
  for (const secret of ["private_token", "access_token", "job_token"]) query.delete(secret);
  for (const [name, value] of Object.entries(changes)) query.set(name, value);
  const origin = instance.knobs.linkOrigin ?? instance.url;
  return `<${origin}${request.path}?${query}>; rel="${rel}"`;
}
