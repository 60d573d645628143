/**
 * @file Examples of faults while a program is attached or runs. Codes CP6500-6999.
 */
import { createHash } from "node:crypto";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Worker } from "node:worker_threads";
import { chunk } from "../../../compiler/expr/expr.ts";
import { toFeeds } from "../../../cli/run/tensors.ts";
import { encodeNpz } from "../../../ort/files/npz.ts";
import { ortTensor } from "../../../ort/tensors.ts";
import { attach } from "../../../runtime/attach/attach.ts";
import { dealtBy } from "../../../runtime/measure.ts";
import { startEngine } from "../../../runtime/attach/engine.ts";
import { loadProgram } from "../../../runtime/load/load.ts";
import type { RegisterOptions } from "../../../runtime/caller/hooks.ts";
import type { Session } from "../../../runtime/caller/session.ts";
import { valueOf } from "../../support/fixtures.ts";
import { CONFLICT, withoutLibrary } from "../../support/library.ts";
import { graph, node, random, value } from "../../support/graphs.ts";
import type { Example, Examples } from "../example.ts";
import { compiled, editProgram, failure, fluxFeeds, fluxPlan, withSession, withSteps } from "../flux.ts";
import { model } from "../models.ts";

/** The rows of a rank, as the steps of a program have them. */
const ROWS = JSON.stringify(chunk("sequence", "img", 2, "rank"));

type Feeds = Parameters<Session["run"]>[0];

const files = { "flux.plan.json": fluxPlan };
const ready = `const compiled = await compilePlan({ model: "flux.onnx", plan: "flux.plan.json", hooks: ["transformer_blocks.0"] });
const session = await attach(compiled.program);
`;
const registered = `${ready}await session.hooks.register("transformer_blocks.0", "post_forward", new URL("./hook.js", import.meta.url));
`;

const register = (session: Session, file = "hook.js", options: RegisterOptions = {}) =>
  session.hooks.register("transformer_blocks.0", "post_forward", pathToFileURL(join(process.cwd(), file)), options);

/** With a handler in the file `hook.js`. */
function hooked(means: string, handler: string, run = "await session.run(feeds);", use = once): Example {
  return {
    means,
    files: { ...files, "hook.mjs": `${handler}\n` },
    command: `${registered}${run}`.replaceAll("hook.js", "hook.mjs"),
    call: () =>
      withSession(async (session, feeds) => {
        await register(session, "hook.mjs");
        await use(session, feeds);
      }),
  };
}

const once = (session: Session, feeds: Feeds): Promise<unknown> => session.run(feeds);

type Use = (session: Session, feeds: Feeds) => Promise<unknown>;

function used(means: string, lines: string, use: Use, ranks?: number): Example {
  return { means, files, command: `${ready}${lines}`, call: () => withSession(use, ranks) };
}

function damaged(means: string, given: string, from: string, to: string, ranks?: number): Example {
  return { means, given, make: () => withSteps(from, to, ranks), command: "onnx-cp run program --inputs flux.npz" };
}

async function attached(options: Parameters<typeof attach>[1]): ReturnType<typeof failure> {
  await compiled();
  return failure(attach(valueOf(await loadProgram("program")), options).then((session) => session.release()));
}

/** A session whose weights are cut while it is attached. */
async function shortenedWeights(): ReturnType<typeof failure> {
  await compiled(undefined, "flux/flux.dynamo18-external.onnx");
  const session = await attach(valueOf(await loadProgram("program")));
  truncateSync("flux.dynamo18-external.onnx.data", 4096);
  try {
    return await failure(session.run(toFeeds(await fluxFeeds())));
  } finally {
    await session.release();
  }
}

/** The backend that is chosen where the native one does not load. */
async function fallenBack(): ReturnType<typeof failure> {
  await compiled();
  const { program, folder, files: own } = valueOf(await loadProgram("program"));
  const options = { folder, files: own, modelFolder: folder, devices: ["cpu", "cpu"], threads: 1, backend: undefined };
  const missing = async (): Promise<void> => {
    throw new Error("Cannot find package 'koffi'");
  };
  return (await startEngine(program, options, { native: missing })).notes;
}

/** y = table[ids], of a table of ten rows. */
function lookUp(): void {
  const source = graph({
    inputs: [value("ids", "int64", ["n"]), value("table", "float32", [10, 4])],
    outputs: [value("y", "float32", null)],
    nodes: [node("Gather", ["table", "ids"], ["y"], { axis: { kind: "int", value: 0 } })],
  });
  model(source);
  const ids = ortTensor("int64", [4], [0, 1, 2, 99]);
  writeFileSync("inputs.npz", encodeNpz({ ids, table: random(1, [10, 4]) }));
}

