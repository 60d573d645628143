/**
 * @file Checks that feeds satisfy the assumptions of the plan's proof before anything runs, and returns their lengths. Runs nothing.
 */
import { elementsIn } from "../../ort/tensors.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { checkLengths as check, type Lengths } from "../../program/lengths.ts";
import { inputMessages as messages } from "../diagnostics/catalog/inputs.ts";
import { diagnose, settle } from "../diagnostics/diagnose.ts";
import { suggest } from "../diagnostics/suggest.ts";
import type { Diagnostic, Result } from "../diagnostics/types.ts";
import { show } from "../expr/expr.ts";
import type { CanonicalGraph } from "../ir/types.ts";
import { lengthRules } from "../shard/length-rules.ts";
import type { ShardedGraph } from "../shard/types.ts";
import { crossingElem } from "../graph/elements.ts";

/** The value of each named length; inputs must be present and agree, equations must hold, and every rank must get a token. */
export function checkLengths(sharded: ShardedGraph, feeds: OrtTensors): Result<Lengths> {
  const wrong = [...unknownFeeds(sharded.graph, feeds), ...checkFeeds(sharded.graph, feeds)];
  if (wrong.length > 0) return { ok: false, diagnostics: wrong };
  const { lengths, diagnostics } = check(
    lengthRules(sharded),
    (input) => feeds[input]?.dims,
    (input, from, to) => elementsIn(feeds[input], from, to),
  );
  return settle(lengths, diagnostics);
}

function unknownFeeds({ inputs }: CanonicalGraph, feeds: OrtTensors): readonly Diagnostic[] {
  const known = inputs.map(({ name }) => name);
  const missing = known.filter((name) => feeds[name] === undefined);
  const unknown = Object.keys(feeds).filter((name) => !known.includes(name));
  return unknown.map((name) => diagnose(messages.unknown, { name, nearest: suggest(name, missing), known }));
}

function checkFeeds({ inputs }: CanonicalGraph, feeds: OrtTensors): readonly Diagnostic[] {
  return inputs.flatMap(({ name, shape: { elem, dims } }) => {
    const feed = feeds[name];
    const shape = `[${dims.map(show).join(", ")}]`;
    const expected = crossingElem(elem);
    if (feed === undefined) return [diagnose(messages.missing, { name, elem: expected, shape })];
    if (feed.elem !== expected) return [diagnose(messages.elem, { name, expected, actual: feed.elem })];
    if (feed.dims.length === dims.length) return [];
    const actual = `[${feed.dims.join(", ")}]`;
    const params = { name, expected: shape, expectedRank: dims.length, actual, actualRank: feed.dims.length };
    return [diagnose(messages.rank, params)];
  });
}
