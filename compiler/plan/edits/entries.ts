/**
 * @file Changes of whole entries: what a module splits or gathers is added to what it has already. Knows no diagnostic.
 */
import type { Json } from "../../diagnostics/types.ts";
import { type AstMember, type AstNode, member } from "../ast.ts";
import { insertItems, separatorOf, type Splice } from "./insert.ts";
import type { Place } from "./places.ts";
import { remove } from "./remove.ts";
import { print, printMember, type Written } from "./written.ts";

type Members = Readonly<Record<string, Json>>;

/** `null` where the module has something of the kind already, or where its entry is computed. */
export function addEntry(written: Written, module: string, entry: Json): readonly Splice[] | null {
  const known = member(written.root, module)?.value;
  if (known === undefined) return addToRoot(written, [printMember(module, entry, written)]);
  // A reserved key is no module: it has one value.
  if (module.startsWith("$")) return wrapped(known, () => print(entry, written), written);
  const [isGather, inner] = [isOutput(entry), inputsIn(known)];
  if (isGather)
    return inner === known ? wrapped(known, (text) => `[${text}, ${print(entry, written)}]`, written) : null;
  if (inner === null) return wrapped(known, (text) => `[${print(entry, written)}, ${text}]`, written);
  return addMembers(written, inner, entry as Members);
}

export function addReserved(written: Written, key: string, members: Members): readonly Splice[] | null {
  const known = member(written.root, key)?.value;
  return known === undefined
    ? addToRoot(written, [printMember(key, members, written)])
    : addMembers(written, known, members);
}

/** Writes the member of a place for each module instead. */
export function spell(modules: readonly string[], { steps }: Place, written: Written): readonly Splice[] | null {
  const [outer, ...inside] = steps;
  const own = steps.findLast((step) => step.member !== null)?.member;
  if (outer?.member?.key === "$attention") return spelledHere(modules, steps.slice(0, 2), own, written);
  const key = inside.length === 0 ? undefined : own;
  // An element of a list has no key that another entry could have.
  if (steps.at(-1)?.member === null) return null;
  const texts = modules.map((module) => [module, textOf(own?.value, written)] as const);
  if (texts.some(([, text]) => text === null)) return null;
  const isNew = modules.every((module) => member(written.root, module) === undefined);
  const isAlone = inside.every(({ container }) => container.kind === "object" && container.members.length === 1);
  const named = (text: string): string => (!key ? text : `{ ${written.key(key.key)}: ${text} }`);
  if (isNew && isAlone) {
    const lines = texts.map(([module, text]) => `${written.key(module)}: ${named(text ?? "")}`);
    return inPlaceOf(outer, lines, written);
  }
  if (!key) return null;
  const added = texts.filter(([module]) => member(written.root, module) === undefined);
  const others = texts.filter(([module]) => member(written.root, module) !== undefined);
  const edits = others.map(([module, text]) => joined(module, key, text ?? "", written));
  const removed = remove({ steps }, written);
  const root = written.root.span === null ? null : written.containerAt(written.root.span);
  if (removed === null || root === null || edits.some((edit) => edit === null)) return null;
  const lines = added.map(([module, text]) => `${written.key(module)}: ${named(text ?? "")}`);
  const inserted = lines.length === 0 ? [] : [insertItems(written, root, lines)];
  return [...removed, ...edits.flatMap((edit) => edit ?? []), ...inserted];
}

/** A parameter with its spec, in the entry of a module that exists. */
function joined(module: string, { key }: AstMember, text: string, written: Written): readonly Splice[] | null {
  const known = member(written.root, module)?.value;
  if (known === undefined) return null;
  const [inner, line] = [inputsIn(known), `${written.key(key)}: ${text}`];
  if (inner === null) return wrapped(known, (other) => `[{ ${line} }, ${other}]`, written);
  if (member(inner, key) !== undefined || inner.span?.file !== written.file) return null;
  const container = written.containerAt(inner.span);
  return container === null ? null : [insertItems(written, container, [line])];
}

