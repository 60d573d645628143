/**
 * @file The crew of a process that follows rank 0: what its user calls is matched with what rank 0 has called, and its rank does that. It
 * ends well only where it ends well on all ranks. Knows no library.
 */
import { worldMessages as messages } from "../../../compiler/diagnostics/catalog/running/world.ts";
import { runtimeMessages } from "../../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../../compiler/diagnostics/types.ts";
import { deferred } from "../../deferred.ts";
import type { Deferred } from "../../deferred.ts";
import type { RankReport, ToRank } from "../../messages.ts";
import type { Crew, LateRank, Round } from "../crew.ts";
import type { FromFollower, FromLeader, Sent } from "./contents.ts";
import type { Handle } from "./library/flavours.ts";
import type { Letter } from "./mail.ts";
import { agreed, brokenBy, callNames, diagnosticsOf, gone, passOn, unpack } from "./seat.ts";
import type { OwnRank, Seat } from "./seat.ts";
import { BEAT_MS, silenceOfLeader } from "./watch.ts";

export interface Follower {
  readonly crew: Crew;
  readonly started: Round;
  /** Resolves when all ranks have started; rejects with what ended that. */
  readonly attached: Promise<Extract<FromLeader, { kind: "attached" }>>;
}

/** What a user of this process has called. */
interface Ask {
  readonly request: ToRank;
  readonly result: Deferred<readonly (RankReport | null)[]>;
  readonly settled: Deferred<void>;
}

/** Nothing has been heard of it yet. */
const leaderAtStart: LateRank = { rank: 0, index: null };

/** A request of rank 0. */
interface Work {
  readonly round: number;
  readonly sent: Sent;
  readonly payload: SharedArrayBuffer;
  /** Over which it exchanges. */
  readonly comm: Promise<Handle> | null;
  ask: Ask | null;
  own: Round | null;
  report: RankReport | null;
  /** Whether this rank is through with it, and how it has ended for all. */
  left: boolean;
  outcome: "done" | { readonly error: unknown } | null;
}

interface State {
  readonly seat: Seat;
  readonly own: OwnRank;
  readonly attached: Deferred<Extract<FromLeader, { kind: "attached" }>>;
  /** In the order in which they came; the first may be in progress. */
  works: readonly Work[];
  ask: Ask | null;
  /** Rounds that rank 0 ended before their request came, with the reason. */
  readonly cancelled: Map<number, unknown>;
  /** Rounds whose call has ended here before their request came, likewise. */
  readonly forgone: Map<number, unknown>;
  /** The number of the last request. */
  round: number;
  lost: Diagnostic | null;
  torn: boolean;
  beat: number;
  /** Where the other ranks are in the call, as rank 0 has said last. */
  late: readonly LateRank[];
  joined: boolean;
}

export function followCrew(seat: Seat, own: OwnRank): Follower {
  const attached = deferred<Extract<FromLeader, { kind: "attached" }>>();
  // A failure may come before anyone waits for it.
  attached.promise.catch(() => undefined);
  const fresh = { works: [], ask: null, lost: null, torn: false, round: 0 };
  const ends = { cancelled: new Map<number, unknown>(), forgone: new Map<number, unknown>() };
  const state: State = { seat, own, attached, ...fresh, ...ends, beat: 0, late: [leaderAtStart], joined: false };
  const starting = newAsk({ kind: "release" });
  const start: Work = { ...workOf(0, { kind: "release" }, new SharedArrayBuffer(0), null), ask: starting };
  starting.result.promise.catch((error: unknown) => attached.reject(error));
  state.works = [start];
  const calm = seat.hurry();
  void attached.promise.catch(() => undefined).then(calm);
  serve(state, start, own.started);
  seat.line.listen((letter) => hear(state, letter));
  seat.line.onBroken((error) => over(state, [brokenBy(error)]));
  const unwatch = seat.line.watch(() => look(state));
  return {
    started: roundOf(state, starting),
    attached: attached.promise,
    crew: {
      size: seat.size,
      lost: () => state.lost?.message ?? own.crew.lost(),
      ask: (request) => ask(state, request),
      refuse: async (error) => refuse(state, error),
      end: () => end(state).finally(unwatch),
    },
  };
}

function newAsk(request: ToRank): Ask {
  const result = deferred<readonly (RankReport | null)[]>();
  result.promise.catch(() => undefined);
  return { request, result, settled: deferred<void>() };
}

