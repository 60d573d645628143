/**
 * @file Which values may lie in the memory of an exchange instead of memory of their own, read from the order of the steps. That memory
 * is free again once every rank has come to the collective after it, so that a value must not be used any later. Knows no rank.
 */
import type { CollectiveStep, Program, ProgramStep } from "../../program/types.ts";
import { groupOf, type Mesh } from "../../program/mesh.ts";

/** A block of a collective: `slot` of `send` in a transfer. */
export interface BlockAt {
  readonly step: CollectiveStep;
  readonly transfer: number;
  readonly slot: number;
}

export interface Flow {
  /** For the value that a piece makes at a step: the block of the next collective that it is, if it may be made there. */
  readonly blockOf: (index: number, value: string) => BlockAt | null;
  /** Whether a value that arrives needs memory of its own. */
  readonly outlives: (value: string) => boolean;
}

export function flowOf({ steps, mesh }: Pick<Program, "steps" | "mesh">): Flow {
  const lastUse = lastUses(steps, mesh);
  const collectives = steps.flatMap((step, index) => (step.kind === "collective" ? [index] : []));
  const following = steps.map(() => Infinity);
  for (let i = steps.length - 2; i >= 0; i--) {
    following[i] = steps[i + 1]!.kind === "collective" ? i + 1 : following[i + 1]!;
  }
  const nextCollective = (index: number): number => following[index] ?? Infinity;
  // The collective after that one at `index` may still send it.
  const kept = new Set(
    collectives.flatMap((index) =>
      namesReceived(steps[index]!).filter((value) => lastUse(value) > nextCollective(index)),
    ),
  );
  return {
    blockOf: (index, value) => {
      const at = nextCollective(index);
      const step = steps[at];
      const block = step?.kind === "collective" ? blockIn(step, value) : null;
      // The block that stays on its rank is not made in the memory of the exchange, unless other ranks read it as well.
      const own = block === null || block.step.collective === "all-gather" || block.times > 1 ? undefined : step;
      return block === null || lastUse(value, own) > nextCollective(at) ? null : block;
    },
    outlives: (value) => kept.has(value),
  };
}

function blockIn(step: CollectiveStep, value: string): (BlockAt & { readonly times: number }) | null {
  const found = step.transfers.flatMap(({ send }, transfer) =>
    send.flatMap((name, slot) => (name === value ? [{ step, transfer, slot }] : [])),
  );
  return found.length === 0 ? null : { ...found[0]!, times: found.length };
}

/** Index of the last step that uses a value under any name, those that it gets at the step `except` left out; `Infinity`: never freed. */
type LastUse = (value: string, except?: ProgramStep) => number;

function lastUses(steps: readonly ProgramStep[], mesh: Mesh): LastUse {
  const freed = new Map(steps.flatMap(({ frees }, index) => frees.map((value) => [value, index] as const)));
  const names = new Map<string, { readonly step: ProgramStep; readonly name: string }[]>();
  const known = new Map<string, number>();
  const latest = (value: string, others: readonly string[]): number =>
    others.reduce(
      (last, name) => Math.max(last, known.get(name) ?? freed.get(name) ?? Infinity),
      freed.get(value) ?? Infinity,
    );
  // From the last step: a name is written before it gets others, in chains as long as the program.
  for (const step of steps.toReversed()) {
    for (const [value, name] of renamedAt(step, mesh)) {
      const found = names.get(value) ?? [];
      found.push({ step, name });
      names.set(value, found);
      known.set(value, Math.max(known.get(value) ?? latest(value, []), latest(value, [name])));
    }
  }
  return (value, except) => {
    if (except === undefined) return known.get(value) ?? latest(value, []);
    return latest(
      value,
      (names.get(value) ?? []).filter(({ step }) => step !== except).map(({ name }) => name),
    );
  };
}

/** Values that may be the same tensor under another name after the step: looked at by a hook, or a block that stays on its rank. */
function renamedAt(step: ProgramStep, mesh: Mesh): readonly (readonly [string, string])[] {
  if (step.kind === "piece") return [];
  if (step.kind === "hook") return [[step.value, step.result]];
  const alone = groupOf(step.group, 0, mesh).length === 1;
  if (step.collective === "shift" && !alone) return [];
  const every = step.collective === "all-gather";
  return step.transfers.flatMap(({ send, receive }) =>
    send.flatMap((value, i) => receive.filter((_, j) => every || i === j).map((name) => [value, name] as const)),
  );
}

function namesReceived(step: ProgramStep): readonly string[] {
  return step.kind === "collective" ? step.transfers.flatMap(({ receive }) => receive) : [];
}
