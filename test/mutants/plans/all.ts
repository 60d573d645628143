/**
 * @file Every mutant of a plan, in a fixed order.
 */
import { add } from "./add.ts";
import { alter } from "./alter.ts";
import { leaveOut } from "./leave-out.ts";
import type { Mutant, Subject } from "./mutant.ts";
import { place } from "./place.ts";
import { schemes } from "./schemes.ts";
import { spell } from "./spell.ts";

const MUTATIONS = { ...leaveOut, ...alter, ...place, ...add, ...spell, ...schemes };

export function mutantsOf(subject: Subject): readonly Mutant[] {
  return Object.entries(MUTATIONS).flatMap(([kind, mutation]) =>
    mutation(subject).map((found) => ({ ...found, kind })),
  );
}
