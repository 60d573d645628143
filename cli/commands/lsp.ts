/**
 * @file `lsp`: the language server on standard input and output. Nothing else may be printed there.
 */
import { PassThrough, Writable } from "node:stream";
import { serve } from "../../lsp/server.ts";
import type { Io } from "../io.ts";
import { type Outcome, outcome } from "../outcome.ts";

/** Ends when the client says `exit`, or closes its end. */
export async function lsp(version: string, io: Io): Promise<Outcome> {
  const input = new PassThrough();
  io.input((chunk) => (chunk === null ? input.end() : input.write(chunk)));
  const output = new Writable({
    write: (chunk: Buffer, _, done) => {
      io.out(chunk.toString("utf8"));
      done();
    },
  });
  io.signal.addEventListener("abort", () => input.end());
  return { ...outcome([]), exitCode: await serve(input, output, version) };
}
