/**
 * @file Everything on standard input, for a command that reads a file there. Knows no stream: it hears what arrives.
 */
import type { Io } from "./io.ts";

/** All bytes, but no more than `most` and one, so that the caller sees that there are too many. Rejects once the signal aborts. */
export async function readInput({ input, signal }: Pick<Io, "input" | "signal">, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  await new Promise<void>((resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("interrupted")), { once: true });
    input((chunk) => {
      if (chunk === null) return resolve();
      // What follows too much of it is not kept.
      if (size <= most) chunks.push(chunk);
      size += chunk.length;
      if (size > most) resolve();
    });
  });
  return Buffer.concat(chunks).subarray(0, most + 1);
}
