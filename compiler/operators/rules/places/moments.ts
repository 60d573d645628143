/**
 * @file What ranks exchange where `InstanceNormalization` or `GroupNormalization` runs over an axis that is split: moments. Knows no rank.
 */
import { numberAttribute } from "../../../graph/attributes.ts";
import type { Expr } from "../../../expr/expr.ts";
import type { Axis, Factor, MomentsExchange, NodeView } from "../../types.ts";

/** For each place axis of (N, C, places...) that is needed whole. */
export function momentsOf(
  view: NodeView,
  axes: readonly Axis[],
  factors: readonly Factor[],
): readonly MomentsExchange[] {
  const groups = groupsOf(view);
  if (groups === null) return [];
  const epsilon = numberAttribute(view.node.attributes, "epsilon", 1e-5);
  return axes.flatMap((of, axis) => {
    const [factor] = "product" in of ? of.product : [];
    if (axis < 2 || factor === undefined || factors[factor]!.kind !== "along") return [];
    return [{ kind: "moments", factor, axis, groups, epsilon } as const];
  });
}

/** The groups of channels, each of which is normalised on its own; `null` for an operator that normalises otherwise. */
function groupsOf(view: NodeView): Expr | null {
  const [x, scale, bias] = view.inputs;
  if (!x || !scale || !bias) return null;
  const { op, attributes } = view.node;
  if (op === "InstanceNormalization") return x.dims[1] ?? null;
  return op === "GroupNormalization" ? numberAttribute(attributes, "num_groups", 1) : null;
}
