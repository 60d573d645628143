/**
 * @file Says one mistake once: a plan entry that fails at forty blocks, or at each node that reads one value, is one diagnostic. Knows no code.
 */
import { groupBy } from "../group.ts";
import type { Diagnostic, Related } from "./types.ts";

/** Further places that a diagnostic names. */
const NAMED = 3;

/** Of diagnostics with the same code, place and common ground (`about.alike`) the first, with the places of the others as related ones. */
export function saidOnce(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...groupBy(diagnostics, keyOf).values()].map(([first, ...others]) =>
    others.length === 0 ? first! : { ...first!, related: [...first!.related, ...furtherOf(others)] },
  );
}

/** Diagnostics without common ground are each a key of their own. */
function keyOf(diagnostic: Diagnostic): unknown {
  const { code, file, start, about } = diagnostic;
  return about?.alike === undefined ? diagnostic : JSON.stringify([code, file, start?.offset, about.alike]);
}

function furtherOf(others: readonly Diagnostic[]): readonly Related[] {
  const more = others.length - NAMED;
  const named = others.slice(0, NAMED).map(alsoAt);
  return more > 0 ? [...named, { message: `and at ${more} more node${more === 1 ? "" : "s"}` }] : named;
}

/** The node that it is about; else the one that it points at. */
function alsoAt({ about, related }: Diagnostic): Related {
  const { node, module } =
    about?.node === undefined ? (related.find((place) => place.node !== undefined) ?? {}) : about;
  return {
    message: "the same here",
    ...(node === undefined ? {} : { node }),
    ...(module === undefined ? {} : { module }),
  };
}