function workOf(round: number, sent: Sent, payload: SharedArrayBuffer, comm: Work["comm"]): Work {
  return { round, sent, payload, comm, ask: null, own: null, report: null, left: false, outcome: null };
}

function say({ seat: { line } }: State, content: FromFollower): void {
  line.send(0, content);
}

function ask(state: State, request: ToRank): Round {
  const made = newAsk(request);
  const calm = state.seat.hurry();
  void made.settled.promise.then(calm);
  state.ask = made;
  match(state);
  return roundOf(state, made);
}

function roundOf(state: State, made: Ask): Round {
  const work = (): Work | undefined => state.works.find((one) => one.ask === made);
  return {
    reports: made.result.promise,
    settled: made.settled.promise,
    late: () => {
      const { rank } = state.seat;
      const current = work();
      // Before its request it is rank 0 that is waited for, whoever was late in the call before.
      const others = current === undefined ? [leaderAtStart] : state.late.filter((other) => other.rank !== rank);
      return [...others, { rank, index: current?.own?.late()[0]?.index ?? null }];
    },
    cancel: (error) => {
      const current = work();
      if (current !== undefined) return fail(state, current, error);
      if (state.ask === made) forgo(state, made, error);
    },
  };
}

/** What the user of this process has called is wrong: it fails on all ranks, whether or not rank 0 has made the call. */
function refuse(state: State, error: unknown): void {
  if (state.lost !== null) return;
  const made = newAsk({ kind: "release" });
  const [work] = state.works;
  if (work === undefined || work.ask !== null || work.own !== null) return forgo(state, made, error);
  work.ask = made;
  fail(state, work, error);
  leave(state, work);
  finish(state, work);
}

/** Ends a call that rank 0 has not made yet. */
function forgo(state: State, { result, settled }: Ask, error: unknown): void {
  const round = state.round + 1 + state.forgone.size;
  state.ask = null;
  state.forgone.set(round, error);
  say(state, { kind: "fault", round, diagnostics: diagnosticsOf(error) });
  result.reject(error);
  settled.resolve();
}

/** Begins what both rank 0 and the user of this process have called. */
function match(state: State): void {
  const [work] = state.works;
  if (work === undefined || work.ask !== null || work.own !== null) return;
  if (work.sent.kind === "measure") return void perform(state, work, work.sent);
  const { ask: made } = state;
  if (made === null) return;
  state.ask = null;
  work.ask = made;
  if (work.outcome !== null) return finish(state, work);
  const request = agreed(work.sent, made.request);
  if (request !== null) return void perform(state, work, request);
  const params = { rank: state.seat.rank, call: callNames[made.request.kind], expected: callNames[work.sent.kind] };
  fail(state, work, new ContextParallelError([diagnose(messages.calls, params)]));
  leave(state, work);
}

async function perform(state: State, work: Work, sent: Sent): Promise<void> {
  const { seat, own } = state;
  try {
    const comm = await work.comm!;
    if (work.outcome === null) return serve(state, work, own.crew.ask(unpack(sent, work.payload, seat.rank, comm)));
  } catch (error) {
    fail(state, work, error);
  }
  leave(state, work);
}

function serve(state: State, work: Work, own: Round): void {
  work.own = own;
  void watchOwn(state, work, own);
}

async function watchOwn(state: State, work: Work, own: Round): Promise<void> {
  try {
    work.report = (await own.reports)[state.seat.rank] ?? null;
  } catch (error) {
    fail(state, work, error);
  }
  await own.settled;
  leave(state, work);
}

/** Only the first failure counts. */
function fail(state: State, work: Work, error: unknown): void {
  if (work.outcome !== null) return;
  work.outcome = { error };
  state.torn = true;
  say(state, { kind: "fault", round: work.round, diagnostics: diagnosticsOf(error) });
  work.ask?.result.reject(error);
  work.own?.cancel(error);
  if (work.own === null) leave(state, work);
  finish(state, work);
}

function leave(state: State, work: Work): void {
  if (work.left) return;
  work.left = true;
  const report = work.report === null ? null : { ...work.report, outputs: [] };
  say(state, { kind: "left", round: work.round, report });
  const lost = state.own.crew.lost();
  if (lost !== null) part(state, diagnose(runtimeMessages.ended, { reason: lost }));
  finish(state, work);
}

