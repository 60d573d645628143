/**
 * @file Three attention sites in a row under one mask, sharded and lowered for any mesh. Not a test itself.
 */
import type { Binding } from "../../compiler/bind/types.ts";
import { CP, type CanonicalNode } from "../../compiler/ir/types.ts";
import { float, int } from "../../compiler/graph/attributes.ts";
import type { LoweredProgram } from "../../compiler/lower/types.ts";
import { valueOf } from "../support/fixtures.ts";
import { canonical, canonicalNode, shape } from "../support/graphs.ts";
import { lowered } from "./build.ts";
import { shard } from "../support/stages.ts";

export const SITES = 3;

/** Tokens x (1, S, 2, 4) attend three times over to keys -x and values |x|, in a block each, all under one mask (S, S) or none. */
function graph(causal: boolean, masked: boolean) {
  const bound = (op: string, from: string, to: string, binding: number): CanonicalNode =>
    canonicalNode(op, [from], [to], { domain: CP, attributes: { axis: int(1), binding: int(binding) } });
  const sites = Array.from({ length: SITES }, (_, i) =>
    canonicalNode("Attention", [`x${i}`, `k${i}`, `v${i}`, ...(masked ? ["mask"] : [])], [`x${i + 1}`], {
      domain: CP,
      scope: `blocks.${i}`,
      attributes: { scale: float(0.5), causal: int(causal ? 1 : 0) },
    }),
  );
  const operands = sites.map(({ scope }, i) => [
    canonicalNode("Neg", [`x${i}`], [`k${i}`], { scope }),
    canonicalNode("Abs", [`x${i}`], [`v${i}`], { scope }),
  ]);
  const stream = shape("float32", 1, "S", 2, 4);
  const made = Object.fromEntries(
    Array.from({ length: SITES + 1 }, (_, i) =>
      [`x${i}`, `k${i}`, `v${i}`].map((name) => [name, stream] as const),
    ).flat(),
  );
  const plain = canonical({
    inputs: { x: stream, ...(masked ? { mask: shape("float32", "S", "S") } : {}) },
    outputs: ["y"],
    nodes: [
      bound("Shard", "x", "x0", 0),
      ...sites.flatMap((site, i) => [...operands[i]!, site]),
      bound("Gather", `x${SITES}`, "y", 1),
    ],
    shapes: { ...made, y: stream },
  });
  const blocks = sites.map(({ scope }) => [scope, { path: scope, className: null }] as const);
  return { ...plain, modules: new Map([...plain.modules, ...blocks]) };
}

function binding(action: "split" | "gather"): Binding {
  const origin = { pointer: action, span: null, keySpan: null };
  const side = action === "split" ? "input" : "output";
  const named = { parameter: "x", index: null, count: null, expectedDims: null, value: null };
  return { spec: { action, side, dim: 1, origin, ...named }, module: "", value: "x", axis: 1, evidence: "value" };
}

export interface Case {
  /** Whether there is a mask; there is by default. */
  readonly masked?: boolean;
  readonly ring: number;
  readonly ulysses?: number;
  readonly causal?: boolean;
  readonly rotate?: "alltoall" | "allgather";
  readonly hooks?: readonly string[];
}

/** The program of the sites; `folder` is the model's. */
export function siteProgram(
  { ring, ulysses = 1, causal = false, masked = true, rotate = "alltoall", hooks = [] }: Case,
  folder: string,
): LoweredProgram {
  const bound = { graph: graph(causal, masked), bindings: [binding("split"), binding("gather")], batch: [], sites: [] };
  const mesh = { batch_degree: 1, ring_degree: ring, ulysses_degree: ulysses };
  return lowered(valueOf(shard(bound, { mesh, rotate_method: rotate, convert_to_fp32: true })), folder, hooks);
}
