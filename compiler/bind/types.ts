/**
 * @file A plan whose entries have found their ONNX values, written into the graph as explicit `cp.Shard` and `cp.Gather` nodes.
 *
 * Nodes that binding inserts (domain `cp`, attributes `axis` >= 0 and `binding`, the index into `bindings`):
 * - `Shard(x) -> y`: each rank holds its chunk of axis `axis` in y; only the readers that the plan's rules name read y.
 * - `Gather(x) -> y`: every rank holds the whole axis again in y.
 */
import type { CanonicalGraph } from "../ir/types.ts";
import type { Span } from "../diagnostics/types.ts";
import type { PlanAttention, PlanSpec } from "../plan/types.ts";

export interface Binding {
  readonly spec: PlanSpec;
  /** The module that the pattern matched. */
  readonly module: string;
  /** The value of the canonical graph, or `null` where the export has none (folded, or merged into a sibling). */
  readonly value: string | null;
  /** Axis, not negative; 0 where there is no value. */
  readonly axis: number;
  /** How the value was found. */
  readonly evidence: "marker" | "value" | "graph input" | "only output" | "inferred" | "absent" | "skipped";
}

/** An axis that `$batch` names. */
export interface BatchBinding {
  readonly input: string;
  /** Not negative. */
  readonly axis: number;
  readonly span: Span | null;
}

/** An attention site whose scheme `$attention` states. */
export interface SiteBinding {
  /** Node of the graph. */
  readonly node: string;
  /** The module that has it. */
  readonly module: string;
  /** The last of the entries that name a module around it. */
  readonly entry: PlanAttention;
}

export interface BoundPlan {
  /** With the inserted nodes, in topological order. */
  readonly graph: CanonicalGraph;
  readonly bindings: readonly Binding[];
  /** Empty if the plan does not state the batch. */
  readonly batch: readonly BatchBinding[];
  /** In the order of the graph; without the sites that take the scheme of the mesh. */
  readonly sites: readonly SiteBinding[];
}
