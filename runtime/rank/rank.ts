/**
 * @file One rank: its pieces, its handlers, and runs over whatever world it is given. Knows no thread and no message port.
 */
import { invariant } from "../../compiler/diagnostics/diagnose.ts";
import type { Program } from "../../program/types.ts";
import type { OrtTensor } from "../../ort/session.ts";
import type { Lengths } from "../collectives/placement.ts";
import { execute } from "./execute.ts";
import type { RankReport } from "../messages.ts";
import { copyOf } from "../tensor.ts";
import type { Announce, Guard, World } from "../world/world.ts";
import { deriver } from "./derived.ts";
import { createHandlers } from "./handlers.ts";
import type { Handlers } from "./handlers.ts";
import { loadPieces, releasePieces } from "./pieces.ts";
import type { PieceSettings } from "./pieces.ts";

export interface RankRun {
  readonly feeds: ReadonlyMap<string, OrtTensor>;
  readonly lengths: Lengths;
  readonly wanted: readonly string[];
  /** Registrations whose handlers are called; the others are forgotten. */
  readonly handlers: readonly number[];
  readonly onStep: (done: number) => void;
}

export interface Rank {
  /** Throws `ContextParallelError` after it has aborted the world, or `RunAborted`. */
  readonly run: (world: World, run: RankRun) => Promise<RankReport>;
  readonly handlers: Handlers;
  readonly release: () => Promise<void>;
}

/** Loads all pieces. Throws `ContextParallelError`. */
export async function startRank(
  rank: number,
  program: Program,
  settings: PieceSettings,
  guard: Guard,
  announce: Announce,
): Promise<Rank> {
  const pieces = await loadPieces(program.pieces, settings, rank, guard, announce);
  const handlers = createHandlers(rank);
  const derive = deriver(program, rank);
  return {
    handlers,
    run: async (world, { feeds, lengths, wanted, handlers: active, onStep }) => {
      try {
        handlers.keep(active);
        const derived = derive(lengths);
        const { values, times } = await execute({ program, world, pieces, handlers, derived, feeds, announce, onStep });
        const sent = program.steps.map((step) => (step.kind === "exchange" ? derived.placement(step).sent : 0));
        return { outputs: rank === 0 ? outputsOf(values, derived.integers, wanted) : [], times, sent };
      } catch (error) {
        world.abort();
        throw error;
      }
    },
    release: () => releasePieces(pieces),
  };
}

/** The wanted values, each in memory of its own: they are about to move to another thread. */
function outputsOf(
  values: ReadonlyMap<string, OrtTensor>,
  kept: ReadonlyMap<string, OrtTensor>,
  wanted: readonly string[],
): RankReport["outputs"] {
  const taken = new Set<OrtTensor>(kept.values());
  return wanted.map((name) => {
    const value = values.get(name);
    invariant(value !== undefined, `the program's steps leave no output ${name}`);
    const { elem, dims, data } = taken.has(value) ? copyOf(value) : value;
    taken.add(value);
    return { name, elem, dims, data };
  });
}
