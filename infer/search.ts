/**
 * @file The search for a plan of a canonical graph: choose streams, cut, name, prove; what the proof refuses changes the next round.
 */
import { asCp } from "../compiler/ir/cp.ts";
import { contextOf, type Context } from "../compiler/bind/context.ts";
import { extentsDiffer, segmentsDiffer, splitsDiffer } from "../compiler/diagnostics/catalog/shard.ts";
import type { Diagnostic } from "../compiler/diagnostics/types.ts";
import { familyOf } from "../compiler/ir/module-paths.ts";
import { show } from "../compiler/expr/expr.ts";
import type { CanonicalGraph } from "../compiler/ir/types.ts";
import { workOf } from "../compiler/operators/work.ts";
import type { ShardOptions } from "../compiler/shard/state.ts";
import { chooseStreams, type Choice, type Model } from "./region/choose.ts";
import { decide, type Decided } from "./decisions.ts";
import type { Reach } from "./places.ts";
import { factorMaps, type FactorMaps } from "./region/factor-maps.ts";
import { shareSplit } from "../gain/share.ts";
import { typicalSizes, type Sizes } from "../gain/typical.ts";
import { isProof, isProvenFor, prove, type Proof, type Refusal } from "./prove.ts";
import type { Products } from "./region/products.ts";
import { convolutionSites, outerStreamsOf, productSites, streamsOf, type Stream } from "./region/streams.ts";
import type { Decision } from "./decisions.ts";

/** Refusals that are repaired before the search ends. */
const ROUNDS = 16;

export interface Found extends Proof {
  readonly model: Model;
  readonly choice: Choice;
  /** The streams are outermost factors of sequences, not whole ones. */
  readonly isOuter: boolean;
  /** It serves fewer ranks than a plan should. */
  readonly isFew: boolean;
  /** What was refused before, round by round. */
  readonly repaired: readonly (readonly Diagnostic[])[];
}

/** Why there is no plan. */
export interface Nothing {
  readonly why: "no attention" | "no stream" | "no boundary" | "refused";
  /** Refusals, round by round. */
  readonly refused: readonly (readonly Diagnostic[])[];
}

/**
 * Searches a plan that `options.mesh` proves, first at boundaries of modules, whose names survive the next export, then, if none of these serves
 * several ranks and shares most of the work, on any ONNX value. Of streams that reach further, each in larger units or with more exchanges than
 * the last, those are taken that share much more work.
 */
export function searchPlan(graph: CanonicalGraph, options: ShardOptions): Found | Nothing {
  const maps = factorMaps(graph);
  const isAttended = graph.nodes.some((node) => asCp(node, "Attention") !== null);
  const attended = productSites(maps);
  const products = isAttended || attended.seeds.length > 0 ? attended : convolutionSites(maps);
  if (!isAttended && products.seeds.length === 0) return { why: "no attention", refused: [] };
  const sizes = typicalSizes(graph);
  const context = contextOf(graph);
  const work = worksOf(graph, sizes);
  const nothing: Nothing[] = [];
  const found: Found[] = [];
  const best = (): Found | undefined => {
    const [first, ...others] = found;
    return first && others.reduce((one, other) => (isBetter(other, one) ? other : one), first);
  };
  for (const reach of ["boundaries", "values"] as const) {
    for (const { streams, isOuter } of streamsByReach(maps, products)) {
      const model = { index: maps.index, streams, products, sizes, work, anywhere: reach === "values" };
      const next = searchIn(model, { maps, context, options, isOuter, reach });
      if ("why" in next) nothing.push(next);
      else found.push(next);
      if (found.some((one) => shareOf(one) > 1 - MUCH && !one.isFew)) break;
    }
    const own = best();
    if (own !== undefined && !own.isFew && shareOf(own) > LEAST) break;
  }
  return best() ?? nothing[0]!;
}

/** Share of the work below which a plan that names ONNX values is searched as well. */
const LEAST = 0.5;

/** Share of the work for which a plan may split larger units, or exchange more. */
const MUCH = 0.05;
/** Of two plans that share about the same, one of larger units must cost this part of the other. */
const CHEAP = 0.9;

/** A later one must serve as many ranks, and share much more of the work, or some more for fewer bytes. */
function isBetter(one: Found, best: Found): boolean {
  if (one.isFew !== best.isFew) return best.isFew && shareOf(one) > LEAST;
  const more = shareOf(one) - shareOf(best);
  return more > MUCH || (more > 0 && one.choice.cost < CHEAP * best.choice.cost);
}

