/** In milliseconds. */
export interface Timeouts {
  /** Until the connection stands, TLS included; default 10,000. */
  readonly connect?: number;
  /** From the request to the end of the answer's headers; default 60,000. */
  readonly headers?: number;
  /** Between two parts of a body; default 60,000. */
  readonly stall?: number;
  /** For the whole body of an answer that is no download; default 120,000. */
  readonly answer?: number;
  /** In which a download must not fall below the least pace; default 60,000. */
  readonly pace?: number;
}

export const DEFAULT_TIMEOUTS: Required<Timeouts> = {
  connect: 10_000,
  headers: 60_000,
  stall: 60_000,
  answer: 120_000,
  pace: 60_000,
};
