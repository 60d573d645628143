/**
 * @file Deadlines outside a run: the start of the ranks, and the registration of handlers. The text of the error, and whether the session
 * is usable afterwards.
 */
import { expect, test } from "vitest";
import type { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import { attach, attachWithGrace } from "../../runtime/attach/attach.ts";
import { lateStart } from "../../runtime/caller/late.ts";
import type { Session } from "../../runtime/caller/session.ts";
import { failure } from "./support/failure.ts";
import { moduleUrl } from "./support/handlers.ts";
import { feed, gatherProgram, hookProgram } from "./support/programs.ts";

const mesh = { batch_degree: 1, ring_degree: 1, ulysses_degree: 2 };
const negated = feed(7).x.data.map((v) => -v);

/** A module that does `body` first, on rank 1 only. */
function moduleWith(body: string): string {
  return `data:text/javascript,${encodeURIComponent(`
    import { workerData } from "node:worker_threads";
    if (workerData.rank === 1) { ${body} }
    export default (t) => ({ ...t, data: t.data.map(() => 1) });`)}`;
}

async function timed<T>(work: Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const started = performance.now();
  return { result: await work, ms: performance.now() - started };
}

const register = (session: Session, url: string, options?: Parameters<Session["hooks"]["register"]>[3]) =>
  session.hooks.register("block", "post_forward", url, options);

test("a handler module whose top-level await never ends: one error at the deadline, and the session runs without it", async () => {
  const session = await attach(hookProgram(mesh));
  const url = moduleWith("await new Promise(() => {});");
  const registering = failure(register(session, url, { deadlineMs: 200 }));
  const queued = session.run(feed(7));
  const { result, ms } = await timed(registering);
  expect(result.message).toBe(
    `CP6521: rank 1 did not load the handler ${url} for module "block", post_forward, within 200 ms; it is not registered`,
  );
  expect(ms).toBeLessThan(3_000);
  // The other rank has loaded it; no run may call it there.
  expect((await queued).y!.data).toEqual(negated);
  expect(session.hooks.list()[0]!.handlers).toEqual([]);
  const remove = await register(session, moduleUrl("(t) => ({ ...t, data: t.data.map(() => 2) })"));
  expect((await session.run(feed(7))).y!.data).toEqual(negated.map(() => 2));
  await remove();
  expect((await session.run(feed(7))).y!.data).toEqual(negated);
  await session.release();
});

test("a handler module in an endless loop: one error at the deadline; the rank is given up, and the session says so", async () => {
  const session = await attachWithGrace(hookProgram(mesh), {}, 200);
  const error = await failure(register(session, moduleWith("while (true);"), { deadlineMs: 200 }));
  expect(error.code).toBe("CP6521");
  expect(error.message).toContain("rank 1 did not load the handler data:");
  const next = await failure(session.run(feed(7)));
  expect(next.code).toBe("CP6511");
  expect(next.message).toContain("rank 1 did not stop within 200 ms after the call had ended");
  await session.release();
});

test("a module that does not load on one rank is called on none, by runs in the queue either", async () => {
  const session = await attach(hookProgram(mesh));
  const registering = failure(register(session, moduleWith("throw new Error('no');")));
  const queued = session.run(feed(7));
  expect((await registering).code).toBe("CP6513");
  expect((await queued).y!.data).toEqual(negated);
  await session.release();
});

test("a signal ends a registration; a run before it delays it", async () => {
  const session = await attach(hookProgram(mesh));
  const stop = new AbortController();
  const registering = failure(register(session, moduleWith("await new Promise(() => {});"), { signal: stop.signal }));
  setTimeout(() => stop.abort(), 100);
  expect((await registering).code).toBe("CP6509");
  const remove = await register(session, moduleUrl("() => new Promise((done) => setTimeout(done, 400))"));
  const running = session.run(feed(7));
  const queued = await failure(register(session, moduleUrl("() => {}"), { deadlineMs: 100 }));
  expect(queued.message).toContain("the ranks, still busy with earlier calls, did not load the handler");
  expect((await running).y!.data).toEqual(negated);
  await remove();
  await session.release();
});

test("a handler whose promise never resolves ends with its run; the session goes on at once", async () => {
  const session = await attachWithGrace(hookProgram(mesh), {}, 60_000);
  const remove = await register(session, moduleUrl("(t, c) => c.rank === 1 ? new Promise(() => {}) : undefined"));
  const error = await failure(session.run(feed(7), { deadlineMs: 500 }));
  expect(error.message).toContain(
    ': rank 1 was in step 2 of 4 (hook post_forward, module "block"); rank 0 was in step 3',
  );
  await remove();
  expect((await session.run(feed(7))).y!.data).toEqual(negated);
  await session.release();
});

test("a run that waits for its turn until its deadline says so", async () => {
  const session = await attach(hookProgram(mesh));
  await register(session, moduleUrl("() => new Promise((done) => setTimeout(done, 400))"));
  const running = session.run(feed(7));
  const queued = await failure(session.run(feed(7), { deadlineMs: 100 }));
  expect(queued.message).toBe(
    "CP6508: the run did not end within its deadline of 100 ms: it was still waiting for its turn",
  );
  await running;
  await session.release();
});

test("ranks that do not start in time name the piece that they load", () => {
  const { program } = gatherProgram(mesh);
  const late = [
    { rank: 0, index: 1 },
    { rank: 1, index: null },
  ];
  expect(lateStart(program, 2_000, late).message).toBe(
    `the ranks did not start within the deadline of 2000 ms: rank 1 was before the first piece; rank 0 was loading the piece ${program.pieces[1]!.id} (2 of 2)`,
  );
});

test.each(["native", "binding"] as const)(
  "a signal ends attach at any moment; the next attach works: %s",
  async (backend) => {
    const compiled = gatherProgram(mesh);
    const reason = new Error("enough");
    const early = failure(attach(compiled, { backend, signal: AbortSignal.abort(reason) }));
    expect(await early).toMatchObject({ code: "CP6509", cause: reason });
    // Up to longer than a start takes: the checks, the sessions, the threads, the pieces.
    for (const milliseconds of [1, 10, 30, 60, 100, 150]) {
      const stop = new AbortController();
      const attaching = attach(compiled, { backend, signal: stop.signal });
      setTimeout(() => stop.abort(reason), milliseconds);
      const session = await attaching.catch((error: unknown) => error as ContextParallelError);
      if ("release" in session) await session.release();
      else expect(session).toMatchObject({ code: "CP6509", cause: reason });
    }
    const session = await attach(compiled, { backend, signal: new AbortController().signal });
    expect((await session.run(feed(7))).y!.data).toEqual(negated);
    await session.release();
  },
);

test("a signal that aborts after the start does nothing", async () => {
  const stop = new AbortController();
  const session = await attach(gatherProgram(mesh), { signal: stop.signal });
  stop.abort();
  expect((await session.run(feed(7))).y!.data).toEqual(negated);
  await session.release();
});

test("a late start leaves no session: the error is all", async () => {
  const error: ContextParallelError = await failure(attach(gatherProgram(mesh), { deadlineMs: 1 }));
  expect(error.message).toContain("CP6522: the ranks did not start within the deadline of 1 ms: ranks 0, 1 ");
});
