/**
 * @file One rank: its pieces, its handlers, and runs over whatever world it is given. Knows no thread and no message port.
 */
import { equalCut, type Shares } from "../../program/shares.ts";
import type { Program } from "../../program/types.ts";
import type { OrtTensor } from "../../ort/session.ts";
import type { Lengths } from "../collectives/placement.ts";
import { execute } from "./execute.ts";
import type { RankReport } from "../messages.ts";
import type { Announce, Guard, World } from "../world/world.ts";
import { deriver } from "./derived.ts";
import { flowOf } from "./flow.ts";
import { createHandlers } from "./handlers.ts";
import type { Handlers } from "./handlers.ts";
import { measureRank } from "./measure.ts";
import { loadPieces, releasePieces } from "./pieces.ts";
import type { PieceSettings } from "./pieces.ts";
import { createResults } from "./results.ts";
import { createTable } from "./table.ts";

export interface RankRun {
  readonly feeds: ReadonlyMap<string, OrtTensor>;
  readonly lengths: Lengths;
  readonly shares: Shares;
  /** Outputs that this rank returns. */
  readonly wanted: readonly string[];
  /** Registrations whose handlers are called; the others are forgotten. */
  readonly handlers: readonly number[];
  readonly onStep: (done: number) => void;
}

export interface Rank {
  /** Throws `ContextParallelError` after it has aborted the world, or `RunAborted`. */
  readonly run: (world: World, run: RankRun) => Promise<RankReport>;
  /** One time, in milliseconds. Throws `ContextParallelError`, or what `check` throws. */
  readonly measure: (lengths: Lengths, check: () => void) => Promise<RankReport>;
  readonly handlers: Handlers;
  /** Whether feeds may lie in shared memory. */
  readonly inPlace: boolean;
  readonly release: () => Promise<void>;
}

/** Makes the pieces ready. Throws `ContextParallelError`. */
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
  const flow = flowOf(program);
  return {
    inPlace: pieces.values.inPlace,
    handlers,
    measure: async (lengths, check) => {
      const settings = { program, rank, pieces, derived: derive(lengths, null), lengths, cut: equalCut, check };
      return { outputs: [], times: [await measureRank(settings)], sent: [] };
    },
    run: async (world, { feeds, lengths, shares, wanted, handlers: active, onStep }) => {
      const table = createTable();
      try {
        handlers.keep(active);
        const derived = derive(lengths, shares);
        for (const [name, tensor] of [...derived.integers, ...feeds]) table.set(name, pieces.values.hold(tensor));
        const results = createResults(program, wanted, lengths);
        const given = { program, flow, world, pieces, handlers, derived, table, results, announce, onStep };
        const times = await execute(given);
        const sent = program.steps.map((step) => (step.kind === "collective" ? derived.placement(step).sent : 0));
        return { outputs: results.take(table), times, sent };
      } catch (error) {
        world.abort();
        throw error;
      } finally {
        table.clear();
      }
    },
    release: () => releasePieces(pieces),
  };
}
