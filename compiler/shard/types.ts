/**
 * @file The sharded graph: what every rank executes, value by value, with the layout of each. All ranks run the same nodes; expressions in
 * `rank` describe what differs between them. Knows nothing of pieces, sessions or transports.
 */
import type { CanonicalGraph, CanonicalNode, IntegerValue, ValueShape } from "../ir/types.ts";
import type { Expr } from "../expr/expr.ts";
import type { PlanAttention, PlanSpec } from "../plan/types.ts";
import type { Group, Mesh } from "../../program/mesh.ts";

/** A run of tokens that is split separately. */
export interface Segment {
  readonly length: Expr;
  /** The value that introduced it, for messages only; equality leaves it out. */
  readonly origin: string;
}

/** The ranks that a plan's splits, the batch, or the heads of products are spread over. */
export type Spread = "sequence" | "batch" | "ulysses";

/**
 * One axis of a value that is spread over ranks. The axis reads, outer to inner: `outer` whole, the concatenated segments, `inner` whole.
 * `over`: `batch` and `sequence`, one chunk of each segment per rank of that group; `ring`, the chunks of all ranks of the own Ulysses
 * group (rows inside attention); `ulysses`, one chunk per rank of the Ulysses group, in units of `unit` (heads inside attention).
 */
export interface AxisShard {
  readonly axis: number;
  readonly over: Spread | "ring";
  readonly outer: Expr;
  readonly segments: readonly Segment[];
  readonly inner: Expr;
  /** Query heads per key/value head where `over` is `ulysses`, else 1: the split is of segments / unit. */
  readonly unit: number;
  /**
   * Where a Ulysses group has more ranks than key/value heads: so many copies of each head are dealt, and a rank holds once each head of which
   * it is dealt a copy. Adjacent ranks then hold the same head. Absent: 1.
   */
  readonly copies?: number;
}

/**
 * Empty: whole on every rank. The batch comes first, at most one entry; then one entry outside attention, at most two inside. An entry
 * divides what the batch left: on an axis that has the batch and another factor, its extents are those of the rank's chunk of the batch.
 */
export type Layout = readonly AxisShard[];

/** Why a node of the sharded graph exists. */
export interface Origin {
  readonly module: string;
  /** Node of the canonical graph, if there is one. */
  readonly node: string | null;
  /** The plan entry, if one requested it. */
  readonly spec: PlanSpec | null;
}

/** What the rank computes on its own. Its integer operands are in `ShardedGraph.integers`, already local. */
export interface LocalStep {
  readonly kind: "local";
  readonly node: CanonicalNode;
  readonly origin: Origin;
}

/**
 * Which blocks ranks exchange. `all-to-all`: block j is sent to rank j of the group; `all-gather`: one block is sent to all; `shift`: one
 * block is sent to the next rank.
 */
export type CollectiveKind = "all-to-all" | "all-gather" | "shift";

export interface Transfer {
  /** all-to-all: one value per rank of the group, in order; all-gather and shift: one value. */
  readonly send: readonly string[];
  /** all-to-all and all-gather: one value per rank (the sender), in order, the own block among them; shift: one value. */
  readonly receive: readonly string[];
  readonly elem: ValueShape["elem"];
  /** Extents of the block that flat rank `rank` sends to flat rank `peer`. */
  readonly dims: readonly Expr[];
}

export { PEER } from "../expr/expr.ts";

/** The purpose of a collective: a plan entry, a scheme of attention, an exact reduction, the rows that windows or numbers read, or totals of a running sum. Also printed. */
export type Purpose =
  | "gather"
  | "batch gather"
  | "ulysses in"
  | "ulysses out"
  | "ring"
  | "merge"
  | "mask gather"
  | "key gather"
  | "all-reduce"
  | "halo"
  | "read"
  | "scan";

export interface CollectiveStep {
  readonly kind: "collective";
  readonly name: string;
  readonly collective: CollectiveKind;
  readonly group: Group;
  readonly transfers: readonly Transfer[];
  readonly purpose: Purpose;
  readonly origin: Origin;
}

export type ShardedStep = LocalStep | CollectiveStep;

/** Two extents that must agree, because the proof used it. */
export interface Equation {
  readonly left: Expr;
  readonly right: Expr;
  /** What each side is, for the message: `hidden_states axis 1`. */
  readonly leftName: string;
  readonly rightName: string;
  readonly origin: Origin;
}

/** An extent that is split: it needs a row for every rank that it is split over. */
export interface Minimum {
  readonly extent: Expr;
  /** Number of these ranks. */
  readonly atLeast: number;
  /** What it is, for the message: `hidden_states axis 1`. */
  readonly name: string;
  /** The value that the split makes; `null` where the proof relies on the rows, even if nothing reads that value. */
  readonly slice: string | null;
  readonly origin: Origin;
}

/** A whole value that is sliced locally to match a split one. */
export interface Alignment {
  readonly value: string;
  readonly aligned: string;
  readonly layout: Layout;
  readonly origin: Origin;
}

/** How an attention site is executed: `local`, or a scheme with its collectives. */
export interface AttentionSite {
  readonly node: string;
  readonly module: string;
  readonly scheme: "local" | "gather" | "ulysses" | "ring" | "unified" | "merge";
  /** The entry of `$attention` that chose the scheme; `null` where the mesh did, or where nothing is exchanged. */
  readonly entry: PlanAttention | null;
}

export interface ShardedGraph {
  readonly graph: CanonicalGraph;
  readonly mesh: Mesh;
  readonly steps: readonly ShardedStep[];
  /** Integer operands of the local nodes; expressions in lengths and `rank`. */
  readonly integers: ReadonlyMap<string, IntegerValue>;
  /** Whole (unsplit) shape of every value that has a layout; of others (blocks in flight) what flat rank `rank` holds. */
  readonly shapes: ReadonlyMap<string, ValueShape>;
  /** Element type and extents of every value, blocks in flight too, as flat rank `rank` holds it: what a local node is emitted with. */
  readonly localShapes: ReadonlyMap<string, ValueShape>;
  /** Layout of every value that has a global shape. */
  readonly layouts: ReadonlyMap<string, Layout>;
  /** For a value that the unsplit graph does not have: the value whose content it holds, or some of it. */
  readonly sameAs: ReadonlyMap<string, string>;
  readonly equations: readonly Equation[];
  readonly minimums: readonly Minimum[];
  readonly alignments: readonly Alignment[];
  readonly attention: readonly AttentionSite[];
}