/** Ends the work when it has ended here and for all. */
function finish(state: State, work: Work): void {
  if (!work.left || work.outcome === null) return;
  if (work.ask === null && work.sent.kind !== "measure") return;
  state.works = state.works.filter((one) => one !== work);
  if (work.outcome === "done") work.ask?.result.resolve([work.report]);
  else work.ask?.result.reject(work.outcome.error);
  work.ask?.settled.resolve();
  match(state);
}

function hear(state: State, { content, payload }: Letter): void {
  const letter = content as FromLeader;
  if (letter.kind === "attached") {
    state.joined = true;
    state.attached.resolve(letter);
  }
  if (letter.kind === "beat") state.late = letter.late;
  if (letter.kind === "over") over(state, letter.diagnostics);
  if (letter.kind === "request") take(state, letter, payload);
  if (letter.kind !== "done" && letter.kind !== "cancel") return;
  const outcome = letter.kind === "done" ? letter.kind : { error: new ContextParallelError(letter.diagnostics) };
  conclude(state, letter.round, outcome);
}

function take(state: State, letter: Extract<FromLeader, { kind: "request" }>, payload: SharedArrayBuffer): void {
  passOn(state.seat, letter, new Uint8Array(payload));
  if (letter.refused !== undefined) state.cancelled.set(letter.round, new ContextParallelError(letter.refused));
  const { round, sent, fresh } = letter;
  // Whether or not anybody here makes the call: rank 0 waits for it.
  const work = workOf(round, sent, payload, state.seat.exchanges.communicator(fresh));
  state.torn &&= !fresh;
  state.late = [leaderAtStart];
  state.works = [...state.works, work];
  state.round = round;
  if (state.forgone.has(round)) {
    work.ask = newAsk({ kind: "release" });
    work.outcome = { error: state.forgone.get(round) };
    state.forgone.delete(round);
    leave(state, work);
    return;
  }
  if (state.cancelled.has(round)) conclude(state, round, { error: state.cancelled.get(round) });
  match(state);
}

/** Rank 0 has said how the round has ended. */
function conclude(state: State, round: number, outcome: Exclude<Work["outcome"], null>): void {
  const work = state.works.find((one) => one.round === round);
  if (work === undefined) return void (outcome === "done" || state.cancelled.set(round, outcome.error));
  if (work.outcome === null) {
    work.outcome = outcome;
    if (outcome !== "done") stop(state, work, outcome.error);
  }
  finish(state, work);
}

function stop(state: State, work: Work, error: unknown): void {
  state.torn = true;
  work.ask?.result.reject(error);
  if (work.own !== null) return work.own.cancel(error);
  // Nobody here has called it yet: whoever does will hear of it.
  leave(state, work);
}

/** Rank 0 makes no more requests. */
function over(state: State, diagnostics: readonly Diagnostic[]): void {
  const error = new ContextParallelError(diagnostics);
  state.lost ??= diagnostics[0] ?? null;
  state.attached.reject(error);
  for (const work of state.works) conclude(state, work.round, { error });
  dismiss(state, error);
}

/** This process serves no more. */
function part(state: State, diagnostic: Diagnostic, error: unknown = new ContextParallelError([diagnostic])): void {
  if (state.lost === null) say(state, { kind: "lost", diagnostics: [diagnostic], torn: state.torn });
  state.lost ??= diagnostic;
  dismiss(state, error);
}

function dismiss(state: State, error: unknown): void {
  const { ask: waiting } = state;
  state.ask = null;
  waiting?.result.reject(error);
  waiting?.settled.resolve();
}

function look(state: State): void {
  const [work] = state.works;
  const now = performance.now();
  if (work !== undefined && now - state.beat > BEAT_MS) {
    state.beat = now;
    const begun = work.own === null ? work.round - 1 : work.round;
    say(state, { kind: "beat", round: begun, index: work.own?.late()[0]?.index ?? null });
  }
  if (state.lost !== null) return;
  const waits = state.ask !== null || !state.joined ? "for a call" : "not";
  const silent = silenceOfLeader(state.seat, work === undefined ? waits : "in a call");
  if (silent === null) return;
  // Rank 0 may only be stopped, and hears of it when it continues.
  say(state, { kind: "lost", diagnostics: [silent], torn: true });
  over(state, [silent]);
}

async function end(state: State): Promise<void> {
  const { seat, own } = state;
  const idle = state.works.length === 0 && !state.torn;
  part(state, gone(seat, "its session was released"));
  await own.crew.end();
  if (idle) seat.exchanges.close();
  seat.line.close();
}
