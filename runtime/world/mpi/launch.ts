/**
 * @file What the launcher of a job says to its processes, which it does through the environment. Knows no library.
 */
import { flavours } from "./library/flavours.ts";
import type { Flavour } from "./library/flavours.ts";

export interface Launch {
  /** Whose launcher started this process. */
  readonly flavour: Flavour;
  readonly rank: number;
  /** How many processes it started; `null` where it does not say. */
  readonly size: number | null;
}

/** `null` where no launcher of MPI started this process. */
export function launchOf(environment: NodeJS.ProcessEnv = process.env): Launch | null {
  for (const flavour of flavours) {
    const rank = numberIn(environment, flavour.rank);
    if (rank !== null) return { flavour, rank, size: numberIn(environment, flavour.size) };
  }
  return null;
}

function numberIn(environment: NodeJS.ProcessEnv, names: readonly string[]): number | null {
  const texts = names.flatMap((name) => environment[name] ?? []);
  return texts[0] === undefined || !/^\d+$/.test(texts[0]) ? null : Number(texts[0]);
}
