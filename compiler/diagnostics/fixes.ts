/**
 * @file Makers of fixes, so that a catalogue says them in one line. Knows no code and no text of a plan.
 */
import type { Fix, Json, TextChange } from "./types.ts";

const show = (value: Json): string => JSON.stringify(value);

export const rename = (name: string): Fix => ({ title: `write ${show(name)}`, change: { kind: "key", name } });

/** The likely name, if there is one. */
export const renameTo = (name: string | null): readonly Fix[] => (name === null ? [] : [rename(name)]);

export const put = (value: Json): Fix => ({ title: `write ${show(value)}`, change: { kind: "value", value } });

export const setField = (key: string, value: Json): Fix => ({
  title: `write ${show(key)}: ${show(value)}`,
  change: { kind: "field", key, value },
});

export const dropField = (key: string): Fix => ({
  title: `remove ${show(key)}`,
  change: { kind: "field", key, value: undefined },
});

/** A member next to the place. */
export const addBeside = (key: string, value: Json): Fix => ({
  title: `add ${show(key)}: ${show(value)}`,
  change: { kind: "beside", key, value },
});

export const removeEntry: Fix = { title: "remove the entry", change: { kind: "remove" } };

export const addEntry = (module: string, entry: Json): Fix => ({
  title: `add ${show(module)}: ${show(entry)} to the plan`,
  change: { kind: "entry", module, entry },
});

export const addReserved = (key: string, members: Readonly<Record<string, Json>>): Fix => ({
  title: `add ${show(key)}: ${show(members)} to the plan`,
  change: { kind: "reserved", key, members },
});

/** A member of the plan that it does not have yet. */
export const addMember = (key: string, value: Json): Fix => ({
  title: `add ${show(key)}: ${show(value)} to the plan`,
  change: { kind: "entry", module: key, entry: value },
});

export const spellOut = (modules: readonly string[]): Fix => ({
  title: `write the entry for ${modules.length === 1 ? show(modules[0] ?? "") : `these ${modules.length} modules`}`,
  change: { kind: "spell", modules },
});

export const writeText = (text: string, title: string = text === "" ? "remove it" : `write ${text}`): Fix => ({
  title,
  change: { kind: "text", text },
});

export const writeTexts = (title: string, texts: readonly TextChange[]): Fix => ({
  title,
  change: { kind: "texts", texts },
});

/** The axes of a value as choices, the second first: the one of the tokens. */
export const chooseAxis = (key: string | null, rank: number): readonly Fix[] =>
  [1, 0, 2, 3].filter((axis) => axis < rank).map((axis) => (key === null ? put(axis) : setField(key, axis)));

/** A list of one value, `count` times. */
export const repeat = (count: number): Fix => ({
  title: `write a list of ${count} ${count === 1 ? "spec" : "specs"}`,
  change: { kind: "repeat", count },
});

/** A list of another length; a list of none would say nothing. */
export const resizeTo = (count: number, fill: "null" | "last"): readonly Fix[] =>
  count === 0
    ? []
    : [{ title: `write ${count} ${count === 1 ? "spec" : "specs"}`, change: { kind: "resize", count, fill } }];
