/**
 * @file Large constants that stay in the model's file and are read where their bytes are needed, each time anew. Knows no protobuf.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { modelFileMessages as messages } from "../../diagnostics/catalog/model.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import { ContextParallelError } from "../../diagnostics/error.ts";
import type { Place, TensorData } from "../types.ts";
import type { ReadAt } from "./skim.ts";

/** Reading `bytes` throws a `ContextParallelError` if the file is no longer there or is shorter. */
export function storedData(place: Place): TensorData {
  const { file } = place;
  return {
    kind: "inline",
    place,
    get bytes() {
      try {
        return readRun(place);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new ContextParallelError([diagnose(messages.unreadable, { file, reason }, { file })], error);
      }
    },
  };
}

function readRun({ file, offset, length }: Place): Buffer {
  const handle = openSync(file, "r");
  try {
    const bytes = Buffer.allocUnsafeSlow(length);
    readerOf(handle)(bytes, offset);
    return bytes;
  } finally {
    closeSync(handle);
  }
}

/** Reads from an open file. */
export function readerOf(handle: number): ReadAt {
  return (buffer, position) => {
    for (let done = 0; done < buffer.length;) {
      const read = readSync(handle, buffer, done, buffer.length - done, position + done);
      if (read === 0) throw new Error(`it ends at byte ${position + done}`);
      done += read;
    }
  };
}
