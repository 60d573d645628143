/**
 * @file Leader and follower without a library: what they send each other when a call is refused, forgone or made differently. Letters are made
 * up, and ranks answer at once.
 */
import { expect, test } from "vitest";
import { runtimeMessages } from "../../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../../compiler/diagnostics/error.ts";
import type { RunRequest } from "../../../runtime/messages.ts";
import type { FromLeader, SentRun } from "../../../runtime/world/mpi/contents.ts";
import { followCrew } from "../../../runtime/world/mpi/follower.ts";
import { leadCrew } from "../../../runtime/world/mpi/leader.ts";
import { lineTo, ownRank, seatAt } from "./support/stand-ins.ts";
import type { FakeLine } from "./support/stand-ins.ts";

const diagnostics = [diagnose(runtimeMessages.aborted, {})];
const error = new ContextParallelError(diagnostics);
const blank = { kind: "run", lengths: {}, shares: null, wanted: [], handlers: [], progress: false } as const;
const sent: SentRun = { ...blank, tensors: [], outboxBytes: [] };
const run: RunRequest = {
  ...blank,
  feeds: { memory: new SharedArrayBuffer(0), tensors: [] },
  memory: { kind: "sizes", outboxBytes: [] },
};
const request = (round: number): FromLeader => ({ kind: "request", round, sent, fresh: false });

/** A follower that has started, and its line. */
async function follower(): Promise<{ readonly crew: ReturnType<typeof followCrew>["crew"]; readonly line: FakeLine }> {
  const line = lineTo([]);
  const { crew, started } = followCrew(seatAt(1, line), ownRank());
  line.arrive({ from: 0, content: { kind: "done", round: 0 } satisfies FromLeader });
  await started.settled;
  return { crew, line };
}

test("rank 0 refuses: the others get the reason, and a round that is over", async () => {
  const line = lineTo([]);
  const { crew, started } = leadCrew(seatAt(0, line), ownRank());
  line.arrive({ from: 1, content: { kind: "left", round: 0, report: null } });
  await started.settled;
  const refused = crew.refuse(error);
  expect(line.sent.map(({ content }) => content)).toContainEqual(
    expect.objectContaining({ kind: "request", round: 1, refused: diagnostics, fresh: false }),
  );
  line.arrive({ from: 1, content: { kind: "left", round: 1, report: null } });
  await refused;
  // The next round needs no other communicator.
  void crew.ask(run);
  expect(line.sent.at(-1)?.content).toMatchObject({ kind: "request", round: 2, fresh: false });
});

test.each(["before", "after"])("the call of a follower, %s rank 0 has refused it", async (order) => {
  const { crew, line } = await follower();
  const letter: FromLeader = { ...request(1), refused: diagnostics } as FromLeader;
  if (order === "after") line.arrive({ from: 0, content: letter });
  const { reports } = crew.ask(run);
  if (order === "before") line.arrive({ from: 0, content: letter });
  await expect(reports).rejects.toMatchObject({ code: "CP6509" });
  // The ranks are in step.
  line.arrive({ from: 0, content: request(2) });
  const next = crew.ask(run);
  line.arrive({ from: 0, content: { kind: "done", round: 2 } });
  await expect(next.reports).resolves.toHaveLength(1);
});

test.each(["before", "after"])("a follower refuses %s rank 0 has made the call", async (order) => {
  const { crew, line } = await follower();
  if (order === "after") line.arrive({ from: 0, content: request(1) });
  await crew.refuse(error);
  if (order === "before") line.arrive({ from: 0, content: request(1) });
  const said = line.sent.map(({ content }) => content);
  expect(said).toContainEqual({ kind: "fault", round: 1, diagnostics });
  expect(said).toContainEqual({ kind: "left", round: 1, report: null });
  line.arrive({ from: 0, content: { kind: "cancel", round: 1, diagnostics } });
  line.arrive({ from: 0, content: request(2) });
  const next = crew.ask(run);
  line.arrive({ from: 0, content: { kind: "done", round: 2 } });
  await expect(next.reports).resolves.toHaveLength(1);
});

test("another call than that of rank 0", async () => {
  const { crew, line } = await follower();
  line.arrive({ from: 0, content: request(1) });
  const registration = { id: 0, module: "", phase: "post_forward", url: "file:///hook.js" } as const;
  await expect(crew.ask({ kind: "register", registration }).reports).rejects.toMatchObject({ code: "CP6560" });
});
