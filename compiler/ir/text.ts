/**
 * @file Tokens of printed graphs: names, extents, types, attributes and calls. `test/support/language` reads back what is written here.
 * Knows no stage.
 */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { showWith, type Expr } from "../expr/expr.ts";
import { sizeOf } from "../graph/elements.ts";
import { numbersOf, tensorFromNumbers } from "../graph/tensors.ts";
import type { Attribute, Attributes, Graph, GraphValue, Node, Tensor, TensorType } from "../graph/types.ts";
import type { CanonicalNode, IntegerValue, ValueShape } from "./types.ts";

/** Constants and integers of at most this many numbers are written in full. */
export const SHORT = 8;

/** Bare where it reads as one word, else in quotation marks. */
export function nameText(name: string): string {
  return /^[\w.:/@?-]*[\w./@?-]$/.test(name) ? name : JSON.stringify(name);
}

/** A length in an extent; operators are no part of a word there. */
function lengthText(expr: Expr): string | null {
  return typeof expr !== "string" ? null : /^[A-Za-z_?][\w.]*$/.test(expr) ? expr : JSON.stringify(expr);
}

export function extentText(expr: Expr): string {
  return showWith(expr, lengthText);
}

/** `float32 [1, img + txt, 64]`. */
export function typeText({ elem, dims }: ValueShape): string {
  return `${elem} ${listText(dims.map(extentText))}`;
}

/** `[1, img, 4, 16]`; a scalar without brackets. */
export function integersText({ elem, dims, elements }: IntegerValue, show: (e: Expr) => string = extentText): string {
  const texts = elements.map((e) => show(e));
  return `${elem === "int64" ? "" : `${elem} `}${dims.length === 0 ? texts.join("") : listText(texts)}`;
}

export function listText(texts: readonly string[]): string {
  return `[${texts.join(", ")}]`;
}

/** The shortest decimal of a float32; other numbers are marked `d`. A float always shows a point, an exponent, or a letter. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value < 0 ? "-inf" : "inf";
  if (Object.is(value, -0)) return "-0.0";
  const single = Math.fround(value) === value;
  const text = single ? shortest(value) : String(value);
  return `${/[.e]/.test(text) ? text : `${text}.0`}${single ? "" : "d"}`;
}

function shortest(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded);
  }
  return String(Number(value.toPrecision(9)));
}

/** `float32 [2] = 0.5, 1.0`; beyond `SHORT` numbers the content's hash, or its location: `float32 [64, 64] sha256 0123456789ab`. */
export function tensorText(tensor: Tensor): string {
  const type = `${tensor.elem} ${listText(tensor.dims.map(String))}`;
  const { data } = tensor;
  if (data.kind === "external") return `${type} at ${nameText(basename(data.file))} ${data.offset} ${data.length}`;
  const numbers = shortNumbers(tensor);
  return numbers === null ? `${type} ${hashText(data.bytes)}` : `${type} =${numbers.map((n) => ` ${n}`).join(",")}`;
}

function hashText(bytes: Uint8Array): string {
  return `sha256 ${createHash("sha256").update(bytes).digest("hex").slice(0, 12)}`;
}

/** The numbers of a short constant, where they represent it exactly. */
function shortNumbers(tensor: Tensor): readonly string[] | null {
  if (tensor.data.kind === "external" || sizeOf(tensor.dims) > SHORT) return null;
  const numbers = numbersOf(tensor);
  if (numbers === null) return null;
  const again = tensorFromNumbers(tensor.elem, tensor.dims, numbers);
  if (again.data.kind === "external" || Buffer.compare(again.data.bytes, tensor.data.bytes) !== 0) return null;
  const isFloat = tensor.elem.includes("float");
  return numbers.map((n) => (isFloat ? floatText(n) : String(n)));
}

/** ` {axis=1, perm=[0, 2, 1]}`, by name; nothing where there are none. */
function attributesText(attributes: Attributes): string {
  const texts = Object.entries(attributes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${nameText(name)}=${attributeText(value)}`);
  return texts.length === 0 ? "" : ` {${texts.join(", ")}}`;
}

function attributeText(attribute: Attribute): string {
  switch (attribute.kind) {
    case "int":
      return String(attribute.value);
    case "float":
      return floatText(attribute.value);
    case "string":
      return JSON.stringify(attribute.value);
    case "ints":
      return listText(attribute.value.map(String));
    case "floats":
      return `floats ${listText(attribute.value.map(floatText))}`;
    case "strings":
      return `strings ${listText(attribute.value.map((s) => JSON.stringify(s)))}`;
    case "tensor":
      return `tensor (${tensorText(attribute.value)})`;
    case "graph":
      return subgraphText(attribute.value);
  }
}

/** A branch or a body in one line. Types of intermediate values and metadata are left out. */
function subgraphText({ name, inputs, constants, nodes, outputs }: Graph): string {
  const statements = [
    ...inputs.map((i) => `in ${valueText(i)}`),
    ...[...constants].map(([constant, tensor]) => `const ${nameText(constant)} ${tensorText(tensor)}`),
    ...nodes.map(
      (n) => `${n.outputs.map(nameText).join(", ")} = ${callText(n, n.inputs.map(nameText))}${nodeNameText(n)}`,
    ),
    ...outputs.map((o) => `out ${valueText(o)}`),
  ];
  return `graph ${nameText(name)} (${statements.join("; ")})`;
}

function valueText({ name, type }: GraphValue): string {
  return `${nameText(name)} ${declaredText(type)}`;
}

function declaredText({ elem, dims }: TensorType): string {
  const texts = dims?.map((d) => (d === null ? "?" : typeof d === "number" ? String(d) : JSON.stringify(d)));
  return texts === undefined ? elem : `${elem} ${listText(texts)}`;
}

/** `cp.Attention(q, k, v) {scale=0.5}`. */
export function callText({ op, domain, attributes }: Node | CanonicalNode, operands: readonly string[]): string {
  const called = domain === "" ? op : `${domain}.${op}`;
  return `${nameText(called)}(${operands.join(", ")})${attributesText(attributes)}`;
}

/** The name that a node has unless another is printed: exporters derive it from the first result. */
export function usualNodeName({ op, outputs: [first = ""] }: Pick<CanonicalNode, "op" | "outputs">): string {
  if (first.endsWith("_output_0")) return first.slice(0, -"_output_0".length);
  if (first.includes("/")) return first;
  const number = /^val_(\d+)$/.exec(first)?.[1];
  return number === undefined ? `node_${first}` : `node_${op}_${number}`;
}

export function nodeNameText(node: Pick<CanonicalNode, "name" | "op" | "outputs">): string {
  return node.name === usualNodeName(node) ? "" : ` as ${nameText(node.name)}`;
}

/** Lines under a heading for each run of the same module; the root is `""`. */
export function underHeadings<T>(
  items: readonly T[],
  moduleOf: (item: T) => string,
  heading: (module: string) => string,
  lines: (item: T) => readonly string[],
): readonly string[] {
  let last: string | null = null;
  return items.flatMap((item) => {
    const module = moduleOf(item);
    const head = module === last ? [] : [heading(module)];
    last = module;
    return [...head, ...lines(item).map((line) => `  ${line}`)];
  });
}
