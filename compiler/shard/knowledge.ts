/**
 * @file The state of propagation through the graph: layouts and their origins, assumptions of the proof, refused values. Knows no operator
 * and writes no step.
 */
import type { Binding, SiteBinding } from "../bind/types.ts";
import type { Diagnostic } from "../diagnostics/types.ts";
import { equal } from "../expr/expr.ts";
import type { CanonicalGraph } from "../ir/types.ts";
import { assumptions, type Assumptions } from "./assumptions.ts";
import { WHOLE } from "./layout.ts";
import type { Alignment, AttentionSite, AxisShard, Layout, Minimum, Origin, Segment } from "./types.ts";

export interface Knowledge {
  readonly layouts: Map<string, Layout>;
  /** For a value that the unsplit graph does not have: the value whose content it holds, or some of it. */
  readonly sameAs: Map<string, string>;
  /** The origin of a value's layout. */
  readonly origins: Map<string, Origin>;
  /** The plan entry that split a stream, by the name of its segment. */
  readonly splitters: Map<string, Origin>;
  /** Names of segments whose rows were dealt anew, since a window made others than it read. */
  readonly dealt: Set<string>;
  /** A value of the graph to the value that replaces it. */
  readonly replacements: Map<string, string>;
  /** Slices of a whole value that were made, by source and layout. */
  readonly slices: Map<string, { readonly shard: AxisShard; readonly slice: string }[]>;
  /** The gathered whole of a split value, shared by its readers. */
  readonly gathered: Map<string, string>;
  /** Plan entries whose value is split as one segment, although it was concatenated from several. */
  readonly coarse: ReadonlySet<Binding>;
  /** Plan entries whose segments did not line up with those of another operand. */
  readonly tooFine: Set<Binding>;
  /** Values whose layout is unknown after an error: their readers are skipped. */
  readonly poisoned: Set<string>;
  readonly assumed: Assumptions;
  readonly minimums: Minimum[];
  readonly alignments: Alignment[];
  readonly attention: AttentionSite[];
  /** Sites where the plan's scheme changes nothing, with the reason. */
  readonly idle: { readonly site: SiteBinding; readonly why: string }[];
  readonly diagnostics: Diagnostic[];
}

/** Inputs and constants are whole. */
export function newKnowledge(graph: CanonicalGraph, coarse: ReadonlySet<Binding>): Knowledge {
  const whole = [...graph.inputs.map(({ name }) => name), ...graph.constants.keys()];
  return {
    layouts: new Map(whole.map((name) => [name, WHOLE])),
    sameAs: new Map(),
    origins: new Map(),
    splitters: new Map(),
    dealt: new Set(),
    replacements: new Map(),
    slices: new Map(),
    gathered: new Map(),
    coarse,
    tooFine: new Set(),
    poisoned: new Set(),
    assumed: assumptions(graph.lengths),
    minimums: [],
    alignments: [],
    attention: [],
    idle: [],
    diagnostics: [],
  };
}

/** The value that replaces `name`. */
export function valueOf({ replacements }: Knowledge, name: string): string {
  return replacements.get(name) ?? name;
}

export function layoutOf({ layouts }: Knowledge, name: string): Layout {
  return layouts.get(name) ?? WHOLE;
}

/** A split with the lengths that the proof assumes to be equal put in. */
export function normalShard({ assumed: { normal } }: Knowledge, shard: AxisShard): AxisShard {
  const segments = shard.segments.map((s) => ({ ...s, length: normal(s.length) }));
  return { ...shard, outer: normal(shard.outer), inner: normal(shard.inner), segments };
}

/** The slice of a whole value that was made for the same layout, or `null`. */
export function sliceOf({ slices }: Knowledge, value: string, shard: AxisShard): string | null {
  return slices.get(value)?.find((made) => isSameSplit(made.shard, shard))?.slice ?? null;
}

export function noteSlice({ slices }: Knowledge, value: string, shard: AxisShard, slice: string): void {
  slices.set(value, [...(slices.get(value) ?? []), { shard, slice }]);
}

/** The same axis in the same segments, whichever value introduced them. */
function isSameSplit(a: AxisShard, b: AxisShard): boolean {
  return (
    a.axis === b.axis &&
    a.over === b.over &&
    equal(a.outer, b.outer) &&
    equal(a.inner, b.inner) &&
    a.segments.length === b.segments.length &&
    a.segments.every(({ length }, i) => equal(length, b.segments[i]!.length))
  );
}

/**
 * True if each of `ranks` ranks holds at least one row of these segments for all lengths: a run then checks the minimum that ensures it.
 */
export function neverEmpty(known: Knowledge, ranks: number, segments: readonly Segment[]): boolean {
  const { normal } = known.assumed;
  if (segments.map(({ length }) => normal(length)).some((n) => typeof n === "number" && n >= ranks)) return true;
  const stated = known.minimums.filter(({ extent }) =>
    segments.some(({ length }) => equal(normal(length), normal(extent))),
  );
  const isRelied = stated.some(({ slice }) => slice === null);
  if (!isRelied) known.minimums.push(...stated.slice(0, 1).map((minimum) => ({ ...minimum, slice: null })));
  return stated.length > 0;
}
