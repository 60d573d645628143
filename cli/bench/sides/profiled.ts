/**
 * @file A program whose operators are profiled: all ranks take turns in one thread, over sessions of onnxruntime-node that write profiles.
 * The same steps as in a real run, without ranks that compute at the same time. Knows no message.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { ContextParallelError } from "../../../compiler/diagnostics/error.ts";
import type { OrtTensors } from "../../../ort/types.ts";
import { ranksOf } from "../../../program/mesh.ts";
import type { Program } from "../../../program/types.ts";
import type { Lengths } from "../../../program/lengths.ts";
import { checkInputs } from "../../../runtime/caller/check-inputs.ts";
import { outboxSizes, placer } from "../../../runtime/collectives/placement.ts";
import { useDevices } from "../../../runtime/devices/settings.ts";
import { findModel } from "../../../runtime/load/model-files.ts";
import type { OwnPieces } from "../../../runtime/rank/pieces.ts";
import { startRank } from "../../../runtime/rank/rank.ts";
import type { Rank } from "../../../runtime/rank/rank.ts";
import { localWorlds } from "../../../runtime/world/local.ts";
import { toFeeds } from "../../run/tensors.ts";
import type { Opened } from "./opened.ts";
import type { SplitSide } from "./protocol.ts";
import { programOf } from "./split.ts";
import { equalCut } from "../../../program/shares.ts";

/** Throws `ContextParallelError`. */
export async function openProfiled(
  { program: path, devices, profile }: SplitSide & { readonly profile: string },
  feeds: OrtTensors,
): Promise<Opened> {
  const { program, folder, files } = await programOf(path);
  const size = ranksOf(program.mesh);
  const inputs = checkInputs(program, toFeeds(feeds));
  if (!inputs.ok) throw new ContextParallelError(inputs.diagnostics);
  const threads = Math.max(1, Math.floor(availableParallelism() / size));
  const modelFolder = (await findModel(program, folder))?.weights ?? null;
  const common = { backend: "binding", folder, files, modelFolder, threads } as const;
  const all = Array.from({ length: size }, (_, rank) => devices?.[rank] ?? "cpu");
  const used = await useDevices(program, common, all);
  const ranks: Rank[] = [];
  for (const [rank, device] of all.entries()) {
    const settings: OwnPieces = { ...common, ...used.settingsOf(device), profile: join(profile, `rank${rank}`) };
    ranks.push(
      await startRank(
        rank,
        program,
        settings,
        (work) => work(),
        () => undefined,
      ),
    );
  }
  const { feeds: given, lengths } = inputs.value;
  const outbox = outboxOf(program, lengths);
  const run = { feeds: given, lengths, shares: null, wanted: [], handlers: [], onStep: () => undefined };
  return {
    backend: "binding",
    notes: [],
    run: async () => {
      const worlds = localWorlds(size, outbox);
      await Promise.all(ranks.map((rank, i) => rank.run(worlds[i]!, run)));
      return { outputs: {}, stats: null };
    },
    close: async () => {
      for (const rank of ranks) await rank.release();
      await used.close();
    },
  };
}

function outboxOf(program: Program, lengths: Lengths): number {
  return Math.max(0, ...outboxSizes(program, placer(program.mesh, lengths, equalCut)));
}