function spelledHere(
  modules: readonly string[],
  steps: Place["steps"],
  own: AstMember | null | undefined,
  written: Written,
): readonly Splice[] | null {
  const text = textOf(own?.value, written);
  const step = steps.at(-1);
  if (text === null || step === undefined) return null;
  return inPlaceOf(
    step,
    modules.map((module) => `${written.key(module)}: ${text}`),
    written,
  );
}

/** Members in the place of one. */
export function inPlaceOf(
  step: Place["steps"][number] | undefined,
  lines: readonly string[],
  written: Written,
): readonly Splice[] | null {
  const [key, value, span] = [step?.member?.keySpan, step?.node.span, step?.container.span];
  if (!key || !value || !span || key.file !== written.file || value.file !== written.file) return null;
  const container = written.containerAt(span);
  const item = container?.items.find(({ start, end }) => start <= key.start.offset && key.end.offset <= end);
  if (container === null || item === undefined) return null;
  return [{ ...item, text: lines.join(separatorOf(written.text, container)) }];
}

/** Separates a mixed object into the inputs and the output. */
export function pair({ steps }: Place, written: Written): readonly Splice[] | null {
  const object = steps.at(-1)?.container;
  if (object?.kind !== "object" || object.span?.file !== written.file) return null;
  const container = written.containerAt(object.span);
  if (container === null || container.items.length !== object.members.length) return null;
  const texts = object.members.map(({ value }, i) => ({
    isInput: value.kind === "object" || value.kind === "array",
    text: written.text.slice(container.items[i]?.start, container.items[i]?.end),
  }));
  const [inputs, output] = [true, false].map((side) => texts.filter(({ isInput }) => isInput === side));
  const hasOutput = object.members.some(({ key, value }) => key === "gather_dim" && value.kind === "scalar");
  if (!inputs?.length || !output?.length || !hasOutput) return null;
  const join = (parts: typeof texts): string => `{ ${parts.map(({ text }) => text).join(", ")} }`;
  return [{ start: container.open, end: container.close + 1, text: `[${join(inputs)}, ${join(output)}]` }];
}

function addToRoot(written: Written, lines: readonly string[]): readonly Splice[] | null {
  const { span } = written.root;
  const container = span?.file === written.file ? written.containerAt(span) : null;
  return container === null ? null : [insertItems(written, container, lines)];
}

function addMembers(written: Written, object: AstNode, members: Members): readonly Splice[] | null {
  const container = object.span?.file === written.file ? written.containerAt(object.span) : null;
  if (container === null || object.kind !== "object") return null;
  const added = Object.entries(members).filter(([key]) => member(object, key) === undefined);
  if (added.length === 0) return null;
  return [
    insertItems(
      written,
      container,
      added.map(([key, value]) => printMember(key, value, written)),
    ),
  ];
}

function wrapped(node: AstNode, wrap: (text: string) => string, written: Written): readonly Splice[] | null {
  const text = textOf(node, written);
  return text === null || node.span === null
    ? null
    : [{ start: node.span.start.offset, end: node.span.end.offset, text: wrap(text) }];
}

/** The text of a value, if it stands in the file of the plan. */
function textOf(node: AstNode | undefined, { file, text }: Written): string | null {
  const span = node?.span;
  return span?.file === file ? text.slice(span.start.offset, span.end.offset) : null;
}

function isOutput(entry: Json): boolean {
  return typeof entry === "object" && entry !== null && "gather_dim" in entry;
}

/** The map of inputs of an entry: itself, the first of a pair, or none. */
function inputsIn(entry: AstNode): AstNode | null {
  if (entry.kind === "object") return hasGather(entry) ? null : entry;
  const first = entry.kind === "array" ? entry.items[0] : undefined;
  return first?.kind === "object" && !hasGather(first) ? first : null;
}

function hasGather(node: AstNode): boolean {
  const dim = member(node, "gather_dim")?.value;
  return dim !== undefined && dim.kind !== "object" && dim.kind !== "array";
}
