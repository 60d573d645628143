/**
 * @file Which streams to split together: the set that costs least, by the work that ranks would repeat and the bytes that they would send.
 */
import { asCp } from "../../compiler/ir/cp.ts";
import type { CanonicalNode } from "../../compiler/ir/types.ts";
import type { GraphIndex } from "../../compiler/ir/graph-index.ts";
import type { Sizes } from "../../gain/typical.ts";
import { canGatherFor, regionOf, WORK_PER_BYTE, type Region } from "./region.ts";
import type { Products } from "./products.ts";
import type { Stream } from "./streams.ts";

export interface Model {
  readonly index: GraphIndex;
  readonly streams: readonly Stream[];
  readonly products: Products;
  readonly sizes: Sizes;
  /** Floating-point work of every node that has some. */
  readonly work: ReadonlyMap<CanonicalNode, number>;
  /** A plan may gather any value, not only those that leave a module. */
  readonly anywhere: boolean;
}

export interface Choice {
  readonly streams: readonly Stream[];
  readonly region: Region;
  /** Bytes, for two ranks. */
  readonly cost: number;
  /** Share of the work in the region, from 0 to 1. */
  readonly share: number;
}

/** How often every stream is reconsidered. A model has a handful, but a U-Net with text has two for each attention. */
const PASSES = 2;

/** Share of the work that fewer bytes may cost. */
const SPARE = 0.05;

/** Streams that are tried alone: a grid has one for each of its resolutions, in other units, and they exclude each other. */
const ALONE = 8;

/**
 * Starts with the streams of all queries, or with the one among them that alone costs less and shares more work, and adds or removes one at a time
 * while that costs less and shares nearly as much work. `whole` are nodes that need whole operands. `null` where no attention can be shared.
 */
export function chooseStreams(model: Model, whole: ReadonlySet<string>): Choice | null {
  const queries = model.streams.filter(({ queries }) => queries.length > 0);
  let best = choiceOf(model, queries, whole);
  for (const alone of queries.length > 1 ? queries.slice(0, ALONE) : []) {
    const other = choiceOf(model, [alone], whole);
    if (other.cost < best.cost && other.share > best.share) best = other;
  }
  const least = best.share - SPARE;
  let isBetter = true;
  for (let pass = 0; pass < PASSES && isBetter; pass++) {
    isBetter = false;
    for (const stream of model.streams) {
      const isIn = best.streams.includes(stream);
      const streams = isIn ? best.streams.filter((s) => s !== stream) : [...best.streams, stream];
      if (!streams.some((s) => s.queries.length > 0)) continue;
      const other = choiceOf(model, streams, whole);
      if (other.cost >= best.cost || other.share < least) continue;
      best = other;
      isBetter = true;
    }
  }
  const { ends } = model.products;
  const isShared = [...best.region.nodes].some((node) => asCp(node, "Attention") !== null || ends.has(node));
  return isShared ? best : null;
}

function choiceOf(model: Model, streams: readonly Stream[], whole: ReadonlySet<string>): Choice {
  const { work } = model;
  const region = regionOf({ ...model, streams, whole });
  const sent = gathered(region, model) + exchanged(region, model) + exchangedForProducts(region, model);
  let all = 0;
  let shared = 0;
  for (const [node, own] of work) {
    all += own;
    if (region.nodes.has(node)) shared += own;
  }
  // The work that both ranks do.
  const repeated = (all - shared) / 2;
  return { streams, region, cost: sent + repeated / WORK_PER_BYTE, share: all === 0 ? 1 : shared / all };
}

/** Half of every value that someone needs whole. */
function gathered(region: Region, { index, sizes, anywhere }: Model): number {
  let bytes = 0;
  for (const node of region.nodes) {
    for (const value of node.outputs) {
      if (region.placeOf(value) === null) continue;
      const isOutput = index.graph.outputs.includes(value);
      const isNeeded =
        isOutput ||
        index.users(value).some((reader) => {
          const need = region.need(reader, value);
          return (
            canGatherFor(node, reader, anywhere && !isOutput) &&
            (need === "whole" || (need === "rows" && !region.nodes.has(reader)))
          );
        });
      if (isNeeded) bytes += sizeOf(value, index, sizes) / 2;
    }
  }
  return bytes;
}

/** Attention: a quarter of its operands and result where both sides are split, half of the smaller side where only keys are. */
function exchanged(region: Region, { index, sizes }: Model): number {
  const made = new Set([...region.nodes].flatMap(({ outputs }) => outputs));
  const isSplit = (value: string): boolean => made.has(value) && region.placeOf(value) !== null;
  return index.graph.nodes.reduce((bytes, node) => {
    const attention = asCp(node, "Attention");
    if (attention === null || !isSplit(attention.k)) return bytes;
    const { q, k, v, result } = attention;
    const [query, key, values, out] = [q, k, v, result].map((value) => sizeOf(value, index, sizes));
    if (isSplit(q)) return bytes + (query! + key! + values! + out!) / 4;
    return bytes + Math.min(key! + values!, 2 * out!) / 2;
  }, 0);
}

/** Products: half of every split operand that comes from outside, once for each region that reads it. */
function exchangedForProducts(region: Region, { index, sizes, products }: Model): number {
  const made = new Set([...region.nodes].flatMap(({ outputs }) => outputs));
  const regions = new Set(products.regionOf.values());
  const operands = [...regions].flatMap(({ inputs }) => inputs.filter((value) => made.has(value)));
  return operands.reduce((bytes, value) => bytes + sizeOf(value, index, sizes) / 2, 0);
}

function sizeOf(value: string, { graph }: GraphIndex, { bytes }: Sizes): number {
  const shape = graph.shapes.get(value);
  return shape === undefined ? 0 : bytes(shape);
}