/** Ranks that a plan should serve: one of larger units, of which there are fewer, serves no other. */
const RANKS = 4;

/** Whether it splits an axis of which not every rank would get a part, or rows that only fewer ranks can exchange. */
function isForFew(proof: Proof, { sizes }: Model, { context: { graph }, options }: Tools): boolean {
  const isShort = proof.decisions.some(({ action, spot, axis }) => {
    const extent = action === "split" ? graph.shapes.get(spot.value)?.dims[axis] : undefined;
    return extent !== undefined && sizes.count(extent) < RANKS;
  });
  const exchanges = proof.sharded.steps.some((step) => step.kind === "collective" && step.purpose === "halo");
  return isShort || (exchanges && !isProvenFor(RANKS, proof, graph, options));
}

/** Whole sequences, then the outermost factors of merged ones; each first where no operator needs rows of other ranks. Without repetitions. */
function* streamsByReach(
  maps: FactorMaps,
  products: Products,
): Generator<{ streams: readonly Stream[]; isOuter: boolean }> {
  const linksOf = (streams: readonly Stream[]): number => streams.reduce((sum, { links }) => sum + links.length, 0);
  const near = streamsOf(maps, products, false);
  yield { streams: near, isOuter: false };
  const far = streamsOf(maps, products, true);
  if (linksOf(far) > linksOf(near)) yield { streams: far, isOuter: false };
  const outer = outerStreamsOf(maps, products, near, false);
  if (outer.length > 0) yield { streams: outer, isOuter: true };
  const outerFar = outerStreamsOf(maps, products, far, true);
  if (linksOf(outerFar) > linksOf(outer)) yield { streams: outerFar, isOuter: true };
}

/** Of the work, as the proof divides it. */
function shareOf({ sharded, model }: Found): number {
  return shareSplit(sharded, model.sizes.lengths);
}

function worksOf(graph: CanonicalGraph, sizes: Sizes): Model["work"] {
  return new Map(
    graph.nodes.flatMap((node) => {
      const work = workOf(node, graph);
      return work === null || work === 0 ? [] : [[node, sizes.count(work)] as const];
    }),
  );
}

interface Tools {
  readonly maps: FactorMaps;
  readonly context: Context;
  readonly options: ShardOptions;
  readonly isOuter: boolean;
  readonly reach: Reach;
}

function searchIn(model: Model, tools: Tools): Found | Nothing {
  const { maps, context, options, isOuter, reach } = tools;
  if (!model.streams.some(({ queries }) => queries.length > 0)) return { why: "no stream", refused: [] };
  const known: Known = { whole: new Set(), kept: new Set() };
  const repaired: (readonly Diagnostic[])[] = [];
  let cut: Found | null = null;
  for (let round = 0; round < ROUNDS; round++) {
    const choice = chooseStreams(model, known.whole);
    if (choice === null) break;
    const found = decide(choice.region, known.kept, reach, context);
    const { decisions } = withoutTables(found, (kept) => decide(choice.region, kept, reach, context), model, known);
    if (!decisions.some(({ action }) => action === "split")) break;
    const result = prove(decisions, context.graph, options);
    if (isProof(result)) {
      const isFew = isForFew(result, model, tools);
      const own = { ...result, model, choice, isOuter, isFew, repaired };
      const node = cutsIn(result, maps).find((name) => !known.whole.has(name));
      if (node === undefined) return cut !== null && shareOf(own) < shareOf(cut) - MUCH ? cut : own;
      // The same work may be shared without dealing rows anew inside a stream.
      cut ??= own;
      for (const name of withSiblings(node, known.whole, maps)) known.whole.add(name);
      continue;
    }
    repaired.push(result.diagnostics);
    if (!learn(result, decisions, known, maps, model.sizes)) break;
  }
  return cut ?? { why: repaired.length === 0 ? "no boundary" : "refused", refused: repaired };
}

/** Nodes at which a stretch of a stream is dealt anew. */
function cutsIn({ sharded }: Proof, { index }: FactorMaps): readonly string[] {
  const nodes = sharded.steps.flatMap((step) =>
    step.kind === "collective" && step.purpose === "halo" ? (step.origin.node ?? []) : [],
  );
  const named = new Set(nodes);
  return index.graph.nodes.flatMap(({ name, op }) => (named.has(name) && CUTS.has(op) ? [name] : []));
}

