/**
 * @file The simulation of a step by times, on steps whose times can be added by hand.
 */
import { expect, test } from "vitest";
import { exchangeTime, ratesFor } from "../../advise/costs.ts";
import { timelineOf } from "../../advise/timeline.ts";
import type { Traffic } from "../../advise/traffic.ts";
import type { CostModel } from "../../advise/types.ts";
import type { CollectiveStep, PieceStep } from "../../program/types.ts";

const costs: CostModel = {
  work: "given",
  exchange: "given",
  shared: false,
  cores: 1,
  products: 1e12,
  attention: 1e12,
  memory: 1e12,
  latency: 1,
  bandwidth: 1e6,
  hosts: null,
};

const piece: PieceStep = { kind: "piece", piece: "p", inputs: {}, outputs: {}, module: "", frees: [] };
const collective = (group: CollectiveStep["group"]): CollectiveStep => {
  const rest = { transfers: [], purpose: "", module: "", hook: null, frees: [] };
  return { kind: "collective", name: "c", collective: "all-to-all", group, ...rest };
};
const traffic = (inside: number, between = 0): Traffic => {
  return { sentInside: inside, receivedInside: inside, sentBetween: between, receivedBetween: between };
};

test("a collective begins when its last member comes, and other groups do not wait for it", () => {
  const mesh = { batch_degree: 1, ring_degree: 2, ulysses_degree: 2 };
  const steps = [piece, collective("ulysses"), piece];
  // Ranks 0 and 1 are one Ulysses group, 2 and 3 the other; rank 1 is slow in the first piece.
  const work = (step: number, rank: number): number => (step === 0 && rank === 1 ? 30 : 10);
  const timeline = timelineOf({ mesh, steps }, costs, work, () => [0, 1, 2, 3].map(() => traffic(4000)));
  // 30, then 1 + 4000 / 1e6 s = 5 ms, then 10.
  expect(timeline.milliseconds).toBe(45);
  expect(timeline.parts.exchange_inside).toBe(5);
  expect(timeline.parts.work).toBe((20 + 40 + 20 + 20) / 4);
  // Rank 0 waits for rank 1; ranks 2 and 3 wait at the end.
  expect(timeline.parts.waiting).toBe((20 + 0 + 20 + 20) / 4);
  expect(Object.values(timeline.parts).reduce((a, b) => a + b)).toBe(timeline.milliseconds);
});

test("a group of one rank exchanges nothing and takes no time", () => {
  const mesh = { batch_degree: 2, ring_degree: 1, ulysses_degree: 1 };
  const steps = [collective("ulysses")];
  expect(
    timelineOf(
      { mesh, steps },
      costs,
      () => 0,
      () => [traffic(1), traffic(1)],
    ).milliseconds,
  ).toBe(0);
});

test("the ranks of a host share its connection, and the slower network decides", () => {
  const hosts = { devices: 2, bandwidth: 1e6 };
  const all = [traffic(1000, 3000), traffic(1000, 3000), traffic(1000, 3000), traffic(1000, 3000)];
  // 1000 bytes inside take 1 ms; two ranks of a host send 6000 bytes in all.
  expect(exchangeTime({ ...costs, hosts }, [0, 2], all)).toEqual({ milliseconds: 7, between: true });
  expect(exchangeTime({ ...costs, hosts: { ...hosts, bandwidth: 1e9 } }, [0, 2], all)).toEqual({
    milliseconds: 2,
    between: false,
  });
});

test.each([
  [1, 4, 1],
  [3, 4, 1 / 4],
  [2, 4, 1 / 2],
  [8, 4, 1 / 8],
])("%i ranks that share %i cores get %f of its rate each", (ranks, cores, part) => {
  const rates = ratesFor({ ...costs, shared: true, cores }, ranks);
  expect(rates.products * 1000).toBeCloseTo(part * 1e12, 0);
  expect(ratesFor({ ...costs, cores }, ranks).products * 1000).toBe(1e12);
});
