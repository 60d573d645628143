/**
 * @file Values whose elements come in equal pairs: element 2i equals element 2i + 1, counted through the whole value. Angles of a rotary
 * embedding are repeated so.
 */
import { equal } from "../../expr/expr.ts";
import type { Expr } from "../../expr/expr.ts";
import { numberAttribute } from "../../graph/attributes.ts";
import type { CanonicalNode } from "../../ir/types.ts";
import type { Flow } from "../flow.ts";

/** Element by element, or in the same order with other axes. */
const KEEPS = new Set(["Cast", "Cos", "Identity", "Neg", "Reshape", "Sin", "Squeeze", "Unsqueeze"]);

/** Names of the values that are proven to consist of pairs. */
export function pairsIn(flow: Flow): ReadonlySet<string> {
  const pairs = new Set<string>();
  const dimsOf = (name: string): readonly Expr[] => flow.localShapes.get(name)?.dims ?? [];
  for (const step of flow.steps) {
    if (step.kind === "local" && step.node.domain === "" && makesPairs(step.node, pairs, dimsOf)) {
      for (const name of step.node.outputs) pairs.add(name);
    }
  }
  return pairs;
}

function makesPairs(
  { op, inputs, outputs, attributes }: CanonicalNode,
  pairs: ReadonlySet<string>,
  dimsOf: (name: string) => readonly Expr[],
): boolean {
  const isEven = (extent: Expr | undefined): boolean => typeof extent === "number" && extent % 2 === 0;
  const [x = ""] = inputs;
  if (KEEPS.has(op)) return pairs.has(x);
  // Rows of an aligned table.
  if (op === "Slice")
    return pairs.has(x) && isEven(dimsOf(x).at(-1)) && equal(dimsOf(x).at(-1)!, dimsOf(outputs[0]!).at(-1) ?? 0);
  if (op === "Expand") return dimsOf(x).at(-1) === 1 && isEven(dimsOf(outputs[0]!).at(-1));
  if (op !== "Concat") return false;
  const rank = dimsOf(x).length;
  const axis = numberAttribute(attributes, "axis", 0);
  const isLast = axis === -1 || axis === rank - 1;
  // A stack of a value with itself.
  if (isLast && inputs.every((name) => name === x) && dimsOf(x).at(-1) === 1) return inputs.length % 2 === 0;
  return inputs.every((name) => pairs.has(name) && isEven(dimsOf(name).at(-1)));
}
