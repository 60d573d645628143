/**
 * @file The cheapest cut against all cuts of small random networks.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { FORBIDDEN, network, SINK, SOURCE } from "../../infer/region/flow.ts";

type Edge = readonly [from: number, to: number, cost: number];

const NODES = 7;

function costOf(edges: readonly Edge[], isSource: (node: number) => boolean): number {
  return edges.reduce((sum, [from, to, cost]) => (isSource(from) && !isSource(to) ? sum + cost : sum), 0);
}

function cheapest(edges: readonly Edge[]): number {
  let best = Infinity;
  for (let set = 0; set < 2 ** (NODES - 2); set++) {
    const isSource = (node: number): boolean => node === SOURCE || (node !== SINK && ((set >> (node - 2)) & 1) === 1);
    best = Math.min(best, costOf(edges, isSource));
  }
  return best;
}

function cutOf(edges: readonly Edge[]): ReadonlySet<number> {
  const net = network();
  for (let node = 2; node < NODES; node++) net.node();
  for (const edge of edges) net.edge(...edge);
  return net.cut();
}

test("no other cut costs less", () => {
  const node = fc.nat(NODES - 1);
  const edges = fc.array(fc.tuple(node, node, fc.integer({ min: 0, max: 9 })), { maxLength: 20 });
  fc.assert(
    fc.property(edges, (given) => {
      const cut = cutOf(given);
      expect(cut.has(SOURCE) && !cut.has(SINK)).toBe(true);
      expect(costOf(given, (n) => cut.has(n))).toBe(cheapest(given));
    }),
    { numRuns: 300 },
  );
});

test("a forbidden edge is not cut while there is another way", () => {
  expect(
    cutOf([
      [SOURCE, 2, 1e18],
      [2, 3, FORBIDDEN],
      [3, SINK, 7],
    ]),
  ).toEqual(new Set([SOURCE, 2, 3]));
});

test("a chain as long as a deep graph needs no stack", () => {
  const net = network();
  let last = SOURCE;
  for (let i = 0; i < 20_000; i++) {
    const next = net.node();
    net.edge(last, next, 3);
    last = next;
  }
  net.edge(last, SINK, 2);
  expect(net.cut().size).toBe(20_001);
});
