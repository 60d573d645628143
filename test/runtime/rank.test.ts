/**
 * @file Ranks in one thread: whole programs over a world of promises, a failing rank that frees the others, the worker's messages.
 */
import { chunk } from "../../compiler/expr/expr.ts";
import { equalCut } from "../../program/shares.ts";
import { MessageChannel } from "node:worker_threads";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { checkInputs } from "../../runtime/caller/check-inputs.ts";
import { ranksOf } from "../../program/mesh.ts";
import { outboxSizes, placer } from "../../runtime/collectives/placement.ts";
import type { CompiledProgram } from "../../program/types.ts";
import { preferredBackend } from "../../ort/process.ts";
import { startEngine } from "../../runtime/attach/engine.ts";
import type { Backend, Engine } from "../../runtime/attach/engine.ts";
import { packFeeds, unpackFeeds } from "../../runtime/feeds.ts";
import type { FromRank, RankReport, RankSetup, ToRank } from "../../runtime/messages.ts";
import { createMemory } from "../../runtime/caller/memory.ts";
import { startRank } from "../../runtime/rank/rank.ts";
import type { Rank } from "../../runtime/rank/rank.ts";
import { serveThread } from "../../runtime/rank/serve.ts";
import { createControl } from "../../runtime/world/threads/control.ts";
import { RunAborted } from "../../runtime/world/world.ts";
import { moduleUrl } from "./support/handlers.ts";
import { range } from "./support/models.ts";
import { feed, gatherProgram, hookProgram, ringProgram, runningSum, ulyssesProgram } from "./support/programs.ts";
import { brokenPieceProgram } from "./support/special.ts";
import { localWorlds } from "./support/world.ts";

const engines: Engine[] = [];
afterAll(() => engines.forEach((engine) => engine.release()));

/** The backend as `attach` would choose it, taken back after the last test. */
async function engineOf({ program, folder, files }: CompiledProgram): Promise<Engine> {
  const devices = range(ranksOf(program.mesh)).map(() => "cpu");
  const backend = preferredBackend() as Backend | undefined;
  const engine = await startEngine(program, { folder, files, modelFolder: folder, devices, threads: 1, backend });
  engines.push(engine);
  return engine;
}

async function startAll(compiled: CompiledProgram): Promise<readonly Rank[]> {
  const { program } = compiled;
  const { settingsOf } = await engineOf(compiled);
  return Promise.all(
    range(ranksOf(program.mesh)).map((rank) =>
      startRank(
        rank,
        program,
        settingsOf(rank),
        (work) => work(),
        () => undefined,
      ),
    ),
  );
}

/** One run on all ranks; a rank that fails gives its error. */
async function runAll(
  { program }: CompiledProgram,
  ranks: readonly Rank[],
  rows: number,
  handlers: readonly number[] = [],
): Promise<readonly (RankReport | Error)[]> {
  const inputs = checkInputs(program, feed(rows));
  if (!inputs.ok) throw new Error(JSON.stringify(inputs.diagnostics));
  const { feeds, lengths } = inputs.value;
  const largest = Math.max(...outboxSizes(program, placer(program.mesh, lengths, equalCut)));
  const worlds = localWorlds(ranks.length, largest);
  const wanted = program.outputs.map(({ name }) => name);
  const runs = ranks.map((rank, i) =>
    rank.run(worlds[i]!, {
      feeds,
      lengths,
      shares: null,
      wanted: i === 0 ? wanted : [],
      handlers,
      onStep: () => undefined,
    }),
  );
  return (await Promise.allSettled(runs)).map((result) =>
    result.status === "fulfilled" ? result.value : (result.reason as Error),
  );
}

const release = (ranks: readonly Rank[]): Promise<unknown> => Promise.all(ranks.map((rank) => rank.release()));

