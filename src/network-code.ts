/** The code of an error of Node's or undici's; undefined when `error` has none. */
export function networkCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === "HTTPParserError") return parserCode(error.message);
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** undici 7 tells what its parser says in words alone, at the end and in brackets: "Invalid EOF state". llhttp's code is made of them. */
function parserCode(message: string): string {
  const [, reason = "invalid"] = /\(([^()]+)\)$/.exec(message) ?? [];
  return ["HPE", ...(reason.toUpperCase().match(/[A-Z]+/g) ?? [])].join("_");
}
