/**
 * @file The environment of a command, for tests: its output is recorded.
 */
import type { Io } from "../../cli/io.ts";

export interface Captured extends Io {
  readonly stdout: () => string;
  readonly stderr: () => string;
}

/** An `Io` that is no terminal; `signal` never aborts unless one is given. `input` is on standard input. */
export function capture(signal: AbortSignal = new AbortController().signal, input = ""): Captured {
  const [out, err]: [string[], string[]] = [[], []];
  return {
    input: () => undefined,
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    colors: false,
    interactive: false,
    columns: 110,
    width: null,
    stdin: async () => new TextEncoder().encode(input),
    signal,
    commit: (_, work) => work(),
    stdout: () => out.join(""),
    stderr: () => err.join(""),
  };
}
