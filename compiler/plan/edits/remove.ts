/**
 * @file Removes what a place leads to, with what would be empty without it. Knows the forms of entries, no diagnostic.
 */
import type { Span } from "../../diagnostics/types.ts";
import { removeItem, type Splice } from "./insert.ts";
import { type Place, placeAt } from "./places.ts";
import type { Item, Written } from "./written.ts";

/** Removes the last step of a place, or as much around it as would be empty afterwards. */
export function remove({ steps }: Pick<Place, "steps">, written: Written): readonly Splice[] | null {
  const step = steps.at(-1);
  const span = step?.container.span;
  if (step === undefined || !span || span.file !== written.file) return null;
  const container = written.containerAt(span);
  if (container === null || placeAt(written.root, span) === null) return null;
  const items = container.items.length;
  if (step.container.kind === "array")
    return withoutElement(step.container, step.index, container.items, span, written);
  // Binding is by key: a spread or a shorthand has other items than the tree has members.
  const at = container.items.findIndex(({ start, end }) => {
    const key = step.member?.keySpan;
    return key?.file === written.file && start <= key.start.offset && key.end.offset <= end;
  });
  if (at < 0) return null;
  if (items === 1 && steps.length > 1) return remove({ steps: steps.slice(0, -1) }, written);
  return one(removeItem(written, container, at));
}

/** An output that is not gathered is `null`; without its inputs or its output a pair is the other one. */
function withoutElement(
  { items }: Extract<Place["node"], { kind: "array" }>,
  index: number,
  written: readonly Item[],
  span: Span,
  { text }: Written,
): readonly Splice[] | null {
  const [first] = items;
  const isPair =
    first?.kind === "object" && items.length === 2 && !first.members.some(({ key }) => key === "gather_dim");
  const [own, other] = [written[index], written[1 - index]];
  if (own === undefined) return null;
  if (!isPair) return [{ ...own, text: "null" }];
  return other === undefined
    ? null
    : [{ start: span.start.offset, end: span.end.offset, text: text.slice(other.start, other.end) }];
}

export function one(splice: Splice | null): readonly Splice[] | null {
  return splice === null ? null : [splice];
}
