/**
 * @file The worker's side of the conversation with the driver: one answer per request, one request at a time. Knows no step.
 */
import type { MessagePort } from "node:worker_threads";
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose, invariant } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { ExchangeMemory, FromRank, RankReport, RankSetup, RunRequest, ToRank, ToThread } from "../messages.ts";
import { reasonOf } from "../reason.ts";
import { unpackFeeds } from "../feeds.ts";
import { orAborted } from "../world/patience.ts";
import { throwIfAborted } from "../world/threads/control.ts";
import { guardOf } from "../world/threads/guard.ts";
import { announcer } from "../world/threads/places.ts";
import { threadWorld } from "../world/threads/world.ts";
import { RunAborted } from "../world/world.ts";
import type { Guard, World } from "../world/world.ts";
import { collectGarbage } from "./garbage.ts";
import { startRank } from "./rank.ts";
import type { Rank } from "./rank.ts";

/** Serves one session after the other; each begins with its start. */
export function serveThread(port: MessagePort): void {
  let hear: ((request: ToRank) => void) | undefined;
  port.on("message", (message: ToThread) => {
    if (message.kind === "start") hear = serveRank(port, message.setup);
    else hear?.(message);
    if (message.kind === "release") hear = undefined;
  });
}

/** Starts the rank and answers that; the function is given its requests, of which a release is the last. */
function serveRank(port: MessagePort, setup: RankSetup): (request: ToRank) => void {
  const { rank, program, pieces, control } = setup;
  const guard = guardOf(control, rank);
  let starting = Promise.all([
    startRank(rank, program, pieces, guard, announcer(control, rank)),
    openWorlds(setup, guard),
  ]);
  let last: Promise<void> = answer(port, rank, async () => {
    await starting;
    return null;
  });
  const release = async (stay: boolean): Promise<null> => {
    const [started] = await starting;
    // Its world has memory as well.
    starting = Promise.reject(new RunAborted());
    starting.catch(() => undefined);
    await started.release();
    if (stay) await collectGarbage();
    return null;
  };
  return (request) => {
    const work = async (): Promise<RankReport | null> => {
      if (request.kind === "release") return release(request.stay ?? false);
      return serve(port, setup, ...(await starting), request);
    };
    last = last.then(async () => answer(port, rank, work));
  };
}

/** The world of a run; the memory of the request is of the kind of the transport. */
type OpenWorld = (memory: ExchangeMemory) => World;

async function openWorlds(setup: RankSetup, guard: Guard): Promise<OpenWorld> {
  const { rank, size, control, transport } = setup;
  if (transport.kind === "threads") {
    const thread = { rank, size, control, spin: transport.spin };
    return (memory) => threadWorld(thread, memory.kind === "threads" ? memory.outboxes : []);
  }
  const { openMpiWorlds } = await import("../world/mpi/world.ts");
  const open = await openMpiWorlds({ rank, size, control, guard, ...transport });
  return (memory) => {
    invariant(memory.kind === "mpi", "a run under MPI needs a communicator");
    return open(memory.comm, memory.outboxBytes);
  };
}

async function serve(
  port: MessagePort,
  setup: RankSetup,
  rank: Rank,
  worlds: OpenWorld,
  request: Exclude<ToRank, { kind: "release" }>,
): Promise<RankReport | null> {
  if (request.kind === "run") return run(port, setup, rank, worlds(request.memory), request);
  if (request.kind === "measure") return rank.measure(request.lengths, () => throwIfAborted(setup.control));
  await orAborted(() => throwIfAborted(setup.control), rank.handlers.register(request.registration));
  return null;
}

function run(
  port: MessagePort,
  { returns }: RankSetup,
  rank: Rank,
  world: World,
  request: RunRequest,
): Promise<RankReport> {
  const { feeds, lengths, shares, wanted, handlers, progress } = request;
  const onStep = (done: number): void => {
    if (progress) say(port, { kind: "progress", done });
  };
  return rank.run(world, {
    feeds: unpackFeeds(feeds, rank.inPlace),
    lengths,
    shares,
    wanted: returns ? wanted : [],
    handlers,
    onStep,
  });
}

async function answer(port: MessagePort, rank: number, work: () => Promise<RankReport | null>): Promise<void> {
  try {
    say(port, { kind: "done", report: await work() });
  } catch (error) {
    say(port, error instanceof RunAborted ? { kind: "aborted" } : { kind: "fault", diagnostics: explain(rank, error) });
  }
}

function explain(rank: number, error: unknown): ContextParallelError["diagnostics"] {
  if (error instanceof ContextParallelError) return error.diagnostics;
  return [diagnose(runtimeMessages.step, { place: `rank ${rank}`, reason: reasonOf(error) })];
}

/** Moves the memory of outputs instead of copying it. */
function say(port: MessagePort, message: FromRank): void {
  const outputs = message.kind === "done" ? (message.report?.outputs ?? []) : [];
  port.postMessage(
    message,
    outputs.map(({ data }) => data.buffer as ArrayBuffer),
  );
}
