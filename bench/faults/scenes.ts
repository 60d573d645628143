/**
 * @file How each fault is brought about at each place: a call that ends well, or with the error that the caller sees. Knows no expectation.
 */
import type { Session } from "../../runtime/caller/session.ts";
import { faultAfterCall, faultInCall, faultInModule, isHandlerFault, slow } from "./handlers.ts";
import { attachAnew, runRight, WORK } from "./host.ts";
import type { Cell, HandlerFault, Order, Place } from "./order.ts";

export interface Scene {
  readonly order: Order;
  readonly cell: Cell;
  readonly run: number;
  /** Attached and usable; at the place `attach` there is none. */
  readonly session: Session | null;
  /** Brings about a fault of the caller, or lets one come from outside. */
  readonly act: (stop: () => void) => void;
}

/** What a call gave: a session at `attach`. */
export type Given = Session | null;

/** Longer than any wait of a scene. */
const SLOW_MS = 300;
const DEADLINE_MS = 200;

export function play(scene: Scene): Promise<Given> {
  const { session } = scene;
  if (session === null) return atAttach(scene);
  return within(scene, session).then(() => null);
}

function within(scene: Scene, session: Session): Promise<unknown> {
  const { fault, place } = scene.cell;
  if (isHandlerFault(fault)) return inHandler(session, fault, place);
  if (fault === "exchange memory") return runRight(session, WORK.noExchange);
  if (fault === "piece memory") return runRight(session, WORK.noPiece);
  if (fault === "deadline") return late(session, place);
  return place === "between runs" ? between(scene, session) : during(scene, session, place);
}

/** Moments from the first to the last step of a start. */
function momentOf(run: number): number {
  return 1 + ((run * 37) % 120);
}

async function atAttach({ order, cell, run, act }: Scene): Promise<Given> {
  const moment = momentOf(run);
  if (cell.fault === "deadline") return attachAnew(order, { deadlineMs: moment });
  const stop = new AbortController();
  const attaching = attachAnew(order, { signal: stop.signal });
  setTimeout(() => act(() => stop.abort()), moment);
  return attaching;
}

async function inHandler(session: Session, fault: HandlerFault, place: Place): Promise<void> {
  const limit = fault === "no answer" || fault === "endless loop" ? { deadlineMs: 2 * DEADLINE_MS } : {};
  if (place === "registration") {
    await session.hooks.register("block", "post_forward", faultInModule(fault), limit);
    return;
  }
  const url = place === "between runs" ? faultAfterCall(fault) : faultInCall(fault);
  const remove = await session.hooks.register("block", "post_forward", url);
  try {
    await runRight(session, place === "piece" ? WORK.long : WORK.short, place === "between runs" ? {} : limit);
    if (place !== "between runs") return;
    await pause(2 * SLOW_MS);
    await runRight(session, WORK.short, limit);
  } finally {
    await remove();
  }
}

async function late(session: Session, place: Place): Promise<void> {
  const deadlineMs = DEADLINE_MS;
  if (place === "piece") return runRight(session, 2 * WORK.long, { deadlineMs });
  await withSlowRank(session, 2 * DEADLINE_MS, async () => {
    if (place === "collective") return runRight(session, WORK.short, { deadlineMs });
    const first = runRight(session, WORK.short);
    const second = runRight(session, WORK.short, { deadlineMs: DEADLINE_MS / 2 });
    const [, ended] = await Promise.allSettled([first, second]);
    await first;
    rethrow(ended);
  });
}

function rethrow(settled: PromiseSettledResult<unknown>): void {
  if (settled.status === "rejected") throw settled.reason;
}

/** In the piece, or in the collective where rank 0 waits for rank 1. */
async function during({ act }: Scene, session: Session, place: Place): Promise<void> {
  const stop = new AbortController();
  const steps = place === "piece" ? 2 : 3;
  const options = {
    signal: stop.signal,
    onProgress: ({ done }: { readonly done: number }): void => {
      if (done === steps) act(() => stop.abort());
    },
  };
  if (place === "piece") return runRight(session, WORK.long, options);
  return withSlowRank(session, SLOW_MS, () => runRight(session, WORK.short, options));
}

/** Of a queued run for a signal, else of the idle session. */
async function between({ cell, act }: Scene, session: Session): Promise<void> {
  await runRight(session, WORK.short);
  if (cell.fault !== "abort") {
    act(() => undefined);
    await pause(SLOW_MS / 3);
    return runRight(session, WORK.short);
  }
  await withSlowRank(session, SLOW_MS, async () => {
    const stop = new AbortController();
    const first = runRight(session, WORK.short);
    const second = runRight(session, WORK.short, { signal: stop.signal });
    setTimeout(() => act(() => stop.abort()), SLOW_MS / 3);
    const [, ended] = await Promise.allSettled([first, second]);
    await first;
    rethrow(ended);
  });
}

async function withSlowRank(session: Session, milliseconds: number, work: () => Promise<void>): Promise<void> {
  const remove = await session.hooks.register("block", "post_forward", slow(milliseconds));
  try {
    await work();
  } finally {
    await remove();
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => void setTimeout(done, milliseconds));
}
