/**
 * @file The crew of rank 0: sends each request to all processes, has its own rank do it as well, and gathers what comes back. A failure
 * anywhere ends the round everywhere. Knows no library.
 */
import { invariant } from "../../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../../compiler/diagnostics/types.ts";
import type { RankReport, ToRank } from "../../messages.ts";
import type { Crew, LateRank, Round } from "../crew.ts";
import { settleRound, startRound } from "../round.ts";
import type { ActiveRound } from "../round.ts";
import type { FromFollower, FromLeader } from "./contents.ts";
import { brokenBy, callNames, diagnosticsOf, gone, pack, passOn, unpack } from "./seat.ts";
import type { OwnRank, Seat } from "./seat.ts";
import { watchFollowers } from "./watch.ts";
import type { Watch } from "./watch.ts";

export interface Leader {
  readonly crew: Crew;
  readonly started: Round;
  /** Tells the others that all ranks have started. */
  readonly attached: (content: Extract<FromLeader, { kind: "attached" }>) => void;
}

interface State {
  readonly seat: Seat;
  readonly own: OwnRank;
  readonly watch: Watch;
  round: (ActiveRound & { readonly number: number; readonly stop: () => void; own: Round | null }) | null;
  rounds: number;
  /** What others said of rounds that had not begun. */
  readonly early: Map<number, unknown>;
  /** Whether the exchanges of the last run did not end. */
  torn: boolean;
  lost: Diagnostic | null;
  ended: boolean;
}

export function leadCrew(seat: Seat, own: OwnRank): Leader {
  const watch = watchFollowers(seat);
  const state: State = {
    seat,
    own,
    watch,
    round: null,
    rounds: 0,
    early: new Map(),
    torn: false,
    lost: null,
    ended: false,
  };
  const started = begin(state, "attach", () => undefined);
  void follow(state, own.started);
  seat.line.listen(({ from, content }) => hear(state, from, content as FromFollower));
  seat.line.onBroken((error) => {
    for (let rank = 1; rank < seat.size; rank++) lose(state, rank, [brokenBy(error)]);
  });
  return {
    started,
    attached: (content) => tell(state, content),
    crew: {
      size: seat.size,
      lost: () => state.lost?.message ?? own.crew.lost(),
      ask: (request, onProgress = () => undefined) => {
        const round = begin(state, callNames[request.kind], onProgress);
        void perform(state, request);
        return round;
      },
      refuse: (error) => refuse(state, error),
      end: () => end(state),
    },
  };
}

function tell({ seat: { line, size } }: State, content: FromLeader): void {
  for (let rank = 1; rank < size; rank++) line.send(rank, content);
}

function begin(state: State, call: string, onProgress: (done: number) => unknown): Round {
  const { seat, watch } = state;
  invariant(state.round === null && state.lost === null && !state.ended, "a crew was asked while it could not serve");
  const ranks = Array.from({ length: seat.size }, (_, rank) => rank);
  const active = startRound(ranks, seat.size, onProgress);
  const calm = seat.hurry();
  const unwatch = seat.line.watch(() => look(state));
  const stop = (): void => [calm, unwatch].forEach((over) => over());
  const round = { ...active, number: state.rounds, stop, own: null };
  state.rounds += 1;
  state.round = round;
  watch.begin(round.number, call);
  // The caller gets the round before it hears of its end.
  if (state.early.has(round.number)) queueMicrotask(() => fail(state, round.number, state.early.get(round.number)));
  return {
    reports: round.result.promise,
    settled: round.settled.promise,
    late: () => lateRanks(state, round.waiting),
    cancel: (error) => fail(state, round.number, error),
  };
}

function lateRanks(state: State, waiting: ReadonlySet<number>): readonly LateRank[] {
  return [...waiting].map((rank) => ({ rank, index: rank === 0 ? ownIndex(state) : state.watch.indexOf(rank) }));
}

function ownIndex({ round }: State): number | null {
  return round?.own?.late()[0]?.index ?? null;
}

