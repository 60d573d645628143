/**
 * @file Numbers to bytes and back, for every element type that holds numbers.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fromFloat16, toFloat16 } from "../../compiler/graph/half.ts";
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
];

test.each(exact)("%s keeps its numbers", (elem, values) => {
  expect(numbersOf(tensorFromNumbers(elem, [values.length], values))).toEqual(values);
});

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