test.each([1, 2, 3, 4, 8])("exchanges heads for rows over %i ranks for any number of rows", async (n) => {
  const compiled = ulyssesProgram(n);
  const ranks = await startAll(compiled);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), async (rows) => {
      const [first, ...others] = (await runAll(compiled, ranks, rows)) as readonly RankReport[];
      expect(first!.outputs).toEqual([{ name: "y", elem: "float32", dims: [rows, 5, 3], data: runningSum(rows) }]);
      for (const { outputs } of others) expect(outputs).toEqual([]);
    }),
    { numRuns: 8 },
  );
  await release(ranks);
});

test.each([2, 3])("rotates round a ring of %i", async (n) => {
  const compiled = ringProgram(n);
  const ranks = await startAll(compiled);
  const [first] = (await runAll(compiled, ranks, 7)) as readonly RankReport[];
  expect(first!.outputs[0]!.data).toEqual(runningSum(7).slice(6 * 15));
  expect(first!.sent.reduce((a, b) => a + b, 0)).toBe((n - 1) * 15 * 4);
  await release(ranks);
});

test("a rank that fails is the only one with a fault; those that wait for it are freed", async () => {
  const compiled = brokenPieceProgram();
  const ranks = await startAll(compiled);
  const [waiting, failing] = await runAll(compiled, ranks, 5);
  expect(failing).toMatchObject({ code: "CP6504" });
  expect(waiting).toBeInstanceOf(RunAborted);
  await release(ranks);
});

test.each([
  ["() => { throw new Error('no'); }", "CP6505"],
  ["() => 5", "CP6506"],
  ["(t) => ({ ...t, type: 'int64', data: new BigInt64Array(t.data.length) })", "CP6506"],
  ["(t) => ({ ...t, data: t.data.slice(1) })", "CP6506"],
])("the handler %s fails with %s", async (source, code) => {
  const compiled = hookProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 1 });
  const [rank] = await startAll(compiled);
  const registration = { id: 0, module: "block", phase: "post_forward" } as const;
  await rank!.handlers.register({ ...registration, url: moduleUrl(source) });
  expect(await runAll(compiled, [rank!], 2, [0])).toMatchObject([{ code }]);
  await expect(rank!.handlers.register({ ...registration, url: moduleUrl("5") })).rejects.toMatchObject({
    code: "CP6513",
  });
  await rank!.handlers.register({
    ...registration,
    id: 1,
    url: moduleUrl("async (t) => ({ ...t, data: t.data.fill(3) })"),
  });
  const [report] = (await runAll(compiled, [rank!], 2, [1])) as readonly RankReport[];
  expect(report!.outputs[0]!.data).toEqual(new Float32Array(30).fill(3));
  await release([rank!]);
});

test("a value of another shape than the program says stops at the exchange", async () => {
  const compiled = gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 2 });
  const steps = JSON.parse(
    JSON.stringify(compiled.program.steps)
      .replace(JSON.stringify(chunk("sequence", "s", 2, "rank")), JSON.stringify(chunk("sequence", "s", 2, "peer")))
      .replace("all-gather", "all-to-all")
      .replace('"send":["local"]', '"send":["local","local"]'),
  );
  const broken = { ...compiled, program: { ...compiled.program, steps } };
  const ranks = await startAll(broken);
  expect(String((await runAll(broken, ranks, 5))[0])).toContain(
    "the value local is float32 [3, 5, 3]; the program expects float32 [2, 5, 3]",
  );
  await release(ranks);
});

test("more shared memory than there is", () => {
  const { program } = gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 2 });
  const steps = JSON.parse(
    JSON.stringify(program.steps).replace(JSON.stringify(chunk("sequence", "s", 2, "rank")), '["*",1099511627776,"s"]'),
  );
  const inputs = checkInputs(program, feed(3));
  if (!inputs.ok) throw new Error("the feeds are wrong");
  const memory = createMemory({ ...program, steps }, equalCut);
  expect(() => memory.prepare(inputs.value)).toThrow(
    /^CP6516: cannot allocate \d+ bytes for the exchange between ranks: /,
  );
});

test("values are gone once no step reads them", async () => {
  const compiled = hookProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 2 });
  const steps = compiled.program.steps.map((step, i) => (i === 0 ? { ...step, frees: ["local"] } : step));
  const broken = { ...compiled, program: { ...compiled.program, steps } };
  const ranks = await startAll(broken);
  const [first] = await runAll(broken, ranks, 5);
  expect(String(first)).toContain(
    '(hook post_forward, module "block") failed: the value local does not exist at this step',
  );
  await release(ranks);
});

