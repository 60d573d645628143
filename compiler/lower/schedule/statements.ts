/**
 * @file What a program states about its inputs and lengths: types, equations, least lengths. Knows nothing of steps' order.
 */
import type { CanonicalGraph } from "../../ir/types.ts";
import { invariant } from "../../diagnostics/diagnose.ts";
import { readsOf } from "../flow.ts";
import type { Program, ProgramTensor } from "../../../program/types.ts";
import { ranksOf } from "../../../program/mesh.ts";
import type { Equation, ShardedGraph } from "../../shard/types.ts";

export function tensorsOf(graph: CanonicalGraph, names: readonly string[]): readonly ProgramTensor[] {
  return names.map((name) => {
    const shape = graph.shapes.get(name);
    invariant(shape !== undefined, `no shape for ${name}`);
    return { name, elem: shape.elem, dims: shape.dims };
  });
}

/** The same statement, met at many nodes, is checked once. */
export function equationsOf(equations: readonly Equation[]): Program["equations"] {
  const distinct = new Map<string, Program["equations"][number]>();
  for (const { left, right, leftName, rightName, origin } of equations) {
    const key = JSON.stringify([left, right, leftName, rightName]);
    const span = origin.spec?.origin.span ?? null;
    const stated = { left, right, left_name: leftName, right_name: rightName, module: origin.module, span };
    if (!distinct.has(key)) distinct.set(key, stated);
  }
  return [...distinct.values()];
}

/** A length that the plan splits must give every rank a row. Numbers were checked while compiling. */
export function minimumsOf(sharded: ShardedGraph): Program["minimums"] {
  const ranks = ranksOf(sharded.mesh);
  const minimums = new Map<string, Program["minimums"][number]>();
  for (const step of ranks === 1 ? [] : sharded.steps) {
    const { spec } = step.origin;
    if (step.kind !== "local" || spec?.action !== "split") continue;
    const value = readsOf(step).find((name) => sharded.layouts.get(name)?.length === 0);
    const dims = (value === undefined ? undefined : sharded.shapes.get(value)?.dims) ?? [];
    const axis = spec.dim < 0 ? spec.dim + dims.length : spec.dim;
    const length = dims[axis];
    if (length === undefined || typeof length === "number") continue;
    const key = JSON.stringify(length);
    const name = `${value} axis ${axis}`;
    if (!minimums.has(key)) minimums.set(key, { length, at_least: ranks, name, span: spec.origin.span });
  }
  return [...minimums.values()];
}
