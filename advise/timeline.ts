/**
 * @file Simulates a run by its times: each rank has a clock, work moves it forward, and a collective begins when the last of its members
 * comes to it. Knows no operator.
 */
import { groupsOf, ranksOf } from "../program/mesh.ts";
import type { CollectiveStep, Program } from "../program/types.ts";
import { exchangeTime } from "./costs.ts";
import type { Traffic } from "./traffic.ts";
import type { CostModel, TimeParts } from "./types.ts";

export interface Timeline {
  readonly milliseconds: number;
  readonly parts: TimeParts;
}

interface Clock {
  now: number;
  work: number;
  inside: number;
  between: number;
  waiting: number;
}

/** `workOf`: milliseconds of a step on a rank. */
export function timelineOf(
  { mesh, steps }: Pick<Program, "mesh" | "steps">,
  costs: CostModel,
  workOf: (step: number, rank: number) => number,
  trafficOf: (step: CollectiveStep) => readonly Traffic[],
): Timeline {
  const clocks = Array.from({ length: ranksOf(mesh) }, (): Clock => {
    return { now: 0, work: 0, inside: 0, between: 0, waiting: 0 };
  });
  for (const [index, step] of steps.entries()) {
    if (step.kind !== "collective") clocks.forEach((clock, rank) => compute(clock, workOf(index, rank)));
    else {
      const traffic = trafficOf(step);
      for (const members of groupsOf(step.group, mesh)) {
        if (members.length > 1) exchange(clocks, members, exchangeTime(costs, members, traffic));
      }
    }
  }
  const end = Math.max(...clocks.map(({ now }) => now));
  for (const clock of clocks) clock.waiting += end - clock.now;
  const mean = (part: (clock: Clock) => number): number =>
    clocks.reduce((sum, clock) => sum + part(clock), 0) / clocks.length;
  const parts = {
    work: mean(({ work }) => work),
    exchange_inside: mean(({ inside }) => inside),
    exchange_between: mean(({ between }) => between),
    waiting: mean(({ waiting }) => waiting),
  };
  return { milliseconds: end, parts };
}

function compute(clock: Clock, milliseconds: number): void {
  clock.now += milliseconds;
  clock.work += milliseconds;
}

function exchange(
  clocks: readonly Clock[],
  members: readonly number[],
  { milliseconds, between }: ReturnType<typeof exchangeTime>,
): void {
  const begin = Math.max(...members.map((member) => clocks[member]!.now));
  for (const member of members) {
    const clock = clocks[member]!;
    clock.waiting += begin - clock.now;
    clock[between ? "between" : "inside"] += milliseconds;
    clock.now = begin + milliseconds;
  }
}
