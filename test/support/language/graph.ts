/**
 * @file The test language for canonical graphs: reads what `printGraph` prints, and what a person writes by hand. Beyond the print's form:
 * lengths follow from the inputs, a result's type from the operator's rule, a constant without content is noise.
 */
import type { ElemType, Tensor } from "../../../compiler/graph/types.ts";
import { modulesAround, usualOperandName } from "../../../compiler/ir/print.ts";
import { tensorText, usualNodeName } from "../../../compiler/ir/text.ts";
import type {
  CanonicalGraph,
  CanonicalNode,
  IntegerValue,
  Length,
  Marker,
  ModuleInfo,
  ValueShape,
} from "../../../compiler/ir/types.ts";
import { outputShapes, siteOf, smallIntegers } from "../../../compiler/operators/infer.ts";
import { withinLimits } from "../../../compiler/expr/expr.ts";
import { needElem, readAttributes, readElem, readOperator, readTensor, readType } from "./attributes.ts";
import { Cursor } from "./cursor.ts";

type Constants = ReadonlyMap<string, Tensor>;

interface Draft {
  readonly known: Constants;
  readonly inputs: { name: string; shape: ValueShape }[];
  readonly outputs: string[];
  readonly nodes: CanonicalNode[];
  readonly constants: Map<string, Tensor>;
  readonly integers: Map<string, IntegerValue>;
  readonly shapes: Map<string, ValueShape>;
  readonly lengths: Length[];
  readonly markers: Marker[];
  readonly modules: Map<string, ModuleInfo>;
  opsets: Readonly<Record<string, number>>;
  prefix: string | null;
  /** Module of the nodes that follow. */
  scope: string;
}

/** `constants` holds those that the text names by their hash or place only. */
export function graphFrom(text: string, constants: Constants = new Map()): CanonicalGraph {
  const draft: Draft = {
    known: constants,
    inputs: [],
    outputs: [],
    nodes: [],
    constants: new Map(),
    integers: new Map(),
    shapes: new Map(),
    lengths: [],
    markers: [],
    modules: new Map([["", { path: "", className: null }]]),
    opsets: { "": 18 },
    prefix: null,
    scope: "",
  };
  for (const line of text.split("\n")) {
    const statement = line.replace(/"(?:[^"\\]|\\.)*"|#.*/g, (found) => (found.startsWith("#") ? "" : found)).trim();
    if (statement !== "") read(statement, draft);
  }
  const { known: _known, scope: _scope, ...graph } = draft;
  return { ...graph, lengths: draft.lengths.length > 0 ? draft.lengths : lengthsOf(draft.inputs) };
}

const STATEMENTS: Readonly<Record<string, (at: Cursor, draft: Draft) => void>> = {
  opset: readOpsets,
  prefix: (at, draft) => (draft.prefix = at.name()),
  length: readLength,
  in: readInput,
  const: (at, draft) => readConstant(at, draft, true),
  data: (at, draft) => readConstant(at, draft, false),
  int: (at, draft) => addInteger(at.name(), readIntegers(at), draft, at),
  module: readModule,
  marker: readMarker,
  out: (at, draft) => draft.outputs.push(at.name(), ...rest(at)),
};

function read(statement: string, draft: Draft): void {
  const heading = /^("(?:[^"\\]|\\.)*"|[\w.:/@?-]*[\w./@?-])(?: \((.*)\))?:$/.exec(statement);
  if (heading !== null) return readHeading(heading[1] ?? "", heading[2] ?? null, draft);
  const [, keyword = "", afterwards = ""] = /^(\w+)\s+([^=,\s].*)$/.exec(statement) ?? [];
  const at = new Cursor(Object.hasOwn(STATEMENTS, keyword) ? afterwards : statement);
  (STATEMENTS[keyword] ?? readNode)(at, draft);
  if (!at.done) at.fail("the end of the statement");
}

function rest(at: Cursor): readonly string[] {
  const names: string[] = [];
  while (at.sign(",")) names.push(at.name());
  return names;
}

