/**
 * @file Lengths from the shapes of the feeds, and whether they are what the plan's proof assumed. Runs nothing.
 */
import { ranksOf } from "../../program/mesh.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { inputMessages as messages } from "../diagnostics/catalog/inputs.ts";
import { diagnose, settle } from "../diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "../diagnostics/types.ts";
import { evaluate, show } from "../expr/expr.ts";
import type { CanonicalGraph } from "../ir/types.ts";
import type { ShardedGraph } from "../shard/types.ts";
import type { Lengths } from "./positions.ts";

/** The number of each named length; inputs must be there and agree, equations must hold, and every rank must get a token. */
export function checkLengths(sharded: ShardedGraph, feeds: OrtTensors): Result<Lengths> {
  const diagnostics: Diagnostic[] = checkFeeds(sharded.graph, feeds);
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  const lengths = readLengths(sharded.graph, feeds, diagnostics);
  if (diagnostics.length === 0) {
    diagnostics.push(...checkExtents(sharded.graph, feeds, lengths));
    diagnostics.push(...checkEquations(sharded, lengths), ...checkMinimums(sharded, lengths));
  }
  return settle(lengths, diagnostics);
}

function checkFeeds({ inputs }: CanonicalGraph, feeds: OrtTensors): Diagnostic[] {
  return inputs.flatMap(({ name, shape: { elem, dims } }) => {
    const feed = feeds[name];
    const shape = `[${dims.map(show).join(", ")}]`;
    if (feed === undefined) return [diagnose(messages.missing, { name, elem, shape })];
    if (feed.elem !== elem) return [diagnose(messages.elem, { name, expected: elem, actual: feed.elem })];
    if (feed.dims.length === dims.length) return [];
    const actual = `[${feed.dims.join(", ")}]`;
    const params = { name, expected: shape, expectedRank: dims.length, actual, actualRank: feed.dims.length };
    return [diagnose(messages.rank, params)];
  });
}

function readLengths(graph: CanonicalGraph, feeds: OrtTensors, diagnostics: Diagnostic[]): Lengths {
  const numbers: Record<string, number> = {};
  for (const { name, sources } of graph.lengths) {
    const [first, ...others] = sources.map(({ input, axis }) => ({ input, axis, number: feeds[input]!.dims[axis]! }));
    if (first === undefined) continue;
    numbers[name] = first.number;
    for (const other of others.filter(({ number }) => number !== first.number)) {
      const one = { first: first.input, firstAxis: first.axis, firstNumber: first.number };
      const two = { other: other.input, otherAxis: other.axis, otherNumber: other.number };
      diagnostics.push(diagnose(messages.length, { length: name, ...one, ...two }));
    }
  }
  return numbers;
}

function checkExtents({ inputs }: CanonicalGraph, feeds: OrtTensors, lengths: Lengths): readonly Diagnostic[] {
  return inputs.flatMap(({ name, shape: { dims } }) =>
    dims.flatMap((dim, axis) => {
      const actual = feeds[name]!.dims[axis]!;
      const expectedNumber = evaluate(dim, lengths);
      if (actual === expectedNumber) return [];
      return [diagnose(messages.extent, { name, axis, expected: show(dim), expectedNumber, actual })];
    }),
  );
}

function checkEquations({ equations }: ShardedGraph, lengths: Lengths): readonly Diagnostic[] {
  return equations.flatMap(({ left, right, leftName, rightName, origin }) => {
    const [leftNumber, rightNumber] = [evaluate(left, lengths), evaluate(right, lengths)];
    if (leftNumber === rightNumber) return [];
    const params = { left: leftName, leftNumber, right: rightName, rightNumber, module: origin.module };
    return [diagnose(messages.equation, params, { span: origin.spec?.origin.span ?? undefined })];
  });
}

/** A length that a plan entry splits must give every rank a token. */
function checkMinimums({ steps, layouts, mesh }: ShardedGraph, lengths: Lengths): readonly Diagnostic[] {
  const atLeast = ranksOf(mesh);
  const short = new Map<string, Diagnostic>();
  for (const { kind, origin, ...step } of steps) {
    if (kind !== "local" || origin.spec?.action !== "split" || !("node" in step)) continue;
    for (const { axis, over, segments } of step.node.outputs.flatMap((name) => layouts.get(name) ?? [])) {
      const length = segments.reduce((sum, segment) => sum + evaluate(segment.length, lengths), 0);
      if (over !== "mesh" || length >= atLeast) continue;
      const name = `${step.node.inputs[0]} axis ${axis}`;
      const where = { span: origin.spec.origin.span ?? undefined };
      short.set(name, diagnose(messages.tooShort, { name, length, atLeast }, where));
    }
  }
  return [...short.values()];
}
