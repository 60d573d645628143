/**
 * @file The comparison behind --verify: what passes, what fails, and what is reported.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { OrtTensor } from "../../ort/types.ts";
import { compareOutputs, compareTensors } from "../../runtime/verify.ts";

const floats = (...data: readonly number[]): OrtTensor => ({
  elem: "float32",
  dims: [data.length],
  data: Float32Array.from(data),
});

test("passes at |a - b| = atol + rtol |b| and fails beyond it", () => {
  const double = (value: number): OrtTensor => ({ elem: "float64", dims: [1], data: Float64Array.of(value) });
  const tolerance = { atol: 0.25, rtol: 0.5 };
  expect(compareTensors("y", double(4 + 2.25), double(4), tolerance).ok).toBe(true);
  expect(compareTensors("y", double(4 + 2.2500001), double(4), tolerance).ok).toBe(false);
});

test("reports the largest differences and where the worst element is", () => {
  const actual: OrtTensor = { elem: "float32", dims: [2, 2], data: Float32Array.of(1, 2, 3.5, 8) };
  const expected: OrtTensor = { elem: "float32", dims: [2, 2], data: Float32Array.of(1, 2.25, 3, 8) };
  const found = compareTensors("y", actual, expected);
  expect(found).toMatchObject({ ok: false, wrong: 2, elements: 4, largest_absolute: 0.5 });
  expect(found.largest_relative).toBeCloseTo(0.5 / 3);
  expect(found.worst).toEqual({ index: [1, 0], actual: 3.5, expected: 3 });
});

test("NaN equals NaN in the same place only", () => {
  expect(compareTensors("y", floats(1, NaN), floats(1, NaN))).toMatchObject({ ok: true, largest_absolute: 0 });
  expect(compareTensors("y", floats(NaN, 1), floats(1, 1))).toMatchObject({ ok: false, largest_absolute: Infinity });
  expect(compareTensors("y", floats(1), floats(NaN)).ok).toBe(false);
});

test("equal infinities are equal, others are not", () => {
  expect(compareTensors("y", floats(Infinity, -Infinity), floats(Infinity, -Infinity)).ok).toBe(true);
  expect(compareTensors("y", floats(Infinity), floats(-Infinity)).ok).toBe(false);
  expect(compareTensors("y", floats(1), floats(Infinity)).ok).toBe(false);
});

test("a NaN is the worst element, whatever comes after it", () => {
  expect(compareTensors("y", floats(9, NaN, 9), floats(1, 1, 1)).worst?.index).toEqual([1]);
});

test("the relative difference leaves out what is smaller than atol", () => {
  expect(compareTensors("y", floats(1e-6), floats(1e-9)).largest_relative).toBe(0);
});

test("integers and booleans must be equal, also beyond 2^53", () => {
  const ints = (value: bigint): OrtTensor => ({ elem: "int64", dims: [1], data: BigInt64Array.of(value) });
  expect(compareTensors("y", ints(2n ** 60n), ints(2n ** 60n)).ok).toBe(true);
  expect(compareTensors("y", ints(2n ** 60n + 1n), ints(2n ** 60n)).ok).toBe(false);
  const bools = (value: number): OrtTensor => ({ elem: "bool", dims: [1], data: Uint8Array.of(value) });
  expect(compareTensors("y", bools(1), bools(0)).ok).toBe(false);
});

test("half floats are compared by value", () => {
  const half = (bits: number): OrtTensor => ({ elem: "float16", dims: [1], data: Uint16Array.of(bits) });
  expect(compareTensors("y", half(0x3c01), half(0x3c00))).toMatchObject({ ok: true, largest_absolute: 2 ** -10 });
  expect(compareTensors("y", half(0x4000), half(0x3c00))).toMatchObject({ ok: false, largest_absolute: 1 });
  expect(compareTensors("y", half(0x7e00), half(0x7e01)).ok).toBe(true);
});

test("another type, another shape or a missing output fails with a sentence", () => {
  const double: OrtTensor = { elem: "float64", dims: [1], data: Float64Array.of(1) };
  const [missing, type, shape] = compareOutputs(
    { b: double, c: floats(1, 2) },
    { a: floats(1), b: floats(1), c: floats(1) },
  );
  expect(missing).toMatchObject({ name: "a", ok: false, problem: "is missing" });
  expect(type).toMatchObject({ ok: false, problem: "is float64, the unsplit model gives float32" });
  expect(shape).toMatchObject({ ok: false, problem: "has shape (2), the unsplit model gives (1)" });
});

test("an empty output and a scalar compare", () => {
  expect(compareTensors("y", floats(), floats())).toMatchObject({ ok: true, elements: 0, worst: null });
  const scalar = (value: number): OrtTensor => ({ elem: "float32", dims: [], data: Float32Array.of(value) });
  expect(compareTensors("y", scalar(1), scalar(2)).worst?.index).toEqual([]);
});

test("says ok exactly if every element is inside the tolerance", () => {
  const value = fc.oneof(fc.float(), fc.constantFrom(NaN, Infinity, -Infinity, 0, -0));
  const near = fc
    .tuple(value, fc.float({ min: -1, max: 1, noNaN: true }))
    .map(([b, d]) => [Math.fround(b + d * 3e-4), b] as const);
  fc.assert(
    fc.property(fc.array(near, { maxLength: 8 }), (pairs) => {
      const found = compareTensors("y", floats(...pairs.map(([a]) => a)), floats(...pairs.map(([, b]) => b)));
      const inside = pairs.map(([a, b]) => Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-4 + 1e-4 * Math.abs(b));
      const finite = pairs.map(([a, b]) => Number.isFinite(b) || Object.is(a, b));
      expect(found.ok).toBe(inside.every((fine, i) => fine && finite[i] === true));
      expect(found.wrong).toBe(pairs.filter((_, i) => !(inside[i] && finite[i])).length);
    }),
  );
});
