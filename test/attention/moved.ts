/**
 * @file What a scheme must move, written down from its meaning, for any shares. Knows no program.
 */
import type { CutAxis } from "../../compiler/expr/expr.ts";
import { cutOf, type Shares } from "../../program/shares.ts";
import type { FamilyMember } from "./family.ts";
import type { Sizes } from "./samples.ts";
import type { Scheme } from "./schemes.ts";

export const FLOAT = 4;
/** Channels of the outputs. */
export const RESULT = 5;

interface Moved {
  readonly purpose: string;
  readonly collective: string;
  /** By rank. */
  readonly bytes: readonly number[];
}

/** Rows of both streams, heads of keys and of queries with their group. */
export function collectivesOf(
  { ring, ulysses: members, rotate }: Scheme,
  { heads: [h, hk], size: [d, dv], attention }: FamilyMember,
  { batch, img, txt }: Sizes,
  shares: Shares,
): readonly Moved[] {
  const cut = cutOf({ batch_degree: 1, ring_degree: ring, ulysses_degree: members }, shares);
  const chunkOf = (axis: CutAxis, length: number, count: number, i: number): number =>
    cut(axis, length, count, i + 1) - cut(axis, length, count, i);
  const ranks = Array.from({ length: ring * members }, (_, rank) => rank);
  const rows = (rank: number): number =>
    chunkOf("sequence", img, ranks.length, rank) + chunkOf("sequence", txt, ranks.length, rank);
  const groupRows = (group: number): number =>
    ranks.slice(group * members, (group + 1) * members).reduce((sum, rank) => sum + rows(rank), 0);
  // Query heads are dealt in units that read the same key/value head; a rank needs each head of its units once.
  const units = unitsOf(h, hk, members);
  const queryHeads = (rank: number): number => chunkOf("ulysses", units, members, rank % members) * (h / units);
  const headOf = (unit: number): number => Math.floor(unit / (units / hk));
  const keyHeads = (rank: number): number => {
    const [first, end] = [0, 1].map((next) => cut("ulysses", units, members, (rank % members) + next));
    return headOf(end! - 1) - headOf(first!) + 1;
  };
  const others = (rank: number): readonly number[] =>
    ranks.filter((other) => other !== rank && group(other) === group(rank));
  const made = (purpose: string, collective: string, count: (rank: number) => number): Moved => ({
    purpose,
    collective,
    bytes: ranks.map((rank) => count(rank) * batch * FLOAT),
  });
  const group = (rank: number): number => Math.floor(rank / members);
  const keys = (rank: number, step: number): number =>
    groupRows((group(rank) + ring - step) % ring) * keyHeads(rank) * (d + dv);
  const inside =
    members === 1
      ? []
      : [
          made(
            "ulysses in",
            "all-to-all",
            (rank) =>
              rows(rank) *
              others(rank).reduce((sum, other) => sum + queryHeads(other) * d + keyHeads(other) * (d + dv), 0),
          ),
        ];
  const around =
    ring === 1
      ? []
      : rotate === "allgather"
        ? [made("ring", "all-gather", (rank) => keys(rank, 0) * (ring - 1))]
        : Array.from({ length: ring - 1 }, (_, step) => made("ring", "shift", (rank) => keys(rank, step)));
  const back =
    members === 1
      ? []
      : [made("ulysses out", "all-to-all", (rank) => (groupRows(group(rank)) - rows(rank)) * queryHeads(rank) * dv)];
  const gathers = [img, txt].map((length) =>
    made(
      "gather",
      "all-gather",
      (rank) => chunkOf("sequence", length, ranks.length, rank) * RESULT * (ranks.length - 1),
    ),
  );
  if (attention === "gather") {
    // Every rank sends its keys and values, of all heads, to all others.
    const keysAndValues = (rank: number): number => rows(rank) * hk * (d + dv) * (ranks.length - 1);
    return [made("key gather", "all-gather", keysAndValues), ...gathers];
  }
  return [...inside, ...around, ...back, ...gathers];
}

/** Key/value heads, or parts of their groups: the fewest that ranks can be dealt alike, if there are more ranks than heads. */
function unitsOf(heads: number, keyHeads: number, members: number): number {
  if (keyHeads >= members) return keyHeads;
  const possible = Array.from({ length: heads }, (_, i) => i + 1).filter(
    (units) => heads % units === 0 && units % keyHeads === 0,
  );
  return possible.find((units) => units % members === 0) ?? heads;
}
