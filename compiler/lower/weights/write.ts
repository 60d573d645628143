/**
 * @file Writes the program's weights file, copying from the model's files in small runs. Knows no tensor.
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { invariant } from "../../diagnostics/diagnose.ts";
import type { Place } from "../../graph/types.ts";
import { turn } from "../../turn.ts";
import type { WeightBlock } from "../types.ts";

const RUN = 8 * 1024 * 1024;

/** Rejects if the file system refuses, if a data file is shorter than the model states, and with `Aborted`. */
export async function writeWeights(blocks: readonly WeightBlock[], file: string, signal?: AbortSignal): Promise<void> {
  const out = openSync(file, "wx");
  try {
    for (const { offset, data } of blocks) {
      if (data.kind === "external") await copy(data, out, offset, signal);
      else if (data.place !== undefined) await copy(data.place, out, offset, signal);
      else writeAll(out, data.bytes, offset);
    }
  } finally {
    closeSync(out);
  }
}

async function copy(data: Place, out: number, offset: number, signal: AbortSignal | undefined): Promise<void> {
  const source = openSync(data.file, "r");
  const buffer = new Uint8Array(Math.min(RUN, data.length));
  try {
    for (let done = 0; done < data.length;) {
      const read = readSync(source, buffer, 0, Math.min(buffer.length, data.length - done), data.offset + done);
      if (read === 0) throw new Error(`${data.file} ends before byte ${data.offset + data.length}`);
      writeAll(out, buffer.subarray(0, read), offset + done);
      done += read;
      await turn(signal);
    }
  } finally {
    closeSync(source);
  }
}

function writeAll(out: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.byteLength;) {
    const written = writeSync(out, bytes, done, bytes.byteLength - done, offset + done);
    invariant(written > 0, "a write without progress");
    done += written;
  }
}
