/**
 * @file The environment of a command, for tests: its output is recorded.
 */
import { readInput } from "../../cli/input.ts";
import type { CommandIo } from "../../cli/io.ts";

export interface Captured extends CommandIo {
  readonly stdout: () => string;
  readonly stderr: () => string;
}

/** An `Io` that is no terminal; `signal` never aborts unless one is given. `input` is on standard input. */
export function capture(signal: AbortSignal = new AbortController().signal, input = ""): Captured {
  const [out, err]: [string[], string[]] = [[], []];
  const typed: CommandIo["input"] = (heard) => {
    heard(new TextEncoder().encode(input));
    heard(null);
  };
  return {
    input: typed,
    stdin: (most) => readInput({ input: typed, signal }, most),
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    colors: false,
    interactive: false,
    columns: 110,
    width: null,
    signal,
    commit: (_, work) => work(),
    stdout: () => out.join(""),
    stderr: () => err.join(""),
  };
}