/** As if a later release had written it. */
async function withUnknownOperator(): Promise<void> {
  await compiled();
  const name = "pieces/local0.onnx";
  const text = readFileSync(`program/${name}`, "latin1").replaceAll("LayerNormalization", "LayerNormalizatioN");
  writeFileSync(`program/${name}`, text, "latin1");
  const sha256 = createHash("sha256").update(text, "latin1").digest("hex");
  editProgram(({ files: own }) => Object.assign((own as Record<string, object>)[name]!, { sha256 }));
}

function hugeIntegers(program: Record<string, unknown>): void {
  const derived = program["derived"] as Record<string, { elements: unknown[] }>;
  for (const value of Object.values(derived))
    value.elements = value.elements.map(() => ["*", 9_007_199_254_740_991, "img"]);
}

export const running: Examples = {
  CP6500: {
    means: "Each rank needs one device, and the degrees give another number of ranks.",
    files,
    command: "onnx-cp run flux.plan.json --model flux.onnx --ulysses-degree 2 --devices cpu,cpu,cpu --inputs flux.npz",
  },
  CP6530: {
    means: "Every rank has one share. The ranks are those that the plan was compiled for.",
    files,
    command: "onnx-cp check flux.plan.json --model flux.onnx --ulysses-degree 2 --shares 2,1,1",
  },
  CP6531: {
    means:
      "Rows and heads are dealt in proportion to the shares, so each must be a positive number; only their ratios count.",
    files,
    command: "onnx-cp run flux.plan.json --model flux.onnx --ulysses-degree 2 --shares 2,0 --inputs flux.npz",
  },
  CP6501: {
    means: "Pieces run on one of two backends. The environment variable counts where the caller names none.",
    given: "the program of flux",
    command: 'await attach(program, { backend: "cuda" });',
    call: () => attached({ backend: "cuda" as "native" }),
  },
  CP6502: {
    means: "The thread of a rank ended before it was ready.",
    given: "a rank whose thread is ended from outside while it starts",
    command: "await attach(program);",
    call: async () => {
      // A thread of the other backend may have waited.
      process.once("worker", (worker: Worker) => void worker.terminate());
      return attached({ backend: "binding" });
    },
  },
  CP6503: {
    means: "ONNX Runtime rejects a piece: an operator is not supported, or the weights are missing.",
    given: "a program whose first piece has an operator that ONNX Runtime does not know",
    make: withUnknownOperator,
    command: "onnx-cp run program --inputs flux.npz",
  },
  CP6504: {
    means: "ONNX Runtime fails inside a piece. Most often the unsplit model fails on these inputs too.",
    files: { "a.plan.json": '{ "": [{ "ids": { "split_dim": 0 } }, { "gather_dim": 0 }] }\n' },
    given: "a model of y = table[ids], with a table of ten rows, and 99 among the ids",
    make: lookUp,
    command: "onnx-cp run a.plan.json --model model.onnx --ulysses-degree 2 --inputs inputs.npz",
  },
  CP6505: hooked(
    "A hook handler of the caller threw an exception.",
    'export default (tensor, { rank }) => {\n  if (rank === 1) throw new Error("not today");\n};',
  ),
  CP6506: hooked(
    "The tensor that a handler returns replaces the value, so it must have the same type and shape. The value is the rank's shard.",
    "export default ({ type }, { rank }) => {\n  if (rank === 1) return { type, dims: [1], data: new Float32Array(1) };\n};",
  ),
  CP6507: hooked(
    "A rank ended during a run: it was killed, or its thread threw outside any step.",
    "export default (tensor, { rank }) => {\n  if (rank === 1) process.exit(7);\n};",
  ),
  CP6508: hooked(
    "The run exceeded its deadline. All ranks are stopped.",
    "export default () => new Promise(() => {});",
    "await session.run(feeds, { deadlineMs: 1000 });",
    (session, feeds) => session.run(feeds, { deadlineMs: 1000 }),
  ),
  CP6509: used(
    "The caller's signal aborted the run.",
    "await session.run(feeds, { signal: AbortSignal.abort() });",
    (session, feeds) => session.run(feeds, { signal: AbortSignal.abort() }),
  ),
  CP6510: used(
    "The session has released its ranks.",
    "await session.release();\nawait session.run(feeds);",
    async (session, feeds) => {
      await session.release();
      await session.run(feeds);
    },
  ),
  CP6511: hooked(
    "A rank was lost in an earlier run, so this session cannot run again; other sessions are not affected.",
    "export default (tensor, { rank }) => {\n  if (rank === 1) process.exit(7);\n};",
    "await session.run(feeds).catch(() => undefined);\nawait session.run(feeds);",
    async (session, feeds) => {
      await session.run(feeds).catch(() => undefined);
      await session.run(feeds);
    },
  ),
  CP6512: used(
    "Hooks run only at the points that were requested when the program was compiled.",
    'await session.hooks.register("proj_out", "post_forward", new URL("./hook.js", import.meta.url));',
    (session) => session.hooks.register("proj_out", "post_forward", "file:///hook.js"),
  ),
  CP6513: used(
    "Every rank loads the handler's module itself; one of them failed, or found no function in it.",
    registered.slice(ready.length).trimEnd(),
    (session) => register(session),
    1,
  ),
  CP6514: damaged(
    "The value that a rank has to send differs from the program. The proof excludes this, so either the program was changed after compilation or this is a bug.",
    "a program in which one extent of an exchange was edited",
    ROWS,
    `["+",${ROWS},"rank"]`,
  ),
  CP6515: {
    means: "A step fails outside ONNX Runtime. Either the program is damaged or this is a bug.",
    given: "a program for one rank whose derived integers were edited to overflow",
    make: () => compiled(hugeIntegers, undefined, 1),
    command: "onnx-cp run program --inputs flux.npz",
  },
  CP6516: damaged(
    "The ranks exchange data through shared memory, and there is not enough of it for these lengths.",
    "a program edited to exchange a million times as much",
    ROWS,
    `["*",4398046511104,${ROWS}]`,
  ),
  CP6518: used(
    "A relative path depends on the module that resolves it; an absolute URL does not.",
    'await session.hooks.register("transformer_blocks.0", "post_forward", "./hook.js");',
    (session) => session.hooks.register("transformer_blocks.0", "post_forward", "./hook.js"),
  ),
  CP6520: used(
    "An argument or an option has the wrong type. Without TypeScript, this is the first check.",
    "await session.run(feeds, { signal: {} });",
    (session, feeds) => session.run(feeds, { signal: {} as AbortSignal }),
  ),
  CP6521: {
    means:
      "A handler's module did not load before the deadline of its registration (30 seconds by default), so no run calls it. If the module only " +
      "waits, the session stays usable; a rank in an endless loop is terminated 5 seconds later, which ends the session (CP6511).",
    files: { ...files, "hook.mjs": "await new Promise(() => {});\nexport default () => {};\n" },
    command: `${ready}const url = new URL("./hook.mjs", import.meta.url);
await session.hooks.register("transformer_blocks.0", "post_forward", url, { deadlineMs: 500 });`,
    call: () => withSession((session) => register(session, "hook.mjs", { deadlineMs: 500 }), 1),
  },
  CP6522: {
    means: "The ranks did not load their pieces before the deadline given to `attach`.",
    given: "the program of flux",
    command: "await attach(program, { deadlineMs: 1 });",
    call: () => attached({ deadlineMs: 1 }),
  },
  CP6523: {
    means:
      "The native library of onnxruntime-node cannot be loaded. Usually two versions of the package are installed, and the process has already " +
      "loaded the other one: a process can hold only one version. Tensors of the other version are accepted, because only their fields are read.",
    given: "a program that has imported onnxruntime-node in another version",
    command: "await attach(program);",
    call: async () => {
      await compiled();
      return withoutLibrary(CONFLICT, 'await api.attach((await api.loadProgram("program")).value);');
    },
  },
  CP6524: {
    means:
      "Sessions map weights into memory, so a change of the file would change their numbers, or end the process where the file became shorter. The " +
      "size and the time of the last change are compared when the sessions have loaded, and before and after each run. A file that was removed or replaced by " +
      "renaming is no problem then: sessions keep the old one.",
    given: "a program of an export with external data, of which the data file became shorter after `attach`",
    command: "await session.run(feeds);",
    call: shortenedWeights,
  },
  CP6532: {
    means:
      'With `shares: "auto"`, all ranks run the piece with the most weights at the same time, and rows and heads are dealt by how fast they are. This note is in session.notes, and run prints it.',
    given: "the program of flux, and another process that uses half of one core",
    command: 'await attach(program, { shares: "auto" });',
    call: async () => dealtBy([12.1, 24.3]).notes,
  },
  CP6533: {
    means:
      'With `shares: "auto"` the session needs lengths that satisfy the equations of the program, to run one of its pieces.',
    given: "a program without a piece to measure",
    command: 'await attach(program, { shares: "auto" });',
    call: async () => dealtBy(null).notes,
  },
  CP6540: {
    means:
      "The caller asked for a backend, by the option or by the environment variable ONNX_CP_BACKEND, that cannot do this.",
    given: "the program of flux",
    command: 'await attach(program, { backend: "native", devices: ["cpu", "cuda"] });',
    call: () => attached({ backend: "native", devices: ["cpu", "cuda"] }),
  },
  CP6541: {
    means:
      "The session computes the same on either backend; only time and memory differ. This note is in session.notes, and run prints it.",
    given: "the program of flux, and an installation without the package koffi",
    command: "await attach(program);",
    call: fallenBack,
  },
};