function readHeading(name: string, className: string | null, draft: Draft): void {
  const path = new Cursor(name).name();
  draft.scope = path;
  for (const module of modulesAround(path)) {
    if (module !== "" && !draft.modules.has(module)) draft.modules.set(module, { path: module, className: null });
  }
  if (className !== null) draft.modules.set(path, { path, className: new Cursor(className).name() });
}

function readOpsets(at: Cursor, draft: Draft): void {
  const opsets: Record<string, number> = {};
  do {
    const version = at.take(/\d+(?![\w.])/y);
    if (version !== null) opsets[""] = Number(version);
    else opsets[at.name()] = at.integer();
  } while (at.sign(","));
  draft.opsets = opsets;
}

function readLength(at: Cursor, { lengths }: Draft): void {
  const name = at.name();
  const source = (): Length["sources"][number] => ({ input: at.name(), axis: at.integer() });
  at.expect(":");
  const sources = [source()];
  while (at.sign(",")) sources.push(source());
  lengths.push({ name, sources });
}

/** Every extent that is one name is a length. */
function lengthsOf(inputs: Draft["inputs"]): readonly Length[] {
  const sources = new Map<string, { input: string; axis: number }[]>();
  for (const { name, shape } of inputs) {
    for (const [axis, dim] of shape.dims.entries()) {
      if (typeof dim === "string") sources.set(dim, [...(sources.get(dim) ?? []), { input: name, axis }]);
    }
  }
  return [...sources].map(([name, from]) => ({ name, sources: from }));
}

function readInput(at: Cursor, draft: Draft): void {
  const name = at.name();
  const shape = readType(at);
  draft.inputs.push({ name, shape });
  draft.shapes.set(name, shape);
}

/** A short list of integers may be an operand as well. */
function readConstant(at: Cursor, draft: Draft, mayBeOperand: boolean): void {
  const name = at.name();
  const { tensor, elem, dims, statement } = readTensor(at, name);
  const known = draft.known.get(name);
  const found = tensor ?? (known !== undefined && tensorText(known) === statement ? known : null);
  if (found === null) throw new Error(`the constant ${name} is not given: ${statement}`);
  draft.constants.set(name, found);
  draft.shapes.set(name, { elem, dims });
  const small = tensor === null || !mayBeOperand ? null : smallIntegers(tensor);
  if (small !== null && small.elem !== "bool") draft.integers.set(name, small as IntegerValue);
}

/** `[1, img, -1]`, `int32 [1]`, `img` for a scalar. */
function readIntegers(at: Cursor): IntegerValue {
  const elem = at.word("int32") ? "int32" : "int64";
  if (!at.sign("[")) return { elem, dims: [], elements: [at.extent()] };
  const elements = at.list("]", () => at.extent());
  return { elem, dims: [elements.length], elements };
}

function addInteger(name: string, value: IntegerValue, { integers, shapes }: Draft, at: Cursor): void {
  const known = integers.get(name);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(value)) at.fail(`${name} as it was before`);
  integers.set(name, value);
  shapes.set(name, { elem: value.elem, dims: value.dims });
}

function readModule(at: Cursor, { modules }: Draft): void {
  const path = at.name();
  modules.set(path, { path, className: at.done ? null : at.name() });
}

function readMarker(at: Cursor, { markers }: Draft): void {
  const module = at.name();
  const index = at.word("output") ? at.integer() : null;
  if (index !== null) return void markers.push({ module, side: "output", parameter: null, index, value: at.name() });
  at.expect("input");
  const parameter = at.name();
  const element = at.sign("[") ? at.integer() : null;
  if (element !== null) at.expect("]");
  markers.push({ module, side: "input", parameter, index: element, value: at.name() });
}

function readNode(at: Cursor, draft: Draft): void {
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
  const ruled = withinLimits(() => outputShapes(siteOf(node, known)));
  const first = shapes.get(node.inputs[0] ?? "");
  return node.outputs.map((name, i) => {
    const type = types[i];
    const otherwise = ruled?.[i] ?? first;
    if (name === "" || otherwise === undefined) return null;
    return { elem: type?.elem ?? otherwise.elem, dims: type?.dims ?? otherwise.dims };
  });
}
