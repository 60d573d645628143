/**
 * @file One compiled program as a row of the advice: its bytes, its memory, its time. Runs nothing.
 */
import type { LoweredProgram } from "../compiler/lower/types.ts";
import { executor } from "../memory/executions.ts";
import { memoryOf } from "../memory/memory.ts";
import type { Lengths } from "../program/lengths.ts";
import { ranksOf } from "../program/mesh.ts";
import { equalCut } from "../program/shares.ts";
import type { CollectiveStep } from "../program/types.ts";
import { placementOf } from "../runtime/collectives/placement.ts";
import type { Placement } from "../runtime/collectives/placement.ts";
import { ratesFor, timeOf } from "./costs.ts";
import { computationsOf } from "./ranks.ts";
import type { PlacementOf } from "./ranks.ts";
import { timelineOf } from "./timeline.ts";
import { trafficOf } from "./traffic.ts";
import type { Traffic } from "./traffic.ts";
import type { CostModel, MeshAdvice, MeshChoice } from "./types.ts";

export type Assessed = Omit<MeshAdvice, "speedup" | "attention">;

/** `lengths` has a number for each of the program's lengths. */
export function assess(
  { program, graphs }: Pick<LoweredProgram, "program" | "graphs">,
  choice: MeshChoice,
  lengths: Lengths,
  costs: CostModel,
): Assessed {
  const { mesh, steps } = program;
  const ranks = ranksOf(mesh);
  const executionOf = executor(program, graphs);
  const place = byGeometry((step, rank) => placementOf(step, rank, mesh, lengths, equalCut));
  const computations = computationsOf(program, executionOf, place, lengths);
  const rates = ratesFor(costs, ranks);
  const collectives = steps.filter((step) => step.kind === "collective");
  const traffic = new Map(
    collectives.map((step) => [step, trafficOf(program, step, place, costs.hosts?.devices ?? null)]),
  );
  const sum = (bytes: (traffic: Traffic) => number): readonly number[] =>
    Array.from({ length: ranks }, (_, rank) =>
      collectives.reduce((total, step) => total + bytes(traffic.get(step)![rank]!), 0),
    );
  const memory = memoryOf(program, graphs, lengths, executionOf);
  const times = timelineOf(
    program,
    costs,
    (step, rank) => timeOf(computations[rank]![step]!, rates),
    (step) => traffic.get(step)!,
  );
  return {
    ...choice,
    sent: sum(({ sentInside, sentBetween }) => sentInside + sentBetween),
    sent_between_hosts: sum(({ sentBetween }) => sentBetween),
    collectives: collectives.length,
    memory: {
      rank: memory.perRank.values + memory.perRank.exchange,
      weights: memory.process.weights,
      unsized: memory.unsized.length,
    },
    ...times,
  };
}

/** Placements; collectives of blocks repeat, and equal ones are placed once for each rank. */
function byGeometry(place: PlacementOf): PlacementOf {
  const geometries = new Map<CollectiveStep, string>();
  const known = new Map<string, Placement>();
  return (step, rank) => {
    const geometry = geometries.get(step) ?? geometryOf(step);
    geometries.set(step, geometry);
    const key = `${rank} ${geometry}`;
    const placement = known.get(key) ?? place(step, rank);
    known.set(key, placement);
    return placement;
  };
}

function geometryOf({ collective, group, transfers }: CollectiveStep): string {
  return JSON.stringify([collective, group, transfers.map(({ send, elem, dims }) => [send.length, elem, dims])]);
}
