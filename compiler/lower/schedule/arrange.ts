/**
 * @file Puts the steps into the order in which a rank executes them: piece bodies, collectives, hooks. Knows nothing of
 * models or names inside a piece.
 */
import type { CollectiveStep, LocalStep } from "../../shard/types.ts";
import { isOperand, readsOf, writesOf } from "../flow.ts";
import type { Flow, FlowStep, UserHook } from "../flow.ts";
import { groupBy } from "../../group.ts";

/**
 * A piece body: local steps that become one piece, with the values that they read and those that others read from them, in order of first
 * use.
 */
export interface PieceBody {
  readonly kind: "body";
  /** The attention site that these steps belong to; then the piece holds no weights. */
  readonly site: string | null;
  readonly steps: readonly LocalStep[];
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** Collective steps of the sharded graph that are carried out as one. */
export interface Collective {
  readonly kind: "collective";
  readonly steps: readonly CollectiveStep[];
}

export type Placed = PieceBody | Collective | UserHook;

export function arrange(
  flow: Flow,
  phases: ReadonlyMap<FlowStep, number>,
  inside: ReadonlyMap<FlowStep, string>,
): readonly Placed[] {
  const byPhase = groupBy(flow.steps, (step) => phases.get(step)!);
  const ordered = [...byPhase.keys()].sort((a, b) => a - b).map((phase) => byPhase.get(phase)!);
  const groups = ordered.flatMap((steps) => [localGroups(steps, inside), crossRanks(steps)].flat());
  const needed = neededOutside(flow, groups);
  return groups.map((group) => ("locals" in group ? bodyOf(flow, group, needed) : group));
}

interface LocalGroup {
  readonly site: string | null;
  readonly locals: readonly LocalStep[];
}

/** The steps outside attention first. */
function localGroups(steps: readonly FlowStep[], inside: ReadonlyMap<FlowStep, string>): readonly LocalGroup[] {
  const locals = steps.filter((step) => step.kind === "local");
  const groups = [...groupBy(locals, (step) => inside.get(step) ?? null)];
  return groups
    .map(([site, locals]) => ({ site, locals }))
    .sort((a, b) => Number(a.site !== null) - Number(b.site !== null));
}

/** Collectives of the same kind and purpose in the same phase become one, with several transfers. */
function crossRanks(steps: readonly FlowStep[]): readonly (Collective | UserHook)[] {
  const collectives = groupBy(
    steps.filter((step) => step.kind === "collective"),
    ({ collective, group, purpose, origin }) =>
      [collective, group, purpose, origin.module, origin.node, origin.spec?.origin.pointer].join("\n"),
  );
  return [
    ...[...collectives.values()].map((steps): Collective => ({ kind: "collective", steps })),
    ...steps.filter((step) => step.kind === "hook"),
  ];
}

/** Values that are outputs, or that a step outside their body reads. */
function neededOutside(flow: Flow, groups: readonly (LocalGroup | Collective | UserHook)[]): ReadonlySet<string> {
  const needed = new Set(flow.outputs);
  for (const group of groups) {
    const steps = "locals" in group ? group.locals : group.kind === "collective" ? group.steps : [group];
    const own = new Set("locals" in group ? group.locals.flatMap(writesOf) : []);
    for (const name of steps.flatMap(readsOf)) if (!own.has(name)) needed.add(name);
  }
  return needed;
}

function bodyOf(flow: Flow, { site, locals }: LocalGroup, needed: ReadonlySet<string>): PieceBody {
  const made = locals.flatMap(writesOf);
  const own = new Set(made);
  const read = new Set(locals.flatMap(readsOf));
  return {
    kind: "body",
    site,
    steps: locals,
    reads: [...read].filter((name) => !own.has(name) && !isOperand(flow, name)),
    writes: made.filter((name) => needed.has(name)),
  };
}
