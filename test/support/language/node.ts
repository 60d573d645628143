/**
 * @file Reads nodes of the test language, with the integers among their operands and the types of their results. Knows no other statement.
 */
import { withinLimits } from "../../../compiler/expr/expr.ts";
import type { ElemType } from "../../../compiler/graph/types.ts";
import { usualOperandName } from "../../../compiler/ir/print.ts";
import { usualNodeName } from "../../../compiler/ir/text.ts";
import type { CanonicalNode, IntegerValue, ValueShape } from "../../../compiler/ir/types.ts";
import { outputShapes, viewOf } from "../../../compiler/operators/infer.ts";
import { needElem, readAttributes, readElem, readOperator } from "./attributes.ts";
import type { Cursor } from "./cursor.ts";
import type { Draft } from "./draft.ts";

export function readNode(at: Cursor, draft: Draft): void {
  const outputs = at.list("=", () => at.name());
  const { op, domain } = readOperator(at);
  let operand = 0;
  const inputs = at.list(")", () => readOperand(at, usualOperandName({ outputs }, operand++), draft));
  const attributes = readAttributes(at);
  const types = at.sign("->") ? readTypes(at, outputs.length) : [];
  const name = at.word("as") ? at.name() : usualNodeName({ op, outputs });
  const node = { name, op, domain, inputs, outputs, attributes, scope: draft.scope };
  for (const [i, shape] of shapesOf(node, types, draft).entries()) {
    if (shape !== null) draft.shapes.set(outputs[i] ?? "", shape);
  }
  draft.nodes.push(node);
}

/** A name, a name with its integers, or integers with the name `usual`. */
function readOperand(at: Cursor, usual: string, draft: Draft): string {
  const isAlone = at.next === "[";
  const name = isAlone ? usual : at.name();
  if (isAlone || (at.next !== "," && at.next !== ")")) addInteger(name, readIntegers(at), draft, at);
  return name;
}

interface ReadType {
  readonly elem: ElemType | null;
  readonly dims: ValueShape["dims"];
}

/** `float32 [1]`, `[1]`, `-` for one that has none; `each` says the same of all results. */
function readTypes(at: Cursor, count: number): readonly (ReadType | null)[] {
  const one = (): ReadType | null => {
    if (at.sign("-")) return null;
    const elem = at.next === "[" ? readElem(at) : needElem(at);
    at.expect("[");
    return { elem, dims: at.list("]", () => at.extent()) };
  };
  if (at.word("each")) {
    const type = one();
    return Array.from({ length: count }, () => type);
  }
  const types = [one()];
  while (at.sign(",")) types.push(one());
  return types;
}

/** What is written, else what the operator's rule says, else the type of the first operand. */
function shapesOf(
  node: CanonicalNode,
  types: readonly (ReadType | null)[],
  draft: Draft,
): readonly (ValueShape | null)[] {
  const { shapes, integers, constants } = draft;
  const isComplete = types.length >= node.outputs.length && types.every((t) => t === null || t.elem !== null);
  if (isComplete) return types.map((t) => (t === null ? null : { elem: t.elem!, dims: t.dims }));
  for (const name of node.inputs) {
    if (name !== "" && !shapes.has(name)) throw new Error(`"${name}" is not known in "${node.name}"`);
  }
  const known = { shapes, integers, constants, declared: () => null };
  const ruled = withinLimits(() => outputShapes(viewOf(node, known)));
  const first = shapes.get(node.inputs[0] ?? "");
  return node.outputs.map((name, i) => {
    const type = types[i];
    const otherwise = ruled?.[i] ?? first;
    if (name === "" || otherwise === undefined) return null;
    return { elem: type?.elem ?? otherwise.elem, dims: type?.dims ?? otherwise.dims };
  });
}

/** `[1, img, -1]`, `int32 [1]`, `img` for a scalar. */
export function readIntegers(at: Cursor): IntegerValue {
  const elem = at.word("int32") ? "int32" : "int64";
  if (!at.sign("[")) return { elem, dims: [], elements: [at.extent()] };
  const elements = at.list("]", () => at.extent());
  return { elem, dims: [elements.length], elements };
}

export function addInteger(name: string, value: IntegerValue, { integers, shapes }: Draft, at: Cursor): void {
  const known = integers.get(name);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(value)) at.fail(`${name} as it was before`);
  integers.set(name, value);
  shapes.set(name, { elem: value.elem, dims: value.dims });
}
