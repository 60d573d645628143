/**
 * @file The crews of an MPI job when ranks give up calls, fall silent, or lose the library: no call waits for ever. Knows no MPI.
 */
import { expect, test } from "vitest";
import { createPair, anyRun } from "./support/pair.ts";

const stop = new Error("given up");

test("a call that rank 0 gives up before the others make it leaves the session usable after an aborted run", async () => {
  let work = (): Promise<void> => new Promise(() => undefined);
  const { leader, follower, begun } = await createPair(() => work());
  const aborted = [leader.ask(anyRun), follower.ask(anyRun)];
  await expect.poll(() => begun.flat()).toEqual([0, 0]);
  aborted[0]!.cancel(stop);
  await Promise.all(aborted.map(({ settled }) => settled));
  work = () => Promise.resolve();

  const lonely = leader.ask(anyRun);
  await new Promise((done) => void setTimeout(done, 20));
  lonely.cancel(stop);
  await lonely.settled;
  await expect(lonely.reports).rejects.toBe(stop);

  const late = follower.ask(anyRun);
  await expect(late.reports).rejects.toThrow("aborted");
  await late.settled;
  const both = [leader.ask(anyRun), follower.ask(anyRun)];
  await Promise.all(both.map(({ settled }) => settled));
  // Communicator 1 was for the call that rank 0 gave up, and has been used by a rank.
  expect(begun).toEqual([
    [0, 1, 2],
    [0, 2],
  ]);
});

test("when the library makes no further communicator, every later call fails on all ranks, and both can release", async () => {
  let work = (): Promise<void> => new Promise(() => undefined);
  const { leader, follower, begun } = await createPair(() => work(), 0);
  const aborted = [leader.ask(anyRun), follower.ask(anyRun)];
  await expect.poll(() => begun.flat()).toEqual([0, 0]);
  aborted[0]!.cancel(stop);
  await Promise.all(aborted.map(({ settled }) => settled));
  work = () => Promise.resolve();
  for (let i = 0; i < 2; i++) {
    const calls = [leader.ask(anyRun), follower.ask(anyRun)];
    for (const { reports } of calls) await expect(reports).rejects.toThrow(/CP6576: after 1 failed run.*code 15/);
    await Promise.all(calls.map(({ settled }) => settled));
  }
  await Promise.all([leader.end(), follower.end()]);
});

test("a call waits for rank 0 as long as that is there, and ends when nothing has been heard of it for 5 minutes", async () => {
  const { follower, silence, look } = await createPair();
  const call = follower.ask(anyRun);
  silence[1] = 299_000;
  look();
  expect(follower.lost()).toBeNull();
  silence[1] = 300_001;
  look();
  await expect(call.reports).rejects.toThrow("CP6559: rank 0 on node0 has not answered for 300001 ms");
  await call.settled;
});

test("a call that rank 0 has not made waits for rank 0, whoever was late in the call before", async () => {
  const { leader, follower, look } = await createPair();
  const first = leader.ask(anyRun);
  await expect.poll(() => first.late().map(({ rank }) => rank)).toEqual([1]);
  look();
  await new Promise((done) => void setTimeout(done, 20));
  await Promise.all([first.settled, follower.ask(anyRun).settled]);
  const lonely = follower.ask(anyRun);
  expect(lonely.late().map(({ rank }) => rank)).toEqual([0, 1]);
  lonely.cancel(stop);
  await lonely.settled;
});

test("a run ends when nothing has been heard of the other rank for 30 s", async () => {
  const { leader, follower, silence, look, begun } = await createPair(() => new Promise(() => undefined));
  const calls = [leader.ask(anyRun), follower.ask(anyRun)];
  await expect.poll(() => begun.flat().length).toBe(2);
  silence[1] = 30_001;
  look();
  await expect(calls[1]!.reports).rejects.toThrow("CP6559: rank 0");
  await calls[1]!.settled;
  await expect(calls[0]!.reports).rejects.toThrow("CP6559");
});

test("a library that fails ends the calls of all ranks, and their sessions", async () => {
  const { leader, follower, breakDown, begun } = await createPair(() => new Promise(() => undefined));
  const calls = [leader.ask(anyRun), follower.ask(anyRun)];
  await expect.poll(() => begun.flat().length).toBe(2);
  breakDown(new Error("MPI_Test failed with the code 15"));
  for (const call of calls) {
    await expect(call.reports).rejects.toThrow("CP6565: the MPI library fails");
    await call.settled;
  }
  expect(leader.lost()).toContain("MPI_Test failed with the code 15");
  expect(follower.lost()).toContain("MPI_Test failed with the code 15");
});
