/**
 * @file Hands the feeds to the ranks: one copy into shared memory, which each rank uses in place, or copies out where its backend accepts
 * no shared memory. Knows no message.
 */
import type { OrtTensor } from "../ort/session.ts";
import { bytesOf } from "../ort/tensors.ts";
import type { PackedFeeds, PackedTensor } from "./messages.ts";
import { copyOf, tensorOf } from "./tensor.ts";

const ALIGNMENT = 64;

/** Copies the feeds into `memory`, or into new memory where they do not fit. Throws `RangeError` if there is none. */
export function packFeeds(feeds: ReadonlyMap<string, OrtTensor>, memory: SharedArrayBuffer): PackedFeeds {
  const tensors: PackedTensor[] = [];
  let size = 0;
  for (const [name, { elem, dims, data }] of feeds) {
    tensors.push({ name, elem, dims, offset: size, bytes: data.byteLength });
    size = Math.ceil((size + data.byteLength) / ALIGNMENT) * ALIGNMENT;
  }
  const shared = memory.byteLength >= size ? memory : new SharedArrayBuffer(size);
  [...feeds.values()].forEach(({ data }, i) => {
    new Uint8Array(shared, tensors[i]!.offset, data.byteLength).set(bytesOf(data));
  });
  return { memory: shared, tensors };
}

export function unpackFeeds({ memory, tensors }: PackedFeeds, inPlace: boolean): ReadonlyMap<string, OrtTensor> {
  return new Map(
    tensors.map(({ name, elem, dims, offset, bytes }) => {
      const tensor = tensorOf(elem, dims, new Uint8Array(memory, offset, bytes));
      return [name, inPlace ? tensor : copyOf(tensor)];
    }),
  );
}
