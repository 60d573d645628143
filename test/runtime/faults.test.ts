/**
 * @file Faults on real worker threads: one error for the caller with its location, the other ranks freed, the session usable if every rank
 * is still alive. Nothing here may hang.
 */
import { chunk } from "../../compiler/expr/expr.ts";
import { expect, test } from "vitest";
import type { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import { attach, attachWithGrace } from "../../runtime/attach/attach.ts";
import type { Session } from "../../runtime/caller/session.ts";
import { failure } from "./support/failure.ts";
import { moduleUrl } from "./support/handlers.ts";
import { feed, heads, hookProgram, size } from "./support/programs.ts";
import { slowProgram, brokenPieceProgram } from "./support/special.ts";
import { graph, node, value, writeProgram } from "./support/models.ts";

const mesh = { batch_degree: 1, ring_degree: 1, ulysses_degree: 3 };
const negated = feed(7).x.data.map((v) => -v);

async function withHandler(
  source: string,
  graceMs = 200,
): Promise<{ readonly session: Session; readonly remove: () => Promise<void> }> {
  const session = await attachWithGrace(hookProgram(mesh), {}, graceMs);
  return { session, remove: await session.hooks.register("block", "post_forward", moduleUrl(source)) };
}

test.each([0, 1, 2])(
  "a handler that throws on rank %i ends the run with one error; the session goes on",
  async (rank) => {
    const { session, remove } = await withHandler(
      `(t, c) => { if (c.rank === ${rank}) throw new Error("boom\\n  at x"); }`,
    );
    const error = await failure(session.run(feed(7)));
    expect(error.code).toBe("CP6505");
    expect(error.message).toContain(`rank ${rank}, step 2 of 4 (hook post_forward, module "block"): the handler data:`);
    expect(error.message).toMatch(/ threw: boom at x$/);
    expect(error.diagnostics[0]).toMatchObject({
      file: "flux.plan.json",
      start: { line: 3, column: 5 },
      related: [{ message: "hook 0, user at post_forward, from the plan entry /hooks/0", module: "block" }],
    });
    await remove();
    expect((await session.run(feed(7))).y!.data).toEqual(negated);
    await session.release();
  },
);

test("all ranks failing at once is still one error", async () => {
  const { session } = await withHandler(`() => { throw new Error("everywhere"); }`);
  const error = await failure(session.run(feed(7)));
  expect(error.message).toContain("threw: everywhere");
  expect((await failure(session.run(feed(7)))).code).toBe("CP6505");
  await session.release();
});

test("a piece that fails on one rank names the rank, the step, the piece; another input runs", async () => {
  const session = await attach(brokenPieceProgram());
  const error = await failure(session.run(feed(3)));
  expect(error.code).toBe("CP6504");
  expect(error.message).toContain('rank 1, step 1 of 3 (piece pick, module "block") failed: ');
  expect(error.message).not.toContain("\n");
  expect((await session.run(feed(101))).y!.dims).toEqual([2, heads, size]);
  await session.release();
});

test.each([
  [
    "exits",
    "(t, c) => { if (c.rank === 1) process.exit(7); }",
    "rank 1 ended unexpectedly: its thread exited with code 7",
  ],
  [
    "throws outside its call",
    `(t, c) => { if (c.rank === 1) { setImmediate(() => { throw new Error("later"); }); return new Promise(() => {}); } }`,
    "rank 1 ended unexpectedly: later",
  ],
  [
    "leaves a rejection",
    `(t, c) => { if (c.rank === 1) { Promise.reject(new Error("lost")); return new Promise(() => {}); } }`,
    "rank 1 ended unexpectedly: lost",
  ],
])("a rank that %s ends the run, and the session, with one error", async (_, source, message) => {
  const { session } = await withHandler(source);
  const waiting = session.run(feed(7));
  const queued = session.run(feed(7));
  const [first, second] = await Promise.all([failure(waiting), failure(queued)]);
  const doing = ' in step 2 of 4 (hook post_forward, module "block")';
  expect(first.message).toBe(`CP6507: ${message.replace("unexpectedly", `unexpectedly${doing}`)}`);
  expect(first.diagnostics[0]).toMatchObject({
    file: "flux.plan.json",
    related: [{ message: "hook 0, user at post_forward, from the plan entry /hooks/0", module: "block" }],
  });
  expect(second.code).toBe("CP6511");
  expect(second.message).toContain(message);
  expect((await failure(session.run(feed(7)))).code).toBe("CP6511");
  await session.release();
});

test("a rank that is lost while it loads a handler: the error names both", async () => {
  const session = await attachWithGrace(hookProgram(mesh), {}, 200);
  const url = `data:text/javascript,${encodeURIComponent("process.exit(3); export default () => {};")}`;
  const error = await failure(session.hooks.register("block", "post_forward", url));
  expect(error.message).toMatch(/^CP6507: rank \d ended unexpectedly while it loaded the handler data:/);
  expect(error.message).toMatch(/ for module "block", post_forward: its thread exited with code 3$/);
  expect((await failure(session.run(feed(7)))).code).toBe("CP6511");
  await session.release();
});

test("a deadline ends a run whose handler never returns; the stuck rank is given up", async () => {
  const { session } = await withHandler("(t, c) => { while (c.rank === 2); }");
  const started = performance.now();
  const error = await failure(session.run(feed(7), { deadlineMs: 500 }));
  expect(performance.now() - started).toBeLessThan(2_000);
  expect(error.message).toBe(
    "CP6508: the run did not end within its deadline of 500 ms: " +
      'rank 2 was in step 2 of 4 (hook post_forward, module "block"); ranks 0, 1 were in step 3 of 4 (gather gather, module "block")',
  );
  expect(error.diagnostics[0]!.related).toEqual([
    { message: "hook 0, user at post_forward, from the plan entry /hooks/0", module: "block" },
  ]);
  const next = await failure(session.run(feed(7)));
  expect(next.message).toContain("rank 2 did not stop within 200 ms");
  await session.release();
});

test("a signal ends a run that waits for an answer that never comes, with its reason as the cause", async () => {
  const { session } = await withHandler("(t, c) => c.rank === 0 ? new Promise(() => {}) : undefined", 60_000);
  const reason = new Error("enough");
  const stop = new AbortController();
  const running = session.run(feed(7), { signal: stop.signal });
  const queued = session.run(feed(7), { signal: stop.signal });
  setTimeout(() => stop.abort(reason), 50);
  const errors = await Promise.all([failure(running), failure(queued)]);
  for (const error of errors) expect(error).toMatchObject({ code: "CP6509", cause: reason });
  // The rank is still waiting: release does not.
  const started = performance.now();
  await session.release();
  expect(performance.now() - started).toBeLessThan(5_000);
});

test("a signal that has aborted before dispatches nothing", async () => {
  const { session, remove } = await withHandler("() => { throw new Error('ran'); }");
  expect((await failure(session.run(feed(7), { signal: AbortSignal.abort() }))).code).toBe("CP6509");
  await remove();
  expect((await session.run(feed(7))).y!.data).toEqual(negated);
  await session.release();
});

test("a run that was aborted between steps leaves the session usable", async () => {
  const { session, remove } = await withHandler("() => new Promise((done) => setTimeout(done, 300))", 10_000);
  const error = await failure(session.run(feed(7), { deadlineMs: 50 }));
  expect(error.code).toBe("CP6508");
  await remove();
  expect((await session.run(feed(7))).y!.data).toEqual(negated);
  await session.release();
});

test("a deadline ends a run inside native code for its caller at once; the rank is waited for, not lost", async () => {
  const session = await attachWithGrace(slowProgram(), {}, 100);
  const x = { type: "float32", dims: [1, 1], data: Float32Array.of(1e-3) };
  await session.run({ x });
  const whole = session.lastRun!.milliseconds;
  const started = performance.now();
  expect((await failure(session.run({ x }, { deadlineMs: whole / 10 }))).code).toBe("CP6508");
  expect(performance.now() - started).toBeLessThan(whole / 2);
  expect((await session.run({ x })).y!.dims).toEqual([1000, 1000]);
  expect((await failure(session.run({ x }, { deadlineMs: whole / 10 }))).code).toBe("CP6508");
  // Terminating a thread inside native code would end this process.
  await session.release();
});

test("the default deadline of the session is for runs that give none", async () => {
  const session = await attachWithGrace(hookProgram(mesh), { deadlineMs: 3_000 }, 5_000);
  const wait = moduleUrl("() => new Promise((done) => setTimeout(done, 3_500))");
  const remove = await session.hooks.register("block", "post_forward", wait);
  expect((await failure(session.run(feed(7)))).message).toContain("3000 ms");
  expect((await session.run(feed(7), { deadlineMs: 60_000 })).y!.data).toEqual(negated);
  await remove();
  await session.release();
});

test("what onProgress throws is the run's error", async () => {
  const { session, remove } = await withHandler("() => undefined");
  await remove();
  const mine = new TypeError("mine");
  const run = session.run(feed(7), {
    onProgress: () => {
      throw mine;
    },
  });
  await expect(run).rejects.toBe(mine);
  expect((await session.run(feed(7))).y!.data).toEqual(negated);
  await session.release();
});

test("release ends a run in progress and those in the queue; later runs say so; twice is fine", async () => {
  const { session } = await withHandler("() => new Promise(() => {})");
  const runs = [session.run(feed(7)), session.run(feed(7))].map(failure);
  await new Promise((done) => setTimeout(done, 50));
  await Promise.all([session.release(), session.release()]);
  for (const error of await Promise.all(runs)) expect(error.message).toBe("CP6510: the session was released");
  expect((await failure(session.run(feed(7)))).code).toBe("CP6510");
  expect((await failure(session.hooks.register("block", "post_forward", moduleUrl("() => {}")))).code).toBe("CP6510");
  await session.release();
});

test("attaching to another number of devices, or an unknown backend, says both numbers", async () => {
  const error = await attach(hookProgram(mesh), { devices: ["cpu"], backend: "other" as "binding" }).catch(
    (e: unknown) => e,
  );
  expect((error as ContextParallelError).diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    "CP6500: 1 devices were given; the program is compiled for 3 (ring 1 x ulysses 3)",
    'CP6501: there is no backend "other"',
  ]);
});

