/**
 * @file A side like that of a split program, with its exchanges left out: every rank computes all its pieces and waits for nobody. The
 * outputs mean nothing; the time shows what exchanges cost.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Opened } from "../../cli/bench/sides/opened.ts";
import { serveSide } from "../../cli/bench/sides/serve.ts";
import { programOf } from "../../cli/bench/sides/split.ts";
import { toFeeds } from "../../cli/run/tensors.ts";
import { ranksOf } from "../../program/mesh.ts";
import { checkInputs } from "../../runtime/caller/check-inputs.ts";
import { startEngine } from "../../runtime/attach/engine.ts";
import { runStats } from "../../runtime/caller/stats.ts";
import { findModel } from "../../runtime/load/model-files.ts";
import type { RankReport } from "../../runtime/messages.ts";
import type { FreeRank } from "./free-rank.ts";

serveSide(async (config, feeds): Promise<Opened> => {
  if (config.kind !== "split") throw new Error("only a split program has exchanges");
  const { program, folder, files } = await programOf(config.program);
  const size = ranksOf(program.mesh);
  const inputs = checkInputs(program, toFeeds(feeds));
  if (!inputs.ok) throw new Error("the feeds do not fit the program");
  const engine = await startEngine(program, {
    folder,
    files,
    modelFolder: (await findModel(program, folder))?.weights ?? null,
    devices: Array.from({ length: size }, () => "cpu"),
    threads: Math.max(1, Math.floor(availableParallelism() / size)),
    backend: config.backend ?? undefined,
  });
  const workers = Array.from({ length: size }, (_, rank) => {
    const { feeds: given, lengths } = inputs.value;
    const workerData: FreeRank = { rank, size, program, pieces: engine.settingsOf(rank), feeds: given, lengths };
    return new Worker(new URL("free-rank.js", import.meta.url), { workerData, execArgv: [] });
  });
  await Promise.all(workers.map(answerOf));
  return {
    backend: engine.backend,
    notes: engine.notes,
    run: async () => {
      const begun = performance.now();
      const answers = workers.map(answerOf);
      for (const worker of workers) worker.postMessage("run", []);
      const reports = (await Promise.all(answers)) as readonly RankReport[];
      return { outputs: {}, stats: runStats(program, reports, performance.now() - begun) };
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
      engine.release();
    },
  };
});

function answerOf(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}