async function perform(state: State, request: ToRank): Promise<void> {
  const { seat, own, torn } = state;
  const { number } = state.round!;
  const { sent, payload } = pack(request);
  passOn(seat, { kind: "request", round: number, sent, fresh: torn } satisfies FromLeader, payload);
  const making = seat.exchanges.communicator(torn);
  state.torn = false;
  try {
    // Another rank may never ask for it; then the round fails.
    const comm = await Promise.race([making, state.round!.result.promise.then(() => making)]);
    if (state.round?.number !== number || state.round.failed) return leave(state, number, 0, null);
    const memory = request.kind === "run" ? request.feeds.memory : new SharedArrayBuffer(0);
    void follow(state, own.crew.ask(unpack(sent, memory, 0, comm), state.round.onProgress));
  } catch (error) {
    fail(state, number, error);
    leave(state, number, 0, null);
  }
}

/** A round in which there is nothing to do, and that has failed. */
function refuse(state: State, error: unknown): Promise<void> {
  const { seat, torn } = state;
  if (state.lost !== null || state.ended) return Promise.resolve();
  const round = begin(state, callNames.run, () => undefined);
  const { number } = state.round!;
  const sent = { kind: "release" } as const;
  const letter: FromLeader = { kind: "request", round: number, sent, fresh: false, refused: diagnosticsOf(error) };
  passOn(seat, letter, new Uint8Array(0));
  round.cancel(error);
  // Nobody has begun to exchange.
  state.torn = torn;
  leave(state, number, 0, null);
  return round.settled;
}

/** Has the round of rank 0 count in that of all. */
async function follow(state: State, own: Round): Promise<void> {
  const { number } = state.round!;
  state.round!.own = own;
  let report: RankReport | null = null;
  try {
    report = (await own.reports)[0] ?? null;
  } catch (error) {
    fail(state, number, error);
  }
  await own.settled;
  leave(state, number, 0, report);
}

function hear(state: State, from: number, content: FromFollower): void {
  state.watch.heard(from, content);
  if (content.kind === "fault") {
    const error = new ContextParallelError(content.diagnostics);
    if (content.round >= state.rounds) state.early.set(content.round, error);
    else fail(state, content.round, error);
  }
  if (content.kind === "left") leave(state, content.round, from, content.report);
  if (content.kind === "lost") lose(state, from, content.diagnostics, content.torn);
}

/** Only the first failure of a round is told. */
function fail(state: State, number: number, error: unknown): void {
  const { round } = state;
  if (round === null || round.number !== number || round.failed) return;
  round.failed = true;
  state.torn = true;
  state.watch.failed();
  round.result.reject(error);
  round.own?.cancel(error);
  tell(state, { kind: "cancel", round: number, diagnostics: diagnosticsOf(error) });
}

function leave(state: State, number: number, rank: number, report: RankReport | null): void {
  const { round } = state;
  if (round === null || round.number !== number || !round.waiting.delete(rank)) return;
  round.reports[rank] = report;
  if (round.waiting.size > 0) return;
  round.stop();
  state.round = null;
  if (!round.failed) tell(state, { kind: "done", round: number });
  settleRound(round);
}

/** A rank will not answer any more. */
function lose(state: State, rank: number, diagnostics: readonly Diagnostic[], torn: boolean = true): void {
  state.torn ||= torn;
  state.lost ??= diagnostics[0] ?? null;
  const { round } = state;
  if (round === null) return;
  fail(state, round.number, new ContextParallelError(diagnostics));
  leave(state, round.number, rank, null);
}

function look(state: State): void {
  const { round, watch } = state;
  if (round === null) return;
  if (watch.beatDue()) tell(state, { kind: "beat", late: lateRanks(state, round.waiting) });
  for (const { rank, diagnostic } of watch.silent(round.waiting)) lose(state, rank, [diagnostic]);
  const absent = watch.absent(round.waiting);
  if (absent !== null) fail(state, round.number, new ContextParallelError([absent]));
}

async function end(state: State): Promise<void> {
  const { seat, own } = state;
  if (state.ended) return own.crew.end();
  state.ended = true;
  tell(state, { kind: "over", diagnostics: [state.lost ?? gone(seat, "its session was released")] });
  await own.crew.end();
  if (state.round === null && !state.torn) seat.exchanges.close();
  seat.line.close();
}
