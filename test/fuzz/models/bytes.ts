/**
 * @file Damage to the bytes of a file: changed bytes, and truncation. Knows no format.
 */
import * as fc from "fast-check";

export interface Bytes {
  readonly changes: readonly { readonly at: number; readonly byte: number; readonly nearText: boolean }[];
  /** Where the file ends, if it is cut. */
  readonly end: number | null;
}

/** Weights are most of a model; bytes that are text or lengths are more telling, so half of the changes go near a name. */
export const bytes: fc.Arbitrary<Bytes> = fc.record({
  changes: fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255), nearText: fc.boolean() }), {
    minLength: 1,
    maxLength: 12,
  }),
  end: fc.option(fc.nat(), { freq: 9 }),
});

export function damagedBytes(whole: Uint8Array, { changes, end }: Bytes): Uint8Array {
  const result = Uint8Array.from(whole.subarray(0, end === null ? whole.length : end % whole.length));
  for (const { at, byte, nearText } of changes) {
    const place = at % Math.max(result.length, 1);
    if (result.length > 0) result[nearText ? textNear(result, place) : place] = byte;
  }
  return result;
}

/** The first place from `at` on where four letters follow each other. */
function textNear(bytes: Uint8Array, at: number): number {
  for (let i = at; i + 4 < bytes.length; i++) {
    if ([0, 1, 2, 3].every((k) => bytes[i + k]! >= 0x5f && bytes[i + k]! <= 0x7a)) return i;
  }
  return at;
}
