/**
 * @file Turns the changes of fixes into edits of the plan's text. A change that has no certain place in the text has no edits.
 */
import type { Change, Diagnostic, Fix, Json, Span } from "../../diagnostics/types.ts";
import { limits } from "../../limits/limits.ts";
import { locator } from "../positions.ts";
import { addEntry, addReserved, pair, spell } from "./entries.ts";
import { insertItems, removeItem, type Splice } from "./insert.ts";
import { beside, indices, lift, resize, wrap } from "./levels.ts";
import { one, remove } from "./remove.ts";
import { type Place, placeAt } from "./places.ts";
import { print, printMember, type Written } from "./written.ts";

/** The diagnostics, with the edits of their fixes. Each edit looks through the plan, so only as many get one as a command prints. */
export function withEdits(diagnostics: readonly Diagnostic[], written: Written): readonly Diagnostic[] {
  if (diagnostics.every(({ fixes }) => fixes === undefined)) return diagnostics;
  const locate = locator(written.file, written.text);
  let left = limits.diagnostics.most;
  return diagnostics.map((diagnostic) => {
    const { fixes, file, start, end } = diagnostic;
    if (fixes === undefined || left === 0) return diagnostic;
    left -= 1;
    const span = file === undefined || start === undefined || end === undefined ? null : { file, start, end };
    return { ...diagnostic, fixes: fixes.map((fix) => resolved(fix, span, written, locate)) };
  });
}

function resolved(fix: Fix, span: Span | null, written: Written, locate: ReturnType<typeof locator>): Fix {
  const splices = fix.edits === undefined ? splicesOf(fix.change, span, written) : null;
  if (splices === null || splices.length === 0) return fix;
  return { ...fix, edits: splices.map(({ start, end, text }) => ({ ...locate(start, end), text })) };
}

function splicesOf(change: Change, span: Span | null, written: Written): readonly Splice[] | null {
  if (change.kind === "entry") return addEntry(written, change.module, change.entry);
  if (change.kind === "reserved") return addReserved(written, change.key, change.members);
  // Texts of imported files are not at hand.
  if (span === null || span.file !== written.file) return null;
  if (change.kind === "texts") return change.texts;
  if (change.kind === "text") return [{ start: span.start.offset, end: span.end.offset, text: change.text }];
  const place = placeAt(written.root, span);
  return place === null ? null : atPlace(change, place, span, written);
}

type Local = Exclude<Change, { kind: "entry" | "reserved" | "text" | "texts" }>;

function atPlace(change: Local, place: Place, span: Span, written: Written): readonly Splice[] | null {
  const whole = { start: span.start.offset, end: span.end.offset };
  switch (change.kind) {
    case "value":
      return putValue(change.value, place.isKey ? place.node.span : span, written);
    case "key":
      return place.isKey && isWrittenKey(written.text, whole) ? [{ ...whole, text: written.key(change.name) }] : null;
    case "field":
      return setField(change, place, written);
    case "remove":
      return remove(place, written);
    case "spell":
      return spell(change.modules, place, written);
    case "pair":
      return pair(place, written);
    case "wrap":
      return wrap(change.parameter, place, written);
    case "beside":
      return beside(change.key, change.value, place, written);
    case "lift":
      return lift(place, written);
    case "resize":
      return resize(change, place, written);
    case "indices":
      return indices(place, written);
    case "unwrap":
      return unwrap(place, written);
    case "repeat": {
      const text = written.text.slice(whole.start, whole.end);
      return place.isKey ? null : [{ ...whole, text: `[${Array<string>(change.count).fill(text).join(", ")}]` }];
    }
  }
}

function putValue(value: Json, at: Span | null, written: Written): readonly Splice[] | null {
  if (at?.file !== written.file) return null;
  return [{ start: at.start.offset, end: at.end.offset, text: print(value, written) }];
}

/** A string or a word before a colon: neither computed nor a shorthand. */
function isWrittenKey(text: string, { start, end }: Pick<Splice, "start" | "end">): boolean {
  return /^(?:[\w$]+|"[^"]*"|'[^']*')$/.test(text.slice(start, end)) && /^\s*:/.test(text.slice(end, end + 100));
}

function setField(
  change: Extract<Change, { kind: "field" }>,
  { node: at, steps }: Place,
  written: Written,
): readonly Splice[] | null {
  // A diagnostic at a field means the object that has it.
  const node = at.kind === "object" ? at : (steps.at(-1)?.container ?? at);
  if (node.kind !== "object" || node.span?.file !== written.file) return null;
  const { key, value } = change;
  const container = written.containerAt(node.span);
  // Of a shared constant, only one user is meant.
  if (container === null || placeAt(written.root, node.span) === null) return null;
  const index = node.members.findLastIndex((m) => m.key === key);
  const known = node.members[index]?.value.span;
  if (value === undefined) return index < 0 ? null : one(removeItem(written, container, index));
  const isHere =
    known?.file === written.file && known.start.offset > container.open && known.end.offset <= container.close;
  if (index < 0) return [insertItems(written, container, [printMember(key, value, written)])];
  return known && isHere ? [{ start: known.start.offset, end: known.end.offset, text: print(value, written) }] : null;
}

function unwrap({ node }: Place, written: Written): readonly Splice[] | null {
  const container = node.span === null ? null : written.containerAt(node.span);
  const [item] = container?.items ?? [];
  if (node.kind !== "array" || container === null || item === undefined || container.items.length !== 1) return null;
  return [{ start: container.open, end: container.close + 1, text: written.text.slice(item.start, item.end) }];
}
