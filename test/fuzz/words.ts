/**
 * @file Strings and numbers that have broken programs before. Knows nothing of where they are used.
 */
import * as fc from "fast-check";

/** Names that objects bring along, names that this project gives a meaning, and characters that texts trip over. */
export const oddNames: readonly string[] = [
  "",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "rank",
  "peer",
  "?x.0",
  "cp",
  "ai.onnx",
  "com.microsoft",
  "a\0b",
  "\ufeff",
  "\u202egnirts",
  "\ud83d\ude00",
  "..",
  "*",
  "0",
  "-1",
  "x".repeat(3000),
];

/** Symbolic extents, some well formed. */
const oddExtents: readonly string[] = [
  "img + txt",
  "img//0",
  "img//",
  "((((",
  "-".repeat(5000) + "1",
  "(".repeat(5000) + "1" + ")".repeat(5000),
  "9".repeat(400),
  "img*img*img*img",
  Array.from({ length: 300 }, (_, i) => `(a${i} + b${i})`).join("*"),
  Array.from({ length: 2000 }, (_, i) => `s${i}`).join(" + "),
  "1//3",
  "2 - 5",
];

/** Integers of 64 bits at their edges and around the sizes of real axes. */
const oddIntegers: readonly bigint[] = [
  0n,
  1n,
  -1n,
  2n,
  3n,
  7n,
  -7n,
  64n,
  1024n,
  2n ** 20n,
  2n ** 31n - 1n,
  2n ** 31n,
  -(2n ** 31n),
  2n ** 40n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 62n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];

export const word: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...oddNames) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 8 }) },
);

export const extent: fc.Arbitrary<string> = fc.oneof(fc.constantFrom(...oddExtents), word);

export const integer: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...oddIntegers) },
  { weight: 1, arbitrary: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) },
);
