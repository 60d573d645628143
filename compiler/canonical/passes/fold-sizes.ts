/**
 * @file The size of the results of a node on constants, computed before it runs: a file of a few bytes can request gigabytes. Knows
 * operators by their rules.
 */
import { withinLimits } from "../../expr/expr.ts";
import type { Expr } from "../../expr/expr.ts";
import { sizeOf } from "../../graph/elements.ts";
import { numbersOf } from "../../graph/tensors.ts";
import type { Node, Tensor } from "../../graph/types.ts";
import { outputShapes, viewOf, smallIntegers } from "../../operators/infer.ts";
import { normalise } from "./normalise.ts";
import type { IntegerValue, ValueShape } from "../../ir/types.ts";

type Constants = ReadonlyMap<string, Tensor>;

/** True if no result has more than `limit` elements; `stated` are the extents in the file, used where no rule gives them. */
export function staysSmall(
  node: Node,
  constants: Constants,
  stated: (value: string) => readonly (Expr | null)[] | null,
  limit: number,
): boolean {
  if (node.op === "Range") return rangeLength(node, constants) <= limit;
  const shapes = withinLimits(() => ruledShapes(node, constants));
  const results = node.outputs.map((name, i) => shapes?.[i] ?? stated(name));
  return results.every((dims) => dims?.every(isExtent) === true && sizeOf(dims as readonly number[]) <= limit);
}

function isExtent(dim: Expr | null): dim is number {
  return typeof dim === "number" && dim >= 0;
}

function ruledShapes(node: Node, constants: Constants): readonly (readonly Expr[])[] | null {
  const operands = node.inputs.flatMap((name) => {
    const tensor = constants.get(name);
    return tensor === undefined ? [] : [[name, tensor] as const];
  });
  const integers = operands.flatMap(([name, tensor]) => {
    const value = smallIntegers(tensor);
    return value === null || value.elem === "bool" ? [] : [[name, value as IntegerValue] as const];
  });
  const known = { shapes: new Map<string, ValueShape>(operands), integers: new Map(integers), constants };
  const declared = (): null => null;
  const { node: explicit, operands: added } = normalise(viewOf({ ...node, scope: "" }, { ...known, declared }));
  for (const [name, value] of added) {
    known.integers.set(name, value);
    known.shapes.set(name, { elem: value.elem, dims: value.dims });
  }
  return outputShapes(viewOf(explicit, { ...known, declared }))?.map(({ dims }) => dims) ?? null;
}

/** The rule reads steps of 1 only; constants give all three. */
function rangeLength({ inputs }: Node, constants: Constants): number {
  const [start, limit, delta] = inputs.map((name) => {
    const tensor = constants.get(name);
    return tensor === undefined ? undefined : numbersOf(tensor)?.[0];
  });
  if (start === undefined || limit === undefined || !delta) return Infinity;
  const length = Math.ceil((limit - start) / delta);
  return Number.isNaN(length) ? Infinity : length;
}
