/**
 * @file Reads types, tensors, attributes and calls of the test language. Knows no graph around them.
 */
import { createHash } from "node:crypto";
import { sizeOf } from "../../../compiler/graph/elements.ts";
import { tensorFromNumbers } from "../../../compiler/graph/tensors.ts";
import type {
  Attribute,
  Attributes,
  Dim,
  ElemType,
  Graph,
  GraphValue,
  Node,
  Tensor,
} from "../../../compiler/graph/types.ts";
import { usualNodeName } from "../../../compiler/ir/text.ts";
import type { ValueShape } from "../../../compiler/ir/types.ts";
import type { Cursor } from "./cursor.ts";

const ELEM = /(?:float|bfloat|int|uint)\d+(?=\s*[[\s,)])|(?:string|bool)(?=\s*[[\s,)])/y;

/** `float32`, if one is here. */
export function readElem(at: Cursor): ElemType | null {
  return at.take(ELEM) as ElemType | null;
}

export function needElem(at: Cursor): ElemType {
  return readElem(at) ?? at.fail("an element type");
}

/** `float32 [1, img]`. */
export function readType(at: Cursor): ValueShape {
  const elem = needElem(at);
  at.expect("[");
  return { elem, dims: at.list("]", () => at.extent()) };
}

/** A constant, or where its content lies: `statement` is then what identifies it. */
export interface ReadTensor {
  readonly tensor: Tensor | null;
  readonly elem: ElemType;
  readonly dims: readonly number[];
  readonly statement: string | null;
}

/** `float32 [2] = 0.5, 1.0`, `float32 [2]`, `float32 [2] sha256 0123456789ab`, `float32 [2] at FILE 0 8`. */
export function readTensor(at: Cursor, name: string): ReadTensor {
  const elem = needElem(at);
  at.expect("[");
  const dims = at.list("]", () => at.integer());
  const kept = at.take(/(?:sha256 \w+|at \S+ \d+ \d+)/y);
  if (kept !== null) return { tensor: null, elem, dims, statement: `${elem} [${dims.join(", ")}] ${kept}` };
  const isFloat = elem.includes("float");
  const values: number[] = [];
  if (at.sign("=")) {
    if (sizeOf(dims) > 0)
      do values.push(isFloat ? at.float() : at.integer());
      while (at.sign(","));
  } else values.push(...noise(name, sizeOf(dims)).map((n) => (isFloat ? n : 0)));
  return { tensor: tensorFromNumbers(elem, dims, values), elem, dims, statement: null };
}

/** Numbers in (-0.5, 0.5) that a name gives, always the same. */
function noise(name: string, count: number): readonly number[] {
  const seed = createHash("sha256").update(name).digest().readUInt16LE(0);
  return Array.from({ length: count }, (_, i) => 0.5 * Math.sin(seed + 1.7 * i + 0.01 * i * i));
}

/** ` {axis=1, perm=[0, 2, 1]}`, if they are here. */
export function readAttributes(at: Cursor): Attributes {
  if (!at.sign("{")) return {};
  const entries = at.list("}", () => {
    const name = at.name();
    at.expect("=");
    return [name, readAttribute(at)] as const;
  });
  return Object.fromEntries(entries);
}

function readAttribute(at: Cursor): Attribute {
  if (at.word("floats")) return { kind: "floats", value: inBrackets(at, () => at.float()) };
  if (at.word("strings")) return { kind: "strings", value: inBrackets(at, () => at.string()) };
  if (at.word("tensor")) return tensorAttribute(at);
  if (at.word("graph")) return { kind: "graph", value: readSubgraph(at) };
  if (at.next === "[") return { kind: "ints", value: inBrackets(at, () => at.integer()) };
  if (at.next === '"') return { kind: "string", value: at.string() };
  const int = at.take(/-?\d+(?![\w.])/y);
  return int === null ? { kind: "float", value: at.float() } : { kind: "int", value: Number(int) };
}

function inBrackets<T>(at: Cursor, item: () => T): readonly T[] {
  at.expect("[");
  return at.list("]", item);
}

function tensorAttribute(at: Cursor): Attribute {
  at.expect("(");
  const { tensor } = readTensor(at, "attribute");
  at.expect(")");
  return { kind: "tensor", value: tensor ?? at.fail("the content of the tensor") };
}

/** `graph NAME (in x float32 [1]; y = Neg(x); out y float32 [1])`. */
function readSubgraph(at: Cursor): Graph {
  const name = at.name();
  const inputs: GraphValue[] = [];
  const outputs: GraphValue[] = [];
  const nodes: Node[] = [];
  const constants = new Map<string, Tensor>();
  at.expect("(");
  do {
    if (at.word("in")) inputs.push(readValue(at));
    else if (at.word("out")) outputs.push(readValue(at));
    else if (at.word("const")) {
      const constant = at.name();
      constants.set(constant, readTensor(at, constant).tensor ?? at.fail("the content of the constant"));
    } else nodes.push(readInnerNode(at));
  } while (at.sign(";"));
  at.expect(")");
  return { name, inputs, outputs, nodes, constants, types: new Map() };
}

function readValue(at: Cursor): GraphValue {
  const name = at.name();
  const elem = needElem(at);
  if (!at.sign("[")) return { name, type: { elem, dims: null } };
  const dim = (): Dim => (at.sign("?") ? null : at.next === '"' ? at.string() : at.integer());
  return { name, type: { elem, dims: at.list("]", dim) } };
}

function readInnerNode(at: Cursor): Node {
  const outputs = at.list("=", () => at.name());
  const { op, domain } = readOperator(at);
  const inputs = at.list(")", () => at.name());
  const attributes = readAttributes(at);
  const name = at.word("as") ? at.name() : usualNodeName({ op, outputs });
  return { name, op, domain, inputs, outputs, attributes, metadata: {} };
}

/** `cp.Attention(`: the domain is what stands before the last point. */
export function readOperator(at: Cursor): { readonly op: string; readonly domain: string } {
  const called = at.name();
  at.expect("(");
  const point = called.lastIndexOf(".");
  return { op: called.slice(point + 1), domain: point < 0 ? "" : called.slice(0, point) };
}
