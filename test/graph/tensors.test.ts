/**
 * @file Numbers to bytes and back, for every element type that holds numbers.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fromFloat16, toFloat16 } from "../../compiler/graph/numbers/half.ts";
import { numbersOf, tensorFromInts, tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { ElemType } from "../../compiler/graph/types.ts";

const exact: readonly (readonly [ElemType, readonly number[]])[] = [
  ["float32", [0, -1.5, 3.4028234663852886e38, Infinity]],
  ["float64", [Math.PI, -1e300]],
  ["float16", [0, 1, -2.5, 65504, 2 ** -24, Infinity]],
  ["bfloat16", [0, 1, -2.5, 2 ** 100, Infinity]],
  ["int64", [0, -1, 2 ** 53, -(2 ** 53)]],
  ["uint64", [0, 2 ** 53]],
  ["int32", [-(2 ** 31), 2 ** 31 - 1]],
  ["uint32", [2 ** 32 - 1]],
  ["int16", [-32768]],
  ["uint16", [65535]],
  ["int8", [-128]],
  ["uint8", [255]],
  ["bool", [1, 0]],
  ["uint4", [15, 0, 9]],
  ["int4", [-8, 7, -1]],
  ["float8e4m3fn", [0, -0, 448, -1.5, 2 ** -9]],
  ["float8e4m3fnuz", [0, 240, -1.5, 2 ** -10]],
  ["float8e5m2", [0, -0, 57344, -Infinity, 2 ** -16]],
  ["float8e5m2fnuz", [0, 57344, -1.75, 2 ** -17]],
];

test.each(exact)("%s keeps its numbers", (elem, values) => {
  expect(numbersOf(tensorFromNumbers(elem, [values.length], values))).toEqual(values);
});

test("two 4-bit elements share a byte, the first in its lower half", () => {
  const { data } = tensorFromNumbers("int4", [3], [1, -2, -8]);
  expect(data).toEqual({ kind: "inline", bytes: Uint8Array.of(0xe1, 0x08) });
});

test.each(["float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz"] as const)(
  "every number of %s survives the way to a number and back",
  (elem) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, bits) => bits);
    const numbers = numbersOf({ elem, dims: [256], data: { kind: "inline", bytes } })!;
    const back = tensorFromNumbers(elem, [256], numbers).data as { readonly bytes: Uint8Array };
    const wrong = numbers.filter((x, i) => !Number.isNaN(x) && back.bytes[i] !== i);
    expect(wrong).toEqual([]);
    expect(numbers.filter(Number.isNaN)).toHaveLength({ e4m3fn: 2, e4m3fnuz: 1, e5m2: 6, e5m2fnuz: 1 }[elem.slice(6)]!);
  },
);

test("integers beyond 2^53 are clamped, so that an open end stays the largest", () => {
  const bytes = new Uint8Array(BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n)).buffer);
  expect(numbersOf({ elem: "int64", dims: [2], data: { kind: "inline", bytes } })).toEqual([2 ** 53, -(2 ** 53)]);
});

test("a constant on disk has no numbers here", () => {
  const data = { kind: "external", file: "/w", offset: 0, length: 4 } as const;
  expect(numbersOf({ elem: "float32", dims: [1], data })).toBeNull();
});

test("a list of integers is one-dimensional", () => {
  expect(tensorFromInts([3, 4]).dims).toEqual([2]);
});

test("every half float survives the way to a number and back", () => {
  const all = Array.from({ length: 0x10000 }, (_, bits) => bits).filter((bits) => !Number.isNaN(fromFloat16(bits)));
  expect(all.length).toBe(0x10000 - 2 * 1023);
  expect(all.filter((bits) => toFloat16(fromFloat16(bits)) !== bits)).toEqual([]);
});

test("a number becomes the nearest half float", () => {
  fc.assert(
    fc.property(fc.double({ min: -65519, max: 65519, noNaN: true }), (number) => {
      const bits = toFloat16(number);
      const error = Math.abs(fromFloat16(bits) - number);
      const neighbours = [bits - 1, bits + 1].map((other) => Math.abs(fromFloat16(other & 0xffff) - number));
      expect(error).toBeLessThanOrEqual(Math.min(...neighbours.filter((distance) => !Number.isNaN(distance))));
    }),
  );
  expect(toFloat16(1 + 2 ** -11)).toBe(toFloat16(1));
  expect(toFloat16(1 + 3 * 2 ** -11)).toBe(toFloat16(1 + 2 ** -9));
  expect(toFloat16(NaN)).toBe(0x7e00);
});
