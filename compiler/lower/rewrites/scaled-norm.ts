/**
 * @file Scale and shift after a LayerNormalization (adaLN) as its own scale and bias: one pass over the rows instead of three.
 */
import { equal } from "../../expr/expr.ts";
import { numberAttribute } from "../../graph/attributes.ts";
import type { LocalStep } from "../../shard/types.ts";
import type { Flow } from "../flow.ts";
import { edit } from "./edit.ts";
import type { Edit, Listed } from "./edit.ts";

export function scaleInNorm(flow: Flow, listed: Listed): Flow {
  const e = edit(flow, listed);
  for (const step of flow.steps) {
    if (step.kind === "local" && step.node.op === "LayerNormalization" && step.node.domain === "") scaled(e, step);
  }
  return e.done();
}

/** `norm(x) * scale + shift` with the norm's own weight and bias is a norm with `weight * scale` and `bias * scale + shift`. */
function scaled(e: Edit, norm: LocalStep): void {
  const { inputs, outputs, attributes } = norm.node;
  const [x = "", weight = "", bias = ""] = inputs;
  const rank = e.dimsOf(x).length;
  const axis = numberAttribute(attributes, "axis", -1);
  if (outputs.length !== 1 || rank !== 3 || (axis !== -1 && axis !== rank - 1)) return;
  if (e.flow.localShapes.get(x)?.elem !== "float32") return;
  const product = onlyReader(e, outputs[0]!, "Mul");
  const scale = product && other(product, outputs[0]!);
  if (!product || !scale || !isRow(e, scale, x)) return;
  const sum = onlyReader(e, product.node.outputs[0]!, "Add");
  const shift = sum && other(sum, product.node.outputs[0]!);
  if (!sum || !shift || !isRow(e, shift, x)) return;
  const make = (op: string, a: string, b: string): string =>
    e.add(sum, { op, inputs: [a, b], dims: [e.dimsOf(a)] })[0]!;
  const own = make("Mul", scale, weight);
  const all = bias === "" ? shift : make("Add", make("Mul", scale, bias), shift);
  e.add(sum, {
    op: "LayerNormalization",
    inputs: [x, own, all],
    attributes,
    dims: [e.dimsOf(x)],
    outputs: sum.node.outputs,
  });
  e.drop(sum);
}

/** The only step that needs the value, if it is a local node of this operator. */
function onlyReader(e: Edit, value: string, op: string): LocalStep | null {
  const [reader] = e.readersOf(value);
  if (reader?.kind !== "local" || reader.node.op !== op || reader.node.domain !== "") return null;
  return e.isOnlyFor(value, reader) ? reader : null;
}

function other({ node: { inputs } }: LocalStep, value: string): string | null {
  const rest = inputs.filter((name) => name !== value);
  return rest.length === 1 ? rest[0]! : null;
}

/** (1, 1, C) or (B, 1, C), for x (B, S, C): the kernel broadcasts it. */
function isRow(e: Edit, value: string, x: string): boolean {
  const [batch, rows, width, ...rest] = e.dimsOf(value);
  const dims = e.dimsOf(x);
  if (batch === undefined || rows !== 1 || width === undefined || rest.length > 0) return false;
  return (batch === 1 || equal(batch, dims[0]!)) && equal(width, dims[2]!);
}
