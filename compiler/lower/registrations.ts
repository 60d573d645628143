/**
 * @file The plan as hook registrations in the order of the program: splits, gathers, attention schemes, alignments and points for user
 * hooks. Knows nothing of piece models.
 */
import type { HookPhase, ProgramHook } from "../../program/types.ts";
import type { PlanSpec } from "../plan/types.ts";
import type { Alignment, AttentionSite } from "../shard/types.ts";
import type { Placed } from "./schedule/arrange.ts";
import { isOperand, makersOf, moduleOf, readersOf, readsOf, writesOf } from "./flow.ts";
import type { Flow, FlowStep } from "./flow.ts";
import { groupBy } from "../group.ts";

export interface Registrations {
  readonly hooks: readonly ProgramHook[];
  /** The hook that a collective or a user hook's step carries out. */
  readonly hookOf: ReadonlyMap<FlowStep, number>;
}

/** A hook whose position is not known yet. */
interface Registration {
  readonly hook: Omit<ProgramHook, "id" | "order">;
  readonly steps: readonly FlowStep[];
}

export function register(
  flow: Flow,
  placed: readonly Placed[],
  sites: readonly AttentionSite[],
  alignments: readonly Alignment[],
): Registrations {
  const steps = placed.flatMap((p): readonly FlowStep[] => (p.kind === "hook" ? [p] : p.steps));
  const position = new Map(steps.map((step, i) => [step, i]));
  const first = ({ steps }: Registration): number => Math.min(...steps.map((step) => position.get(step)!));
  const readers = readersOf(steps);
  const ends = (own: readonly FlowStep[]): Ends => endsOf(flow, readers, own);
  const found = [
    ...planned(steps, ends),
    ...aligned(steps, alignments),
    ...attention(steps, sites, ends),
    ...steps.filter((step) => step.kind === "hook").map(userHook),
  ].sort((a, b) => first(a) - first(b));
  const hookOf = new Map<FlowStep, number>();
  found.forEach(({ steps }, id) => {
    for (const step of steps) if (step.kind !== "local" && !hookOf.has(step)) hookOf.set(step, id);
  });
  const hooks = found.map(({ hook: { module, phase, action, reads, writes, origin } }, id): ProgramHook => {
    return { id, module, phase, order: id, action, reads, writes, origin };
  });
  return { hooks, hookOf };
}

/** One registration for each plan entry at each module where it has an effect. */
function planned(steps: readonly FlowStep[], ends: (own: readonly FlowStep[]) => Ends): readonly Registration[] {
  const bySpec = groupBy(steps, (step) => (step.kind === "hook" ? null : step.origin.spec));
  return [...bySpec].flatMap(([spec, all]) => {
    if (spec === null) return [];
    const phase: HookPhase = spec.side === "input" ? "pre_forward" : "post_forward";
    return [...groupBy(all, moduleOf)].map(([module, own]): Registration => ({
      steps: own,
      hook: { module, phase, action: spec.action, ...ends(own), origin: originOf(spec) },
    }));
  });
}

function aligned(steps: readonly FlowStep[], alignments: readonly Alignment[]): readonly Registration[] {
  const makers = makersOf(steps);
  return alignments.flatMap(({ value, aligned, origin }): readonly Registration[] => {
    const step = makers.get(aligned);
    if (step === undefined) return [];
    const hook = {
      module: origin.module,
      phase: "pre_forward",
      action: "align",
      reads: [value],
      writes: [aligned],
      origin: originOf(origin.spec),
    } as const;
    return [{ steps: [step], hook }];
  });
}

function attention(
  steps: readonly FlowStep[],
  sites: readonly AttentionSite[],
  ends: (own: readonly FlowStep[]) => Ends,
): readonly Registration[] {
  const byNode = groupBy(steps, (step) => (step.kind === "hook" ? null : step.origin.node));
  return sites.flatMap(({ node, module, scheme, entry }): readonly Registration[] => {
    const own = byNode.get(node) ?? [];
    if (own.length === 0) return [];
    const origin = entry === null ? null : { pointer: entry.origin.pointer, span: entry.origin.span };
    return [{ steps: own, hook: { module, phase: "attention", action: scheme, ...ends(own), origin } }];
  });
}

function userHook(step: Extract<FlowStep, { kind: "hook" }>): Registration {
  const { module, phase, value, result } = step;
  return { steps: [step], hook: { module, phase, action: "user", reads: [value], writes: [result], origin: null } };
}

type Ends = Pick<ProgramHook, "reads" | "writes">;

/** Values that enter and leave a set of steps. */
function endsOf(flow: Flow, readers: ReturnType<typeof readersOf>, own: readonly FlowStep[]): Ends {
  const inside = new Set(own);
  const made = new Set(own.flatMap(writesOf));
  const leaves = (name: string): boolean =>
    flow.outputs.includes(name) || (readers.get(name) ?? []).some((step) => !inside.has(step));
  return {
    reads: [...new Set(own.flatMap(readsOf))].filter((name) => !made.has(name) && !isOperand(flow, name)),
    writes: [...made].filter(leaves),
  };
}

function originOf(spec: PlanSpec | null): ProgramHook["origin"] {
  return spec === null ? null : { pointer: spec.origin.pointer, span: spec.origin.span };
}
