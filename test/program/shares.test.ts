/**
 * @file Cuts by shares: in proportion, with a row for every rank where there are enough, and tensor_split where all shares are equal.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkShares, cutOf, equalCut } from "../../program/shares.ts";
import type { Mesh } from "../../program/mesh.ts";

const ring = (ring_degree: number): Mesh => ({ batch_degree: 1, ring_degree, ulysses_degree: 1 });
const share = fc.oneof(
  fc.integer({ min: 1, max: 9 }),
  fc.constantFrom(0.1, 0.3, 1.5, 1e-300, 1e300, Number.MIN_VALUE, Number.MAX_VALUE, 12345.678),
);
const manyShares = fc.array(share, { minLength: 1, maxLength: 8 });

function sizes(length: number, shares: readonly number[], mesh = ring(shares.length)): readonly number[] {
  const cut = cutOf(mesh, shares);
  return shares.map(
    (_, i) => cut("sequence", length, shares.length, i + 1) - cut("sequence", length, shares.length, i),
  );
}

test("rows follow the shares", () => {
  expect(sizes(96, [2, 1])).toEqual([64, 32]);
  expect(sizes(9, [2, 1, 1])).toEqual([5, 2, 2]);
  expect(sizes(10, [1, 1, 2])).toEqual([3, 2, 5]);
  expect(sizes(100, [0.5, 0.25, 0.25])).toEqual([50, 25, 25]);
  expect(sizes(4096, [1e300, 1e300, 5e299])).toEqual([1639, 1638, 819]);
});

test("a rank gets a row where there are enough, however small its share", () => {
  expect(sizes(4, [100, 1, 1])).toEqual([2, 1, 1]);
  expect(sizes(3, [1, 1, 1e9])).toEqual([1, 1, 1]);
  expect(sizes(2, [1, 1, 1e9])).toEqual([0, 0, 2]);
  expect(sizes(0, [2, 1])).toEqual([0, 0]);
});

describe("for any shares and lengths", () => {
  test("edges go from 0 to the length and do not fall, and sizes are within a row of the proportion", () => {
    fc.assert(
      fc.property(manyShares, fc.nat(500), (shares, length) => {
        const all = sizes(length, shares);
        expect(all.reduce((a, b) => a + b, 0)).toBe(length);
        const least = length >= shares.length ? 1 : 0;
        for (const size of all) expect(size).toBeGreaterThanOrEqual(least);
        const largest = Math.max(...shares);
        const total = shares.reduce((sum, s) => sum + s / largest, 0);
        const ideal = shares.map((s) => (length * (s / largest)) / total);
        // Where a rank gets more than its part, others get less: only without such ranks each size is next to the ideal one.
        if (ideal.every((part) => part >= 1.02)) {
          for (const [i, size] of all.entries()) expect(Math.abs(size - ideal[i]!)).toBeLessThan(1.02);
        }
      }),
    );
  });

  test("only ratios count", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }),
        fc.nat(500),
        (shares, n) => {
          expect(
            sizes(
              n,
              shares.map((s) => 3 * s),
            ),
          ).toEqual(sizes(n, shares));
          expect(
            sizes(
              n,
              shares.map((s) => 2 ** 40 * s),
            ),
          ).toEqual(sizes(n, shares));
        },
      ),
    );
  });

  test("equal ones give tensor_split, by the equal cut and by dealing", () => {
    fc.assert(
      fc.property(share, fc.integer({ min: 1, max: 9 }), fc.nat(500), (one, ranks, length) => {
        const expected = Array.from(
          { length: ranks },
          (_, i) => Math.floor(length / ranks) + (i < length % ranks ? 1 : 0),
        );
        expect(
          sizes(
            length,
            Array.from({ length: ranks }, () => one),
          ),
        ).toEqual(expected);
        // The ring's ranks have equal sums, so heads are dealt by weights that are equal without being the shares.
        const uneven = Array.from({ length: ranks }, (_, i) => [i + 1, ranks - i]);
        const mesh = { batch_degree: 1, ring_degree: 2, ulysses_degree: ranks };
        const cut = cutOf(mesh, [...uneven.map(([a]) => a!), ...uneven.map(([, b]) => b!)]);
        const edges = (of: typeof cut): readonly number[] =>
          Array.from({ length: ranks + 1 }, (_, i) => of("ulysses", length, ranks, i));
        expect(edges(cut)).toEqual(edges(equalCut));
      }),
    );
  });
});

test("heads are dealt alike in every ring group: by the sums over the ring", () => {
  const cut = cutOf({ batch_degree: 1, ring_degree: 2, ulysses_degree: 2 }, [3, 1, 3, 1]);
  expect([0, 1, 2].map((i) => cut("ulysses", 24, 2, i))).toEqual([0, 18, 24]);
  expect([0, 1, 2, 3, 4].map((i) => cut("sequence", 16, 4, i))).toEqual([0, 6, 8, 14, 16]);
});

test("batch and rows are dealt alike in every group: by the sums over the others", () => {
  const cut = cutOf({ batch_degree: 2, ring_degree: 1, ulysses_degree: 2 }, [3, 1, 6, 2]);
  expect([0, 1, 2].map((i) => cut("batch", 12, 2, i))).toEqual([0, 4, 12]);
  expect([0, 1, 2].map((i) => cut("sequence", 16, 2, i))).toEqual([0, 12, 16]);
  expect([0, 1, 2].map((i) => cut("ulysses", 8, 2, i))).toEqual([0, 6, 8]);
});

test("what is wrong with shares is said with both numbers, or the rank", () => {
  const text = (shares: readonly number[]): readonly string[] =>
    checkShares({ batch_degree: 1, ring_degree: 2, ulysses_degree: 1 }, shares).map(
      ({ code, message }) => `${code} ${message}`,
    );
  expect(text([2, 1])).toEqual([]);
  expect(text([2, 1, 1])).toEqual([
    "CP6530 3 shares were given; the program is compiled for 2 ranks (ring 2 x ulysses 1)",
  ]);
  expect(text([0, -1])).toEqual([
    "CP6531 the share of rank 0 is 0; a share must be a finite number above 0",
    "CP6531 the share of rank 1 is -1; a share must be a finite number above 0",
  ]);
  expect(text([NaN, Infinity])).toHaveLength(2);
});
