/**
 * @file The cost model: how long a computation and an exchange take. Its stated constants are here, with their reasons. Knows no program.
 */
import type { Computation } from "./operators.ts";
import type { Traffic } from "./traffic.ts";
import type { CostModel } from "./types.ts";

/** Milliseconds of a collective on a given network: the start of a kernel on each device, and one message in each direction. */
export const GIVEN_LATENCY = 0.03;

/**
 * Floating-point operations for each byte of memory, to get the memory rate of a device of which only the operations are given: an A100
 * sustains 200 TFLOP/s and 1.5 TB/s, an H100 400 TFLOP/s and 2.7 TB/s.
 */
export const FLOPS_PER_BYTE = 140;

/** Rates of one rank, per millisecond. */
export interface RankRates {
  readonly products: number;
  readonly attention: number;
  readonly memory: number;
}

/**
 * Ranks that share a machine get as many whole cores each as there are, and ranks beyond the number of cores get equal parts of them; all
 * compute at the same time.
 */
export function ratesFor({ shared, cores, products, attention, memory }: CostModel, ranks: number): RankRates {
  const own = cores < ranks ? cores / ranks : Math.floor(cores / ranks);
  const part = shared ? own / cores : 1;
  const rate = (perSecond: number): number => (perSecond * part) / 1000;
  return { products: rate(products), attention: rate(attention), memory: rate(memory) };
}

/** Milliseconds. */
export function timeOf({ products, attention, bytes }: Computation, rates: RankRates): number {
  return products / rates.products + attention / rates.attention + bytes / rates.memory;
}

export interface ExchangeTime {
  readonly milliseconds: number;
  /** Whether the network between hosts is what takes the time. */
  readonly between: boolean;
}

/**
 * How long a collective takes from the arrival of the last of its `members`. Both networks move their bytes at the same time. Inside a host each
 * rank has its own connection, in both directions at once; a host's connection to others carries what all its ranks send at that step.
 * `traffic` is that of all ranks.
 */
export function exchangeTime(
  { latency, bandwidth, hosts }: CostModel,
  members: readonly number[],
  traffic: readonly Traffic[],
): ExchangeTime {
  const most = (bytes: (traffic: Traffic) => number): number =>
    Math.max(...members.map((member) => bytes(traffic[member]!)));
  const inside = most((t) => Math.max(t.sentInside, t.receivedInside)) / (bandwidth / 1000);
  const between = hosts === null ? 0 : Math.max(...members.map((member) => hostBytes(member, hosts.devices, traffic)));
  const betweenTime = hosts === null ? 0 : between / (hosts.bandwidth / 1000);
  return { milliseconds: latency + Math.max(inside, betweenTime), between: betweenTime > inside };
}

function hostBytes(rank: number, devices: number, traffic: readonly Traffic[]): number {
  const first = Math.floor(rank / devices) * devices;
  const all = traffic.slice(first, first + devices);
  const sum = (bytes: (traffic: Traffic) => number): number => all.reduce((total, one) => total + bytes(one), 0);
  return Math.max(
    sum((t) => t.sentBetween),
    sum((t) => t.receivedBetween),
  );
}
