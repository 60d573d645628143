/**
 * @file Attaches this process of an MPI job as one rank: all processes compare what they were started with, then each starts its rank. Knows
 * no message of a run.
 */
import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { worldMessages as messages } from "../../compiler/diagnostics/catalog/running/world.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { meshText, ranksOf } from "../../program/mesh.ts";
import type { Shares } from "../../program/shares.ts";
import type { CompiledProgram, Program } from "../../program/types.ts";
import type { WeightFiles } from "../load/weight-files.ts";
import { createFollower } from "../caller/follower.ts";
import { createSession } from "../caller/session.ts";
import type { Session, SessionSettings } from "../caller/session.ts";
import { lostRun } from "../caller/late.ts";
import { RankLost } from "../world/crew.ts";
import type { Crew } from "../world/crew.ts";
import { ownCores } from "../cores.ts";
import { agree } from "../world/mpi/agree.ts";
import type { Agreement, FromFollower, FromLeader, Identity } from "../world/mpi/contents.ts";
import { followCrew } from "../world/mpi/follower.ts";
import { hasOwnCore } from "../world/mpi/hosts.ts";
import type { Line } from "../world/mpi/hub.ts";
import { joinJob } from "../world/mpi/job.ts";
import type { Job } from "../world/mpi/job.ts";
import { leadCrew } from "../world/mpi/leader.ts";
import { exchangesOver } from "../world/mpi/seat.ts";
import type { OwnRank, Seat } from "../world/mpi/seat.ts";
import { startThreads } from "../world/threads/crew.ts";
import type { SetupOf } from "../world/threads/crew.ts";
import type { Engine } from "./engine.ts";
import { crossingNote } from "./placement.ts";
import { before, checkFiles, engineBy, engineFor, measured, refuseMoved, startedBy, timeLeft } from "./start.ts";
import type { Attached, StartLimit } from "./start.ts";
import { dropFolder, holdFolder } from "./temporary.ts";

/** How long all may take to make a communicator, once they have met. */
const SEAT_MS = 30_000;

/** A process that is to become a rank. */
interface Joined extends Attached {
  readonly job: Job;
  readonly line: Line;
  readonly limit: StartLimit;
}

/** Called by every process of the job, in the same order. Throws `ContextParallelError`, on all processes where one cannot start. */
export async function attachProcess(attached: Attached): Promise<Session> {
  const limit = { deadlineMs: attached.deadlineMs, signal: attached.signal, begun: performance.now() };
  const { program } = attached.compiled;
  const job = await before({ ...limit, deadlineMs: undefined }, program, joinJob(timeLeft(limit)));
  const wrong = countProcesses(program, job.size);
  if (wrong.length > 0) throw new ContextParallelError(wrong);
  const line: Line = job.nextLine((code) => sayGone(job, line, code));
  const calm = job.hub.hurry();
  try {
    return await attachRank({ ...attached, job, line, limit });
  } catch (error) {
    sayOver(job, line, error instanceof ContextParallelError ? error.diagnostics : []);
    line.close();
    throw error;
  } finally {
    calm();
  }
}

/** What is wrong with the number of processes. */
export function countProcesses(program: Program, actual: number): readonly Diagnostic[] {
  const expected = ranksOf(program.mesh);
  return actual === expected ? [] : [diagnose(messages.processes, { expected, actual, mesh: meshText(program.mesh) })];
}

/** What the others are told when this process exits before it has released the session. */
function sayGone(job: Job, line: Line, code: number): void {
  const params = { rank: job.rank, host: hostname(), reason: `its process exited with code ${code}` };
  sayOver(job, line, [diagnose(messages.gone, params)]);
}

/** The others must not wait for a process that is no rank any more. */
function sayOver({ rank, size }: Job, line: Line, diagnostics: readonly Diagnostic[]): void {
  if (rank > 0) return line.send(0, { kind: "lost", diagnostics, torn: true } satisfies FromFollower);
  for (let to = 1; to < size; to++) line.send(to, { kind: "over", diagnostics } satisfies FromLeader);
}

async function attachRank(joined: Joined): Promise<Session> {
  const { compiled, job, line, limit } = joined;
  const { rank, size } = job;
  const hello = { kind: "hello", identity: identityOf(compiled), host: hostname(), ...ownCores() } as const;
  const meeting = { rank, size, line, hello, ...(limit.deadlineMs && { deadlineMs: timeLeft(limit) }) };
  const agreement = await before({ ...limit, deadlineMs: undefined }, compiled.program, agree(meeting));
  const seat = await seatOf(joined, agreement.hosts);
  const own = await startOwn(joined, agreement);
  return rank === 0 ? lead(joined, seat, own, agreement) : follow(joined, seat, own);
}

