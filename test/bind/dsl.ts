/**
 * @file Canonical graphs as a few lines of text, and back. One statement a line:
 *   in NAME ELEM DIMS; const NAME ELEM DIMS; int NAME = ELEMENT...; out NAME...; module PATH CLASS
 *   marker MODULE input PARAMETER[ELEMENT] VALUE; marker MODULE output INDEX VALUE
 *   [SCOPE:] RESULT... = OP(OPERAND, ...) [DIMS] [ELEM]     dims and type default to those of the first operand
 * Dims are joined by commas, without spaces: `1,img+txt,32`; `-` is a scalar.
 */
import { parseExtent } from "../../compiler/ir/lengths.ts";
import type {
  CanonicalGraph,
  CanonicalNode,
  IntegerValue,
  Length,
  Marker,
  ModuleInfo,
  ValueShape,
} from "../../compiler/ir/types.ts";
import { show, type Expr } from "../../compiler/expr/expr.ts";
import type { ElemType, Tensor } from "../../compiler/graph/types.ts";

interface Draft {
  readonly inputs: { name: string; shape: ValueShape }[];
  readonly outputs: string[];
  readonly nodes: CanonicalNode[];
  readonly constants: Map<string, Tensor>;
  readonly integers: Map<string, IntegerValue>;
  readonly shapes: Map<string, ValueShape>;
  readonly lengths: Map<string, Length>;
  readonly markers: Marker[];
  readonly modules: Map<string, ModuleInfo>;
}

export function graphFrom(text: string): CanonicalGraph {
  const draft: Draft = {
    inputs: [],
    outputs: [],
    nodes: [],
    constants: new Map(),
    integers: new Map(),
    shapes: new Map(),
    lengths: new Map(),
    markers: [],
    modules: new Map([["", { path: "", className: null }]]),
  };
  for (const line of text.split("\n")) {
    const statement = line.replace(/#.*$/, "").trim();
    if (statement !== "") read(statement, draft);
  }
  const lengths = [...draft.lengths.values()];
  return { ...draft, lengths, opsets: { "": 18 }, prefix: null };
}

function read(statement: string, draft: Draft): void {
  const words = statement.split(/\s+/);
  const [keyword, name = "", elem = "", dims = ""] = words;
  if (keyword === "in") readInput(name, shapeOf(elem, dims, draft, name), draft);
  else if (keyword === "const") readConstant(name, shapeOf(elem, dims, draft), draft);
  else if (keyword === "int") readInteger(name, words.slice(3), draft);
  else if (keyword === "out") draft.outputs.push(...words.slice(1));
  else if (keyword === "module") draft.modules.set(name, { path: name, className: elem === "" ? null : elem });
  else if (keyword === "marker") draft.markers.push(markerFrom(words));
  else readNode(statement, draft);
}

function readInput(name: string, shape: ValueShape, draft: Draft): void {
  draft.inputs.push({ name, shape });
  draft.shapes.set(name, shape);
}

function readConstant(name: string, shape: ValueShape, draft: Draft): void {
  draft.shapes.set(name, shape);
  const dims = shape.dims.map(Number);
  draft.constants.set(name, { elem: shape.elem, dims, data: { kind: "inline", bytes: new Uint8Array() } });
}

function readInteger(name: string, texts: readonly string[], draft: Draft): void {
  const elements = texts.map((text) => extent(text, draft));
  draft.integers.set(name, { elem: "int64", dims: [elements.length], elements });
  draft.shapes.set(name, { elem: "int64", dims: [elements.length] });
}

function markerFrom([, module = "", side, place = "", value = ""]: readonly string[]): Marker {
  const path = module === "root" ? "" : module;
  if (side === "output") return { module: path, side: "output", parameter: null, index: Number(place), value };
  const [, parameter = "", element] = /^(\w+)(?:\[(\d+)\])?$/.exec(place) ?? [];
  return { module: path, side: "input", parameter, index: element === undefined ? null : Number(element), value };
}

function readNode(statement: string, draft: Draft): void {
  const match = /^(?:([^\s=]+): )?(.+?) = (cp\.)?(\w+)\(([^)]*)\)\s*(\S+)?\s*(\S+)?$/.exec(statement);
  if (match === null) throw new Error(`cannot read "${statement}"`);
  const [, scope = "", results = "", domain, op = "", operands = "", dims, elem] = match;
  const inputs = operands.split(",").map((name) => name.trim());
  const outputs = results.split(/\s+/);
  const first = draft.shapes.get(inputs[0] ?? "");
  if (first === undefined) throw new Error(`"${inputs[0]}" is not known in "${statement}"`);
  const shape = dims === undefined ? first : shapeOf(elem ?? first.elem, dims, draft);
  for (const name of outputs) draft.shapes.set(name, shape);
  const info = { scope, attributes: {}, domain: domain === undefined ? "" : "cp" };
  draft.nodes.push({ name: `n_${outputs[0]}`, op, inputs, outputs, ...info });
  const parts = scope.split(".");
  for (const [i, part] of parts.entries()) {
    const path = parts.slice(0, i + 1).join(".");
    // A list of modules is no module: only its elements are called.
    if (part === "" || /^\d+$/.test(parts[i + 1] ?? "") || draft.modules.has(path)) continue;
    draft.modules.set(path, { path, className: null });
  }
}

function shapeOf(elem: string, dims: string, draft: Draft, input?: string): ValueShape {
  const texts = dims === "-" ? [] : dims.split(",");
  if (input !== undefined) {
    for (const [axis, text] of texts.entries()) {
      if (!/^[a-z]\w*$/.test(text)) continue;
      const known = draft.lengths.get(text);
      draft.lengths.set(text, { name: text, sources: [...(known?.sources ?? []), { input, axis }] });
    }
  }
  return { elem: elem as ElemType, dims: texts.map((text) => extent(text, draft)) };
}

function extent(text: string, { lengths }: Draft): Expr {
  const value = parseExtent(text, new Map([...lengths.keys()].map((name) => [name, name])));
  if (value === null) throw new Error(`cannot read the extent "${text}"`);
  return value;
}

/** The nodes as statements, with the attributes of inserted ones. */
export function printNodes({ nodes, outputs, shapes }: CanonicalGraph): string {
  const lines = nodes.map(({ op, domain, inputs, outputs: results, scope, attributes }) => {
    const told = Object.entries(attributes).map(([key, a]) => `${key}=${"value" in a ? String(a.value) : ""}`);
    const dims = shapes
      .get(results[0] ?? "")
      ?.dims.map(show)
      .join(", ");
    const call = `${domain === "" ? "" : `${domain}.`}${op}(${inputs.join(", ")})`;
    return `${scope === "" ? "" : `${scope}: `}${results.join(" ")} = ${call} (${dims})${told.length === 0 ? "" : ` {${told.join(" ")}}`}`;
  });
  return `${[...lines, `out ${outputs.join(" ")}`].join("\n")}\n`;
}
