/**
 * @file One rank of a job in which one fault happens: `rank.js ORDER`. A script as a user would write it, which writes down what it sees.
 * Judges nothing.
 */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { ContextParallelError } from "../../../compiler/diagnostics/error.ts";
import type { Session } from "../../../runtime/caller/session.ts";
import { faultInCall, isHandlerFault, slow } from "../handlers.ts";
import { attachAnew, runRight, WORK } from "../host.ts";
import type { After } from "../order.ts";
import type { JobOrder, OwnFault, RankSaid } from "./order.ts";

/** How long a rank that does not answer is waited for. */
const GRACE_MS = 2_000;
/** Long enough for all to be where the fault is to happen. */
const SETTLE_MS = 250;
/** The other rank is in its handler for much longer than the moment of the fault. */
const SLOW_MS = 1_500;
/** Length of the longest piece: a link takes a while to go down. */
const LONGEST = 1_900;
/** Longer than a rank that ends with an error waits for the others. */
const LATE_MS = 7_000;
/** Longer than a rank that does not answer is waited for. */
const AFTER_MS = 5_000;

const order = JSON.parse(process.argv[2] ?? "null") as JobOrder;
const OF_THE_LINK: ReadonlySet<string> = new Set(["link down", "packets lost", "few packets lost"]);
const piece = OF_THE_LINK.has(order.fault) ? LONGEST : 2 * WORK.long;
const rank = Number(process.env["OMPI_COMM_WORLD_RANK"] ?? process.env["PMI_RANK"]);
const faulty = rank === order.rank;
const limits = order.deadlineMs === null ? {} : { deadlineMs: order.deadlineMs };

function say(said: RankSaid): void {
  appendFileSync(join(order.reports, `rank${rank}.jsonl`), `${JSON.stringify(said)}\n`);
}

const ownFaults: Readonly<Record<OwnFault, () => unknown>> = {
  "error of the script": () => {
    throw new Error("an error of the script");
  },
  "rejection in the script": () => void Promise.reject(new Error("a rejection in the script")),
  "exit 0 of the script": () => process.exit(0),
  "exit 3 of the script": () => process.exit(3),
  "endless loop of the script": () => {
    for (;;);
  },
  "full heap of the script": () => {
    const all: unknown[] = [];
    for (;;) all.push(Array.from({ length: 1_000 }, () => all.length));
  },
  SIGKILL: () => process.kill(process.pid, "SIGKILL"),
  SIGSTOP: () => process.kill(process.pid, "SIGSTOP"),
  "SIGSTOP, SIGCONT": () => process.kill(process.pid, "SIGSTOP"),
  // After the release, see below.
  "late end": () => undefined,
};

const isOwn = (fault: string): fault is OwnFault => Object.hasOwn(ownFaults, fault);

/** Of the rank with the fault: does it, or says that it may come from outside. */
function act(): void {
  say({ kind: "at", time: Date.now() });
  if (isOwn(order.fault)) ownFaults[order.fault]();
}

function actIn(milliseconds: number): void {
  if (faulty && !isHandlerFault(order.fault)) setTimeout(act, milliseconds);
}

/** All ranks make the same calls. */
async function calls(session: Session): Promise<void> {
  const { fault, place } = order;
  // The fault has happened.
  if (place === "attach") return;
  if (fault === "exchange memory") return runRight(session, WORK.noExchange, limits);
  if (fault === "piece memory") return runRight(session, WORK.noPiece, limits);
  if (isHandlerFault(fault)) return inHandler(session, faultInCall(fault, order.rank));
  if (place === "between runs") {
    actIn(0);
    await new Promise((done) => void setTimeout(done, SETTLE_MS));
    return runRight(session, WORK.short, limits);
  }
  if (place === "piece") {
    actIn(SETTLE_MS);
    return runRight(session, piece, limits);
  }
  return inHandler(session, slow(SLOW_MS, 1 - order.rank));
}

async function inHandler(session: Session, url: string): Promise<void> {
  const remove = await session.hooks.register("block", "post_forward", url);
  try {
    if (faulty && isHandlerFault(order.fault)) say({ kind: "at", time: Date.now() });
    actIn(SETTLE_MS);
    await runRight(session, order.place === "piece" ? piece : WORK.short, limits);
  } finally {
    await remove();
  }
}

async function afterwards(session: Session | null): Promise<After> {
  if (session === null) return "no session";
  try {
    await runRight(session, WORK.short, { deadlineMs: AFTER_MS });
    return "usable";
  } catch (error) {
    const code = error instanceof ContextParallelError ? error.code : "";
    return ENDED.has(code) ? "ended" : code === "CP6508" ? "no answer" : "wrong result";
  }
}

/** The session cannot run any more, and says so. */
const ENDED: ReadonlySet<string> = new Set(["CP6511", "CP6562", "CP6559"]);

function described(error: unknown): { readonly code: string; readonly message: string; readonly details: string } {
  if (!(error instanceof ContextParallelError)) return { code: "other", message: String(error), details: "" };
  return { code: error.code, message: error.message, details: JSON.stringify(error.diagnostics) };
}

async function main(): Promise<void> {
  // Open MPI gives every job a number, which its shared memory has in its name.
  say({ kind: "started", pid: process.pid, job: Number(process.env["PMIX_NAMESPACE"] ?? 0).toString(16) });
  let session: Session | null = null;
  let seen = { code: null as string | null, message: "", details: "" };
  try {
    if (order.place === "attach") actIn(1 + ((order.run * 137) % 600));
    const starting = order.place === "attach" ? limits : {};
    session = await attachAnew({ ...order, backend: "native" }, { world: "mpi", ...starting }, GRACE_MS);
    await runRight(session, WORK.short, starting);
    await calls(session);
  } catch (error) {
    seen = described(error);
  }
  const time = Date.now();
  const after = await afterwards(session);
  say({ kind: "outcome", ...seen, after, time });
  await session?.release();
  if (faulty && order.fault === "late end") await new Promise((done) => void setTimeout(done, LATE_MS));
  if (seen.code !== null) process.exitCode = 1;
}

await main();
