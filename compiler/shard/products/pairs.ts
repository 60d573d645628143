/**
 * @file Whether a product with a matrix mixes what belongs to pairs of rows, as heads of scores are mixed. Such a product is between the
 * products of an attention, and does not end it. A guess at what is useful, not a proof; knows no operator.
 */
import type { Axis, FactorMap } from "../../operators/types.ts";
import type { CanonicalNode } from "../../ir/types.ts";

type Axes = ReadonlySet<number>;

/**
 * True if both rows that a product pairs, one of each operand, still are axes of what `mixing` makes. `between` are the nodes from products up to
 * `mixing`, in order, these included.
 */
export function keepsPair(
  between: readonly CanonicalNode[],
  mixing: CanonicalNode,
  isProduct: (node: CanonicalNode) => boolean,
  mapOf: (node: CanonicalNode) => FactorMap | null,
): boolean {
  return between.some((product) => {
    const map = product === mixing || !isProduct(product) ? null : mapOf(product);
    if (map === null) return false;
    const ends = ownAxes(map).map(({ axis }) => axesAt(between, product, axis, mixing, mapOf));
    return ends.some((a, i) => ends.some((b, j) => i < j && isApart(a, b)));
  });
}

/** True if two computed operands each have an axis of the result that the other lacks. */
export function makesPairs(map: FactorMap, isComputed: (operand: number) => boolean): boolean {
  const owners = new Set(ownAxes(map).map(({ operand }) => operand));
  return [...owners].filter(isComputed).length > 1;
}

interface OwnAxis {
  readonly axis: number;
  readonly operand: number;
}

/** The axes of a result that only one operand has. */
function ownAxes({ inputs, outputs }: FactorMap): readonly OwnAxis[] {
  const hasSome = (axes: readonly Axis[] | null, wanted: Axis): boolean =>
    axes?.some((own) => "product" in own && factorsIn(wanted).some((f) => own.product.includes(f))) ?? false;
  return [...(outputs[0] ?? []).entries()].flatMap(([axis, own]) => {
    const owners = inputs.flatMap((axes, operand) => (hasSome(axes, own) ? [operand] : []));
    return owners.length === 1 && "product" in own ? [{ axis, operand: owners[0]! }] : [];
  });
}

/** Where an axis of a result is in the result of a later node. */
function axesAt(
  nodes: readonly CanonicalNode[],
  from: CanonicalNode,
  axis: number,
  to: CanonicalNode,
  mapOf: (node: CanonicalNode) => FactorMap | null,
): Axes {
  const known = new Map<string, Axes>([[from.outputs[0]!, new Set([axis])]]);
  for (const node of nodes) {
    const map = node === from ? null : mapOf(node);
    if (map === null) continue;
    const factors = new Set(
      node.inputs.flatMap((name, operand) =>
        [...(known.get(name) ?? [])].flatMap((at) => factorsIn(map.inputs[operand]?.[at])),
      ),
    );
    for (const [i, name] of node.outputs.entries()) {
      const found = [...(map.outputs[i] ?? []).entries()].filter(([, own]) =>
        factorsIn(own).some((f) => factors.has(f)),
      );
      if (found.length > 0) known.set(name, new Set(found.map(([at]) => at)));
    }
  }
  return known.get(to.outputs[0]!) ?? new Set();
}

function isApart(a: Axes, b: Axes): boolean {
  return a.size > 0 && b.size > 0 && ![...a].some((axis) => b.has(axis));
}

function factorsIn(axis: Axis | undefined): readonly number[] {
  if (axis === undefined) return [];
  return "product" in axis ? axis.product : axis.joined;
}
