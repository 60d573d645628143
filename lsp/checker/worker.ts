/**
 * @file The thread of checks: one request after the other. Knows no editor.
 */
import { parentPort, workerData } from "node:worker_threads";
import { check } from "./check.ts";
import { createModels } from "./models.ts";
import type { FromChecker, OutlineRequest, ToChecker } from "./protocol.ts";

const models = createModels();
/** The check that is stale, by its number. */
const stale = workerData as Int32Array<SharedArrayBuffer>;
let last: Promise<void> = Promise.resolve();

parentPort?.on("message", (request: ToChecker) => {
  last = last.then(() => answer(request));
});

async function answer(request: ToChecker): Promise<void> {
  const { id } = request;
  try {
    if (request.kind === "outline") return say(await outline(request));
    const isStale = async (): Promise<boolean> => Atomics.load(stale, 0) >= id;
    if (await isStale()) return;
    await check(request, models, { reply: say, isStale });
  } catch (error) {
    say({ kind: "failed", id, problem: error instanceof Error ? error.message : String(error) });
  }
}

async function outline({ id, model }: OutlineRequest): Promise<FromChecker> {
  const state = await models.stateOf(model);
  return { kind: "outline", id, model: state, inspection: await models.inspectionOf(state) };
}

function say(message: FromChecker): void {
  parentPort?.postMessage(message, []);
}
