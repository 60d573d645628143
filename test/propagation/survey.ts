/**
 * @file Many random models: the outcome of each, and the failures with a minimal number of moves.
 */
import * as fc from "fast-check";
import { judgeCase } from "./judge.ts";
import { caseOf, seeds, type Seed } from "./random-graph.ts";

export interface Survey {
  readonly models: number;
  readonly ran: number;
  readonly refused: number;
  readonly invalid: number;
  readonly faults: readonly string[];
  /** Refusals by code, and by the moves that took part. */
  readonly codes: ReadonlyMap<string, number>;
}

interface Answer {
  readonly outcome: "ran" | "refused" | "invalid" | "wrong" | "crashed";
  readonly why: string;
}

async function answer(seed: Seed): Promise<Answer> {
  try {
    return await judgeCase(caseOf(seed));
  } catch (error) {
    return { outcome: "crashed", why: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

const isFault = ({ outcome }: Answer): boolean => outcome === "wrong" || outcome === "crashed";

/** Drops moves, and takes smaller plans and meshes, while the model still fails. */
async function shrink(seed: Seed): Promise<Seed> {
  const smaller = [
    ...seed.moves.map((_, i) => ({ ...seed, moves: seed.moves.toSpliced(i, 1) })),
    ...(seed.fixed ? [] : [{ ...seed, fixed: true }]),
  ];
  for (const candidate of smaller) {
    if (isFault(await answer(candidate))) return shrink(candidate);
  }
  return seed;
}

/** `count` random models of a fast-check seed; stops early where `until` (in milliseconds since the epoch) has passed. */
export async function survey(count: number, fcSeed: number, until: number): Promise<Survey> {
  const counts = { ran: 0, refused: 0, invalid: 0 };
  const codes = new Map<string, number>();
  const faults: string[] = [];
  let models = 0;
  for (const seed of fc.sample(seeds(14), { numRuns: count, seed: fcSeed })) {
    if (Date.now() > until) break;
    models++;
    const found = await answer(seed);
    if (found.outcome === "wrong" || found.outcome === "crashed") faults.push(await describe(seed));
    else counts[found.outcome]++;
    if (found.outcome === "refused") codes.set(found.why.slice(0, 6), (codes.get(found.why.slice(0, 6)) ?? 0) + 1);
  }
  return { models, ...counts, faults, codes };
}

async function describe(seed: Seed): Promise<string> {
  const small = await shrink(seed);
  const { outcome, why } = await answer(small);
  const { graph, splits, mesh } = caseOf(small);
  const nodes = graph.nodes.map(({ op, inputs, outputs }) => `${outputs.join(", ")} = ${op}(${inputs.join(", ")})`);
  return [
    `${outcome}: ${why}`,
    JSON.stringify({ splits, mesh, fixed: small.fixed, s: small.s, t: small.t }),
    ...nodes,
    JSON.stringify(small),
  ].join("\n");
}