test("two outputs with one value arrive in memory of their own", async () => {
  const compiled = gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 1 });
  const { program } = compiled;
  const gather = JSON.parse(
    JSON.stringify(program.steps[1]).replace('["part0"]', '["copy"]').replace('"frees":["local"]', '"frees":[]'),
  );
  const outputs = ["local", "copy"].map((name) => ({ ...program.outputs[0]!, name }));
  const same = { ...compiled, program: { ...program, outputs, steps: [program.steps[0]!, gather] } };
  const ranks = await startAll(same);
  const [first] = (await runAll(same, ranks, 2)) as readonly RankReport[];
  const [a, b] = first!.outputs;
  expect(a!.data).toEqual(b!.data);
  expect(a!.data.buffer).not.toBe(b!.data.buffer);
  await release(ranks);
});

test("feeds are packed once, used in place or unpacked into ordinary memory; the shared memory is reused where it suffices", () => {
  const program = gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 1 }).program;
  const inputs = checkInputs(program, feed(3));
  if (!inputs.ok) throw new Error("the feeds are wrong");
  const packed = packFeeds(inputs.value.feeds, new SharedArrayBuffer(0));
  expect(packFeeds(inputs.value.feeds, packed.memory).memory).toBe(packed.memory);
  const x = unpackFeeds(packed, false).get("x")!;
  expect(x.data).toEqual(feed(3).x.data);
  expect(x.data.buffer).toBeInstanceOf(ArrayBuffer);
  expect(unpackFeeds(packed, true).get("x")!.data.buffer).toBe(packed.memory);
});

/** Speaks to `serveThread` as the driver does. */
async function conversation(
  compiled: CompiledProgram,
  requests: readonly ToRank[],
  answers: number,
): Promise<readonly FromRank[]> {
  const { port1, port2 } = new MessageChannel();
  const heard: FromRank[] = [];
  const pieces = (await engineOf(compiled)).settingsOf(0);
  const setup: RankSetup = {
    rank: 0,
    size: 1,
    program: compiled.program,
    pieces,
    control: createControl(1),
    transport: { kind: "threads", spin: false },
    returns: true,
  };
  const done = new Promise<void>((resolve) => {
    port1.on("message", (message: FromRank) => {
      heard.push(message);
      if (heard.filter(({ kind }) => kind !== "progress").length === answers) resolve();
    });
  });
  serveThread(port2);
  for (const request of [{ kind: "start", setup } as const, ...requests]) port1.postMessage(request, []);
  await done;
  port1.close();
  return heard;
}

test("a worker answers its start and every request once, in order", async () => {
  const compiled = hookProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 1 });
  const inputs = checkInputs(compiled.program, feed(2));
  if (!inputs.ok) throw new Error("the feeds are wrong");
  const feeds = packFeeds(inputs.value.feeds, new SharedArrayBuffer(0));
  const run: ToRank = {
    kind: "run",
    feeds,
    lengths: inputs.value.lengths,
    shares: null,
    wanted: ["y"],
    handlers: [],
    memory: { kind: "threads", outboxes: [new SharedArrayBuffer(0)] },
    progress: true,
  };
  const registration = {
    id: 3,
    module: "block",
    phase: "post_forward",
    url: moduleUrl("() => { throw new Error('no') }"),
  } as const;
  const requests: readonly ToRank[] = [
    run,
    { kind: "register", registration },
    { ...run, handlers: [3], progress: false },
    { ...run, wanted: ["nothing"], progress: false },
    { kind: "release" },
  ];
  const heard = await conversation(compiled, requests, 6);
  expect(heard.map(({ kind }) => kind)).toEqual([
    "done",
    ...range(4).map(() => "progress"),
    "done",
    "done",
    "fault",
    // The failed run has aborted the world, which only the driver resets.
    "aborted",
    "done",
  ]);
});