/** The rank of this process, with what runs its pieces. */
interface Own extends OwnRank {
  readonly engine: Engine;
  readonly weights: WeightFiles;
}

async function startOwn(joined: Joined, { threads: agreed, cores }: Agreement): Promise<Own> {
  const { compiled, limit, devices, backend, graceMs, session: asked, worker } = joined;
  const { program } = compiled;
  const { rank, size, mpi } = joined.job;
  const weights = await checkFiles(compiled);
  const threads = asked.threads ?? agreed[rank] ?? 1;
  // The processes of a host write to the same folder.
  const session = { ...asked, ...(asked.profile && { profile: `${asked.profile}.rank${rank}` }) };
  const own = { devices: [devices[rank] ?? "cpu"], threads, backend, session };
  const work = (): Promise<Engine> => engineFor(compiled, own);
  const engine = await engineBy(limit, program, work);
  const transport = { kind: "mpi", spin: hasOwnCore(cores, rank), flavour: mpi.flavour.name } as const;
  const pieces = engine.settingsOf(0);
  const setup: SetupOf = (_, control) => ({ rank, size, program, pieces, control, transport, returns: true });
  const started = startThreads({ ranks: [rank], size, worker }, setup, engine, graceMs);
  return { engine, weights, ...namingStep(program, started) };
}

/** Has the loss of this rank during a run say at which step, before the others hear of it. */
function namingStep(program: Program, { crew, started }: OwnRank): OwnRank {
  const named = (error: unknown): never => {
    throw error instanceof RankLost ? new ContextParallelError([lostRun(program, error)]) : error;
  };
  const ask: Crew["ask"] = (request, onProgress) => {
    const round = crew.ask(request, onProgress);
    return request.kind === "run" ? { ...round, reports: round.reports.catch(named) } : round;
  };
  return { started, crew: { ...crew, ask } };
}

/** What ranks must have in common. Where files lie may differ from host to host. */
function identityOf({ program, files }: CompiledProgram): Identity {
  const { model, notes: _, ...rest } = program;
  const skipped = (key: string, value: unknown): unknown => (key === "span" ? undefined : value);
  const text = JSON.stringify([{ ...rest, model: { ...model, path: "" } }, files], skipped);
  const short = (hash: string): string => hash.slice(0, 12);
  return {
    "number of devices": `${ranksOf(program.mesh)} (${meshText(program.mesh)})`,
    model: `sha256 ${short(model.sha256)}`,
    program: `sha256 ${short(createHash("sha256").update(text).digest("hex"))}`,
  };
}

async function seatOf({ compiled, job, line, graceMs, limit }: Joined, hosts: readonly string[]): Promise<Seat> {
  const { rank, size, hub } = job;
  // The others have just been there, and need not load anything first.
  const soon = {
    ...limit,
    deadlineMs: Math.min(limit.deadlineMs ?? Infinity, performance.now() - limit.begun + SEAT_MS),
  };
  const first = await before(soon, compiled.program, job.communicator(job.mpi.world));
  const exchanges = exchangesOver(first, job.communicator, job.free);
  return { rank, size, hosts, line, exchanges, hurry: hub.hurry, silence: hub.silence, graceMs };
}

async function lead(joined: Joined, seat: Seat, own: Own, agreement: Agreement): Promise<Session> {
  const { compiled, limit, shares } = joined;
  const { program } = compiled;
  const { crew, started, attached } = leadCrew(seat, own);
  await startedBy(limit, program, crew, started);
  await refuseMoved(own.weights, crew);
  const dealt = shares === "auto" ? await measured(limit, program, crew, started) : { shares, notes: [] };
  const notes = [...agreement.notes, ...crossingNote(program, seat.hosts), ...dealt.notes];
  attached({ kind: "attached", shares: dealt.shares, notes });
  return createSession(program, crew, settingsOf(joined, own, dealt.shares, notes));
}

async function follow(joined: Joined, seat: Seat, own: Own): Promise<Session> {
  const { program } = joined.compiled;
  const { crew, attached, started } = followCrew(seat, own);
  await startedBy(joined.limit, program, crew, started);
  await refuseMoved(own.weights, crew);
  const { shares, notes } = await attached;
  return createFollower(program, seat.rank, crew, settingsOf(joined, own, shares, notes));
}

function settingsOf(
  { compiled, deadlineMs }: Joined,
  { engine, weights }: Own,
  shares: Shares,
  notes: readonly Diagnostic[],
): SessionSettings {
  holdFolder(compiled);
  return {
    engine: { backend: engine.backend, notes: [...engine.notes, ...notes] },
    shares,
    deadlineMs,
    threads: false,
    problems: weights.inUse,
    onRelease: async () => dropFolder(compiled),
  };
}
