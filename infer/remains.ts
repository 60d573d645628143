/**
 * @file The work that a plan leaves to every rank: which modules, how much, and what would have to change to share it.
 */
import { groupBy } from "../compiler/group.ts";
import { depthOf, modulesAround } from "../compiler/ir/module-paths.ts";
import type { CanonicalNode } from "../compiler/ir/types.ts";
import type { Found } from "./search.ts";
import { isSplitIn } from "../gain/share.ts";
import type { Stream } from "./region/streams.ts";

export interface Remains {
  readonly module: string;
  /** Share of the model's work, from 0 to 1. */
  readonly share: number;
  readonly why: string;
}

/** Smaller shares are not worth a line. */
const LEAST = 0.001;

/** By outermost module, the largest first. */
export function remainsOf(found: Found): readonly Remains[] {
  const { work, index } = found.model;
  const isSplit = isSplitIn(found.sharded);
  const all = [...work.values()].reduce((a, b) => a + b, 0);
  const whole = [...work.keys()].filter((node) => !isSplit(node));
  const outermost = ({ scope }: CanonicalNode): string =>
    modulesAround(scope).findLast((path) => index.graph.modules.has(path) && depthOf(path) > 0) ?? "";
  const groups = groupBy(whole, (node) => JSON.stringify([outermost(node), reasonOf(node, found)]));
  return [...groups.values()]
    .map((nodes) => ({
      module: outermost(nodes[0]!),
      why: reasonOf(nodes[0]!, found),
      share: nodes.reduce((sum, node) => sum + work.get(node)!, 0) / all,
    }))
    .filter(({ share }) => share >= LEAST)
    .toSorted((a, b) => b.share - a.share);
}

function reasonOf(node: CanonicalNode, { model, choice }: Found): string {
  const has = (stream: Stream): boolean => stream.links.some((link) => link.node === node);
  if (choice.streams.some(has)) {
    return "rows of the sequence, but no boundary of a module where a plan could split them earlier or gather them later for fewer bytes";
  }
  if (model.streams.some(has)) return "rows of a sequence that would cost more bytes to split than it saves";
  return "no axis that attention treats as a sequence";
}
