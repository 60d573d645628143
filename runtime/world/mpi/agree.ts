/**
 * @file The first thing that the processes of a session do: rank 0 hears from all, sees that they were started alike, and tells them where
 * they are. Knows no program.
 */
import { worldMessages as messages } from "../../../compiler/diagnostics/catalog/running/world.ts";
import { diagnose } from "../../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../../compiler/diagnostics/types.ts";
import { deferred } from "../../deferred.ts";
import type { Agreement, FromFollower, FromLeader, Hello } from "./contents.ts";
import { crowded, threadsOf } from "./hosts.ts";
import type { Line } from "./hub.ts";
import { namesOf } from "./watch.ts";

interface Meeting {
  readonly rank: number;
  readonly size: number;
  readonly line: Line;
  readonly hello: Hello;
  /** Without one, `LIMIT_MS`. */
  readonly deadlineMs?: number;
}

/** How long processes may differ in when they attach. */
const LIMIT_MS = 300_000;

/** Throws `ContextParallelError` on all ranks where the ranks were not started alike, or one does not come. */
export async function agree(meeting: Meeting): Promise<Agreement> {
  const { rank, line, hello, deadlineMs = LIMIT_MS } = meeting;
  const done = deferred<Agreement>();
  const hellos = new Map<number, Hello>([[0, hello]]);
  const missing = (): string =>
    rank > 0 ? "rank 0" : namesOf(Array.from({ length: meeting.size }, (_, r) => r).filter((r) => !hellos.has(r)));
  const timer = setTimeout(() => {
    const params = { ranks: missing(), milliseconds: Math.round(deadlineMs) };
    done.reject(new ContextParallelError([diagnose(messages.notAttached, params)]));
  }, deadlineMs);
  if (rank > 0) line.send(0, hello);
  line.listen(({ from, content }) => {
    if (rank > 0) return answer(content as FromLeader, done);
    const letter = content as FromFollower;
    if (letter.kind === "lost") done.reject(new ContextParallelError(letter.diagnostics));
    if (letter.kind !== "hello") return;
    hellos.set(from, letter);
    if (hellos.size === meeting.size) conclude(meeting, hellos, done);
  });
  if (rank === 0 && meeting.size === 1) conclude(meeting, hellos, done);
  try {
    return await done.promise;
  } finally {
    clearTimeout(timer);
    line.pause();
  }
}

type Outcome = ReturnType<typeof deferred<Agreement>>;

function answer(letter: FromLeader, done: Outcome): void {
  if (letter.kind === "over") done.reject(new ContextParallelError(letter.diagnostics));
  if (letter.kind === "welcome") done.resolve(letter.agreement);
}

function conclude({ size, line }: Meeting, hellos: ReadonlyMap<number, Hello>, done: Outcome): void {
  const all = Array.from({ length: size }, (_, rank) => hellos.get(rank)!);
  const wrong = differences(all);
  if (wrong.length > 0) return done.reject(new ContextParallelError(wrong));
  const cores = all.map(({ host, cores: numbers, quota }) => ({ host, cores: numbers, quota }));
  const notes = crowded(cores).map((params) => diagnose(messages.cores, params));
  const agreement = { hosts: all.map(({ host }) => host), cores, threads: threadsOf(cores), notes };
  for (let to = 1; to < size; to++) line.send(to, { kind: "welcome", agreement } satisfies FromLeader);
  done.resolve(agreement);
}

/** The first thing in which ranks differ: what follows from it differs as well. */
function differences(all: readonly Hello[]): readonly Diagnostic[] {
  const [first] = all;
  for (const what of Object.keys(first?.identity ?? {})) {
    const values = [...new Set(all.map(({ identity }) => identity[what] ?? "none"))];
    if (values.length === 1) continue;
    const said = values.map((value) => {
      const ranks = all.flatMap(({ identity }, rank) => ((identity[what] ?? "none") === value ? [rank] : []));
      return `${value} on ${namesOf(ranks)}`;
    });
    return [diagnose(messages.differs, { what, values: said })];
  }
  return [];
}
