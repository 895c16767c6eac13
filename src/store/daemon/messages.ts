import type { UserError } from "../../errors.js";
import { nixFailed } from "../nix-error.js";
import { unknownAnswer } from "./daemon-error.js";
import type { WireReader } from "./wire.js";

/** What a daemon may say while it works (libstore/worker-protocol.hh, `STDERR_…`). */
const LAST = 0x616c7473;
const ERROR = 0x63787470;
const NEXT = 0x6f6c6d67;
const START_ACTIVITY = 0x53545254;
const STOP_ACTIVITY = 0x53544f50;
const RESULT = 0x52534c54;

/** Types of the fields of an activity (libutil/logging.hh, `Logger::Field`). */
const NUMBER_FIELD = 0;
const TEXT_FIELD = 1;
const MAX_FIELDS = 100;
const MAX_TRACES = 1_000;

/** Version of the protocol since which an error has a level and a trace (libstore/daemon.cc, `TunnelLogger::stopWork`). */
const STRUCTURED_ERRORS = 26;

/**
 * Passes over what the daemon says about its work, until it is done (libstore/worker-protocol-connection.cc, `processStderrReturn`).
 *
 * @param minor of the version of the protocol that is spoken
 * @throws UserError NIX_FAILED with the daemon's text when it failed; NIX_UNKNOWN_ANSWER
 */
export async function untilDone(reader: WireReader, minor: number): Promise<void> {
  for (;;) {
    const message = await reader.number();
    if (message === LAST) return;
    if (message === ERROR) throw await readError(reader, minor);
    await passOver(message, reader);
  }
}

async function passOver(message: number, reader: WireReader): Promise<void> {
  if (message === NEXT) {
    await reader.string();
  } else if (message === START_ACTIVITY) {
    for (const _ of ["activity", "level", "type"]) await reader.skipNumber();
    await reader.string();
    await passOverFields(reader);
    await reader.skipNumber(); // the activity that it is part of
  } else if (message === STOP_ACTIVITY) {
    await reader.skipNumber();
  } else if (message === RESULT) {
    for (const _ of ["activity", "type"]) await reader.skipNumber();
    await passOverFields(reader);
  } else {
    throw unknownAnswer(`message 0x${message.toString(16)}`);
  }
}

async function passOverFields(reader: WireReader): Promise<void> {
  const fields = await reader.count(MAX_FIELDS);
  for (let field = 0; field < fields; field++) {
    const type = await reader.number();
    if (type === NUMBER_FIELD) await reader.skipNumber();
    else if (type === TEXT_FIELD) await reader.string();
    else throw unknownAnswer(`a field of type ${type}`);
  }
}

/** libutil/serialise.cc, `readError`. Positions are always 0; the trace says where in Nix, which helps nobody here. */
async function readError(reader: WireReader, minor: number): Promise<UserError> {
  if (minor < STRUCTURED_ERRORS) return failed(await reader.string());
  await reader.string(); // "Error"
  await reader.skipNumber(); // its level
  await reader.string(); // its name, of which nothing is made any more
  const text = await reader.string();
  await reader.skipNumber();
  const traces = await reader.count(MAX_TRACES);
  for (let trace = 0; trace < traces; trace++) {
    await reader.skipNumber();
    await reader.string();
  }
  return failed(text);
}

function failed(text: string): UserError {
  return nixFailed("Nix failed", `error: ${text}`);
}