const CUTS: ReadonlySet<string> = new Set(["Slice", "Split"]);

/**
 * Without the entries that only a `value` can name and that share no work: ONNX names change with every export, and a whole table is sliced
 * where it meets a split value.
 */
function withoutTables(
  found: Decided,
  again: (kept: Set<string>) => Decided,
  { work }: Model,
  { kept }: Known,
): Decided {
  const worth = ({ nodes }: Decided): number => [...nodes].reduce((sum, node) => sum + (work.get(node) ?? 0), 0);
  const isTable = ({ action, isNamed }: Decision): boolean => action === "split" && isNamed;
  const tables = found.decisions.filter(isTable).map(({ spot }) => spot.value);
  // All together first: a model has one table for each of its blocks, or none.
  for (const values of [tables, ...tables.slice(0, ALONE).map((value) => [value])]) {
    if (values.every((value) => kept.has(value))) continue;
    if (worth(again(new Set([...kept, ...values]))) < worth(found)) continue;
    for (const value of values) kept.add(value);
  }
  return tables.length === 0 ? found : again(kept);
}

/** How many tables are tried one by one. */
const ALONE = 8;

/** What refusals have taught: nodes that need whole operands, values that no entry splits. */
interface Known {
  readonly whole: Set<string>;
  readonly kept: Set<string>;
}

/** False where nothing new was learnt, so that the next round would be the same. */
function learn(
  { diagnostics, nodes, blamed }: Refusal,
  decisions: readonly Decision[],
  { whole, kept }: Known,
  maps: FactorMaps,
  sizes: Sizes,
): boolean {
  const before = whole.size + kept.size;
  const splits = blamed.filter(({ action, spot }) => action === "split" && !kept.has(spot.value));
  const coarse = diagnostics.some(({ code }) => DISAGREE.has(code))
    ? leastSegments(splits, decisions, maps, sizes)
    : [];
  for (const { spot } of coarse) kept.add(spot.value);
  if (coarse.length === 0)
    for (const node of nodes) for (const name of withSiblings(node, whole, maps)) whole.add(name);
  if (nodes.length > 0) return whole.size + kept.size > before;
  for (const { action, spot } of blamed) {
    if (action === "split") kept.add(spot.value);
    else whole.add(maps.index.producer(spot.value)?.name ?? "");
  }
  return whole.size + kept.size > before;
}

/**
 * The node; and if one of its siblings was refused before, all of them: blocks of one kind compute alike, and a proof refuses only the first
 * one that it meets.
 */
function withSiblings(name: string, refused: ReadonlySet<string>, { index }: FactorMaps): readonly string[] {
  const kinds = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const { name: own, op, scope } of index.graph.nodes) {
    const at = (counts.get(`${op} ${scope}`) ?? 0) + 1;
    counts.set(`${op} ${scope}`, at);
    kinds.set(own, `${op} ${at} ${familyOf(scope)}`);
  }
  const siblings = [...kinds].flatMap(([own, kind]) => (kind === kinds.get(name) ? [own] : []));
  return siblings.some((own) => refused.has(own)) ? siblings : [name];
}

/** Refusals of two operands that are split differently: one of them is better left whole, and sliced where they meet. */
const DISAGREE: ReadonlySet<string> = new Set([segmentsDiffer.code, splitsDiffer.code, extentsDiffer.code]);

/**
 * Of two splits that disagree, the one whose value is concatenated from fewer streams, and all others that are concatenated as it is: the same
 * table of every block. Of values that are concatenated alike, the smallest: a table of positions rather than the state.
 */
function leastSegments(
  splits: readonly Decision[],
  decisions: readonly Decision[],
  maps: FactorMaps,
  { bytes }: Sizes,
): readonly Decision[] {
  if (splits.length < 2) return [];
  const sizeOf = ({ spot }: Decision): number => bytes(maps.index.graph.shapes.get(spot.value)!);
  const lengths = ({ spot, axis }: Decision): readonly string[] =>
    maps.wholeAxis(spot.value, axis).segments.map(({ length }) => show(length));
  const [least, next] = splits.toSorted((a, b) => lengths(a).length - lengths(b).length || sizeOf(a) - sizeOf(b));
  if (least === undefined || next === undefined) return [];
  if (lengths(least).length === lengths(next).length) return [least];
  const own = lengths(least).join();
  return decisions.filter((one) => one.action === "split" && lengths(one).join() === own);
}
