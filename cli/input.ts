/**
 * @file Reads standard input in the command's thread, which has no stream of it, only the descriptor.
 */
import { read } from "node:fs";
import { promisify } from "node:util";

const STDIN = 0;
const CHUNK = 2 ** 16;
const readChunk = promisify(read);

/** All bytes, but no more than `most` and one, so that the caller sees that there are too many. Rejects once the signal aborts. */
export async function readInput(signal: AbortSignal, most: number): Promise<Uint8Array> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("interrupted")), { once: true });
  });
  const chunks: Uint8Array[] = [];
  for (let size = 0; size <= most;) {
    const { bytesRead, buffer } = await Promise.race([chunk(), aborted]);
    if (bytesRead === 0) break;
    chunks.push(buffer.subarray(0, bytesRead));
    size += bytesRead;
  }
  return Buffer.concat(chunks).subarray(0, most + 1);
}

async function chunk(): Promise<{ readonly bytesRead: number; readonly buffer: Uint8Array }> {
  for (;;) {
    try {
      return await readChunk(STDIN, new Uint8Array(CHUNK), 0, CHUNK, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EOF") return { bytesRead: 0, buffer: new Uint8Array() };
      // A terminal or a pipe that does not block has nothing yet.
      if (code !== "EAGAIN") throw error;
      await new Promise((resolve) => void setTimeout(resolve, 20));
    }
  }
}
