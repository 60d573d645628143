/**
 * @file Where a plan could gather a value before an operator that needs it whole: the words for it, and the fix. Knows no code and no model.
 */
import { addEntry } from "./fixes.ts";
import type { Fix } from "./types.ts";

export interface GatherAt {
  readonly axis: number;
  readonly module: string;
  /** The name of the value, where the module alone does not tell which is meant. */
  readonly value: string | null;
}

/** `with { "gather_dim": 1 } at "proj_in"` */
function gatherText({ module, ...at }: GatherAt): string {
  const fields = Object.entries(entryOf(at)).map(([key, value]) => `"${key}": ${JSON.stringify(value)}`);
  return `with { ${fields.join(", ")} } at ${JSON.stringify(module)}`;
}

/** `gather it before this node, with ...`. An input of the model, or what an entry has split itself, can only be left whole. */
export function gatherBefore(at: GatherAt | null, what = "it"): string {
  return at === null
    ? `leave ${what} whole, and split only after this node`
    : `gather ${what} before this node, ${gatherText(at)}`;
}

export function gatherFixes(at: GatherAt | null): readonly Fix[] {
  return at === null ? [] : [addEntry(at.module, entryOf(at))];
}

function entryOf({ axis, value }: Pick<GatherAt, "axis" | "value">): Readonly<Record<string, string | number>> {
  return { gather_dim: axis, ...(value === null ? {} : { value }) };
}