test("a piece that does not load fails the attach, on whatever rank, and leaves nothing running", async () => {
  const bad = graph([value("x", ["a"])], [value("y", ["a"])], [node("NoSuchOperator", ["x"], ["y"])]);
  const compiled = writeProgram({ mesh, steps: [] }, [{ id: "bad", graph: bad }]);
  const error = await failure(attach(compiled));
  expect(error.code).toBe("CP6503");
  expect(error.message).toMatch(/^CP6503: rank \d could not load the piece bad on cpu: .*NoSuchOperator/);
  const own = await failure(attach(compiled, { backend: "binding" }));
  expect(own.message).toMatch(/^CP6503: rank \d could not load the piece bad on cpu: .*NoSuchOperator/);
});

test("a value that is not what the program says is our mistake, and said so", async () => {
  const { program, ...rest } = hookProgram(mesh);
  const steps = JSON.parse(
    JSON.stringify(program.steps).replace(JSON.stringify(chunk("sequence", "s", 3, "rank")), '"s"'),
  );
  const session = await attach({ ...rest, program: { ...program, steps } });
  const error = await failure(session.run(feed(7)));
  expect(error.code).toBe("CP6514");
  expect(error.message).toContain("the value seen is float32 [");
  expect(error.message).toContain("the program expects float32 [7, 5, 3]");
  await session.release();
});
