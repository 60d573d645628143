/**
 * @file A rotary embedding of neighbouring pairs, written out as eight operators, as the one kernel of ONNX Runtime.
 */
import { equal } from "../../expr/expr.ts";
import { int, numberAttribute } from "../../graph/attributes.ts";
import type { LocalStep } from "../../shard/types.ts";
import type { Flow } from "../flow.ts";
import { edit } from "./edit.ts";
import type { Edit, Listed } from "./edit.ts";
import { pairsIn } from "./pairs.ts";

/** Past the end of every axis. */
const END = 2 ** 31 - 1;

interface Rotation {
  readonly x: string;
  readonly cos: string;
  readonly sin: string;
}

export function rotateInOne(flow: Flow, listed: Listed): Flow {
  const e = edit(flow, listed);
  const pairs = pairsIn(flow);
  for (const step of flow.steps) {
    if (step.kind !== "local" || step.node.op !== "Add" || step.node.domain !== "") continue;
    const rotation = rotationOf(e, step);
    if (rotation !== null && pairs.has(rotation.cos) && pairs.has(rotation.sin)) replace(e, step, rotation);
  }
  return e.done();
}

/** `x * cos + turned(x) * sin` for x (B, S, H, D), angles (1, S, 1, D). */
function rotationOf(e: Edit, sum: LocalStep): Rotation | null {
  const products = sum.node.inputs.map((name) => e.made(name, "Mul"));
  if (products.length !== 2 || products.some((product) => product === null)) return null;
  const factors = products.map((product) => product!.node.inputs);
  for (const [plain, turned] of [
    [factors[0]!, factors[1]!],
    [factors[1]!, factors[0]!],
  ] as const) {
    const at = turned.findIndex((name) => turnedFrom(e, name) !== null);
    const x = at < 0 ? null : turnedFrom(e, turned[at]!);
    if (x === null || !plain.includes(x)) continue;
    const cos = plain[1 - plain.indexOf(x)]!;
    const sin = turned[1 - at]!;
    if ([cos, sin].every((angles) => areAngles(e, angles, x))) return { x, cos, sin };
  }
  return null;
}

function areAngles(e: Edit, angles: string, x: string): boolean {
  const [dims, own] = [e.dimsOf(x), e.dimsOf(angles)];
  const float = [angles, x].every((name) => e.flow.localShapes.get(name)?.elem === "float32");
  const numbers = typeof dims[2] === "number" && typeof dims[3] === "number" && dims[3] % 2 === 0;
  const fits = own.length === 4 && own[0] === 1 && own[2] === 1;
  return float && numbers && dims.length === 4 && fits && equal(own[1]!, dims[1]!) && equal(own[3]!, dims[3]!);
}

/** The x of `turned(x)`: every pair (a, b) of its last axis as (-b, a). */
function turnedFrom(e: Edit, name: string): string | null {
  const joined = e.made(e.made(name, "Reshape")?.node.inputs[0] ?? "", "Concat")?.node;
  if (joined === undefined || joined.inputs.length !== 2 || !isLast(e, joined.outputs[0]!, joined.attributes["axis"]))
    return null;
  const [first, second] = joined.inputs.map((input) => unsqueezed(e, input));
  const negative = e.made(first ?? "", "Neg")?.node.inputs[0];
  const [b, a] = [elementOf(e, negative ?? "", 1), elementOf(e, second ?? "", 0)];
  if (a === null || a !== b) return null;
  const x = e.made(a, "Reshape")?.node.inputs[0];
  if (x === undefined) return null;
  // (..., D) as (..., D / 2, 2), and back.
  const [dims, split] = [e.dimsOf(x), e.dimsOf(a)];
  const same = split.length === dims.length + 1 && dims.slice(0, -1).every((dim, i) => equal(dim, split[i]!));
  const back = e.dimsOf(name);
  return same && split.at(-1) === 2 && back.length === dims.length && back.every((dim, i) => equal(dim, dims[i]!))
    ? x
    : null;
}

function isLast(e: Edit, name: string, axis: LocalStep["node"]["attributes"][string] | undefined): boolean {
  const value = numberAttribute(axis === undefined ? {} : { axis }, "axis", 0);
  return value === -1 || value === e.dimsOf(name).length - 1;
}

/** What an Unsqueeze, or a Reshape to the same, gives a last axis of 1. */
function unsqueezed(e: Edit, name: string): string | null {
  const x = e.made(name, "Unsqueeze", "Reshape")?.node.inputs[0];
  return x !== undefined && isWithout(e, name, x) ? x : null;
}

/** `long` is (..., 1), `short` is (...). */
function isWithout(e: Edit, long: string, short: string): boolean {
  const [dims, rest] = [e.dimsOf(long), e.dimsOf(short)];
  return dims.length === rest.length + 1 && dims.at(-1) === 1 && rest.every((dim, i) => equal(dim, dims[i]!));
}

/** The value (..., 2) whose element `index` of the last axis `name` (...) holds. */
function elementOf(e: Edit, name: string, index: number): string | null {
  const cut = e.made(name, "Squeeze", "Reshape")?.node.inputs[0];
  if (cut === undefined || !isWithout(e, cut, name)) return null;
  const split = e.made(cut, "Split")?.node;
  if (split !== undefined) {
    const isPair = split.outputs.length === 2 && split.outputs[index] === cut;
    return isPair && isLast(e, split.inputs[0]!, split.attributes["axis"]) ? split.inputs[0]! : null;
  }
  const slice = e.made(cut, "Slice")?.node;
  const x = slice?.inputs[0];
  if (slice === undefined || x === undefined) return null;
  const [starts, , axes] = slice.inputs.slice(1, 4).map((operand) => e.elementsOf(operand));
  const axis = axes?.length === 1 ? axes[0] : undefined;
  const last = e.dimsOf(x).length - 1;
  const steps = slice.inputs[4] ? e.elementsOf(slice.inputs[4]) : [1];
  return starts?.[0] === index && (axis === -1 || axis === last) && steps?.[0] === 1 ? x : null;
}

/** The kernel reads rows (B, S, H * D), and of every pair of angles one: (S, D / 2). */
function replace(e: Edit, sum: LocalStep, { x, cos, sin }: Rotation): void {
  const dims = e.dimsOf(x);
  const [, rows, heads, size] = dims as readonly [unknown, string, number, number];
  const half = (angles: string): string => {
    const operands = [[0], [END], [3], [2]].map((elements) => e.integers(elements));
    const own = e.dimsOf(angles);
    const cut = { op: "Slice", inputs: [angles, ...operands], dims: [[...own.slice(0, 3), size / 2]] };
    const [every] = e.add(sum, cut);
    return e.add(sum, { op: "Squeeze", inputs: [every!, e.integers([0, 2])], dims: [[rows, size / 2]] })[0]!;
  };
  const target = e.integers([0, 0, heads * size]);
  const flat = [...dims.slice(0, 2), heads * size];
  const [merged] = e.add(sum, { op: "Reshape", inputs: [x, target], dims: [flat] });
  const rotated = e.add(sum, {
    op: "RotaryEmbedding",
    domain: "com.microsoft",
    inputs: [merged!, e.integers([0]), half(cos), half(sin)],
    attributes: { interleaved: int(1), num_heads: int(heads) },
    dims: [flat],
  });
  const back = e.integers([0, 0, heads, size]);
  e.add(sum, { op: "Reshape", inputs: [rotated[0]!, back], dims: [dims], outputs: sum.node.outputs });
  e.drop(sum);
}
