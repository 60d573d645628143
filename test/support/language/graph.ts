/**
 * @file The test language for canonical graphs: reads what `printGraph` prints, and what a person writes by hand. Shorthand beyond the
 * print's form: lengths follow from the inputs, a result's type from the operator's rule, a constant without content is noise.
 */
import type { Expr } from "../../../compiler/expr/expr.ts";
import { modulesAround } from "../../../compiler/ir/print.ts";
import { tensorText } from "../../../compiler/ir/text.ts";
import type { CanonicalGraph, Count, IntegerValue, Length } from "../../../compiler/ir/types.ts";
import { smallIntegers } from "../../../compiler/operators/infer.ts";
import { readTensor, readType } from "./attributes.ts";
import { Cursor } from "./cursor.ts";
import type { Constants, Draft } from "./draft.ts";
import { addInteger, readIntegers, readNode } from "./node.ts";

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
  const input = at.name();
  if (at.sign("[")) {
    const [from, to] = at.list("]", () => at.extent()) as [Expr, Expr];
    const compare = at.take(/!=|[<>]=?/y) as Count["compare"];
    lengths.push({ name, sources: [], count: { input, from, to, compare, than: at.float() } });
    return;
  }
  const sources = [{ input, axis: at.integer() }];
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
