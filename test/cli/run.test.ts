/**
 * @file `run`: a plan or a program, its outputs, its comparison with the unsplit model, and wrong inputs.
 */
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { main } from "../../cli/cli.ts";
import { readNpz, writeNpz } from "../../ort/files/npz.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { fixture, fixtureTensors, valueOf } from "../support/fixtures.ts";
import { temporaryFolder } from "../support/files.ts";
import { swapGather } from "../support/swapped.ts";
import { type Captured, capture } from "./capture.ts";

const model = "test/fixtures/flux/flux.dynamo18-dynamic.onnx";
const plan = "plans/flux.plan.json";
const inputs = "test/fixtures/flux/flux.img67-txt13.inputs.npz";
let feeds: OrtTensors;

beforeAll(async () => {
  feeds = await fixtureTensors("flux/flux.img67-txt13.inputs.npz");
});

interface Ended {
  readonly exitCode: number;
  readonly io: Captured;
}

async function cp(...argv: readonly string[]): Promise<Ended> {
  const io = capture();
  return { exitCode: await main(argv, io), io };
}

test("a plan runs on its devices, is verified, and its outputs are written", async () => {
  const outputs = join(await temporaryFolder(), "made", "out.npz");
  const argv = ["run", plan, "--model", model, "--inputs", inputs, "--outputs", outputs, "--verify"];
  const { exitCode, io } = await cp(...argv, "--devices", "cpu,cpu,cpu");
  expect(exitCode).toBe(0);
  expect(io.stdout()).toMatch(/^3 ranks \(ring 1 x ulysses 3\), 1 x [\d.]+ ms, [\d,]+ bytes between ranks\n/);
  expect(io.stdout()).toMatch(/^sample {2}float32 {2}\(1, 67, 16\) {2}agrees /m);
  expect(io.stderr()).toContain("note CP7002: no degrees were given: Ulysses over 3 devices");
  const { sample } = valueOf(await readNpz(outputs));
  expect(sample?.dims).toEqual([1, 67, 16]);
  expect(await readdir(join(outputs, ".."))).toEqual(["out.npz"]);
});

test("the batch alone is divided over two ranks by a plan without entries", async () => {
  const folder = await temporaryFolder();
  const empty = join(folder, "empty.plan.json");
  await writeFile(empty, "{}");
  const flux = fixture("flux/flux-b.dynamo18-dynamic.onnx");
  const feeds = fixture("flux/flux-b.batch2-img35-txt11.inputs.npz");
  const argv = ["run", empty, "--model", flux, "--inputs", feeds, "--verify"];
  const { exitCode, io } = await cp(...argv, "--batch-degree", "2");
  expect(exitCode).toBe(0);
  expect(io.stdout()).toMatch(/^2 ranks \(batch 2 x ring 1 x ulysses 1\), 1 x [\d.]+ ms, 4,480 bytes between ranks\n/);
  expect(io.stderr()).toContain("note CP4030");
  const both = await cp(...argv, "--batch-degree", "2", "--ulysses-degree", "2");
  expect(both.exitCode).toBe(1);
  expect(both.io.stderr()).toContain("error CP1523: the plan has no entries");
});

test.each(["3,1,2", "auto"])("--shares %s deals rows and heads in proportion, with the same result", async (shares) => {
  const argv = ["run", plan, "--model", model, "--inputs", inputs, "--verify", "--devices", "cpu,cpu,cpu"];
  const { exitCode, io } = await cp(...argv, "--shares", shares);
  expect(exitCode).toBe(0);
  expect(io.stdout()).toMatch(/^sample {2}float32 {2}\(1, 67, 16\) {2}agrees /m);
  expect(io.stderr().includes("note CP6532: the ranks took ")).toBe(shares === "auto");
});

test("with --format json there is one document on standard output", async () => {
  const argv = [
    "run",
    plan,
    "--model",
    model,
    "--inputs",
    inputs,
    "--verify",
    "--ring-degree",
    "2",
    "--format",
    "json",
  ];
  const { exitCode, io } = await cp(...argv, "--steps", "2");
  expect(exitCode).toBe(0);
  expect(JSON.parse(io.stdout())).toMatchObject({
    command: "run",
    ok: true,
    result: {
      mesh: { batch_degree: 1, ring_degree: 2, ulysses_degree: 1 },
      steps: [{ bytes: expect.any(Number) as number }, { milliseconds: expect.any(Number) as number }],
      outputs: [{ name: "sample", elem: "float32", shape: [1, 67, 16] }],
      verification: [{ name: "sample", ok: true, wrong: 0 }],
    },
  });
});

test("a rotating ring runs and is verified", async () => {
  const argv = ["run", plan, "--model", model, "--inputs", inputs, "--verify", "--ring-degree", "3"];
  const { exitCode, io } = await cp(...argv, "--rotate-method", "alltoall", "--devices", "cpu,cpu,cpu");
  expect([exitCode, io.stderr()]).toEqual([0, ""]);
  expect(io.stdout()).toMatch(/^3 ranks \(ring 3 x ulysses 1\), .*\n\n.*\nsample .* agrees /);
});

test("a compiled program runs from its folder, and fails verification if it gathers in the wrong order", async () => {
  const folder = join(await temporaryFolder(), "program");
  const compiled = await cp("compile", plan, "--model", model, "--out", folder, "--ulysses-degree", "2");
  expect(compiled.exitCode).toBe(0);
  expect(compiled.io.stdout()).toContain("2 ranks (ring 1 x ulysses 2)\nattention: 4 x ulysses\n9 hook registrations");
  expect((await cp("run", folder, "--inputs", inputs, "--verify")).exitCode).toBe(0);

  await swapGather(folder);
  const { exitCode, io } = await cp("run", folder, "--inputs", inputs, "--verify");
  expect(exitCode).toBe(3);
  expect(io.stderr()).toMatch(
    /^error CP7006: output sample has \d+ of 1072 elements that do not match the unsplit model within 0.0001/m,
  );
  expect(io.stdout()).toContain("DIFFERS");
});

test("an export with boundary markers is verified too", async () => {
  const marked = "test/fixtures/flux/flux.dynamo18-dynamic.marked.onnx";
  const argv = ["run", plan, "--model", marked, "--inputs", inputs, "--verify", "--ulysses-degree", "2"];
  expect(await cp(...argv)).toMatchObject({ exitCode: 0 });
});

test("usage that only shows when the arguments are looked at together", async () => {
  const folder = await temporaryFolder();
  const cases: readonly (readonly [readonly string[], string])[] = [
    [["run", plan, "--inputs", inputs], 'the option --model <MODEL> is required, or "$model" in the plan'],
    [
      ["run", folder, "--inputs", inputs, "--ring-degree", "2", "--strict"],
      "a program is already compiled: omit --ring-degree, --strict",
    ],
  ];
  for (const [argv, text] of cases) {
    const { exitCode, io } = await cp(...argv);
    expect(exitCode).toBe(2);
    expect(io.stderr()).toBe(`error CP7001: ${text}\n  hint: see onnx-cp run --help\n\n1 error\n`);
  }
});

test("inputs that are wrong are said in one go, with exit code 1", async () => {
  const folder = await temporaryFolder();
  const program = join(folder, "program");
  expect((await cp("compile", plan, "--model", model, "--out", program, "--ulysses-degree", "2")).exitCode).toBe(0);
  const { hidden_states: states, img_ids: ids, timestep, ...others } = feeds as Record<string, OrtTensor>;
  const shifted = (tensor: OrtTensor | undefined, rows: number): OrtTensor => {
    const [, width = 1] = tensor?.dims ?? [];
    return { elem: "float32", dims: [rows, width], data: new Float32Array(rows * width) };
  };
  const double = { elem: "float64", dims: [1], data: Float64Array.of(1) } as const;
  const cases: Readonly<Record<string, OrtTensors>> = {
    "missing and unknown": { ...others, hidden_state: states!, img_ids: ids!, timestep: timestep! },
    "another type": { ...feeds, timestep: double },
    "another rank": { ...feeds, hidden_states: { ...states!, dims: [67, 16] } },
    "another width": { ...feeds, hidden_states: { ...states!, dims: [1, 134, 8] } },
    "lengths that disagree": { ...feeds, img_ids: shifted(ids, 69), txt_ids: shifted(feeds["txt_ids"], 11) },
    nothing: {},
  };
  const text: string[] = [];
  for (const [name, tensors] of Object.entries(cases)) {
    const file = join(folder, `${name.replaceAll(" ", "-")}.npz`);
    await writeNpz(file, tensors);
    const { exitCode, io } = await cp("run", program, "--inputs", file);
    expect(io.stdout()).toBe("");
    text.push(`# ${name}\n${io.stderr()}exit code ${exitCode}\n`);
  }
  await expect(text.join("\n")).toMatchFileSnapshot("golden/inputs.txt");
});

test("files of inputs that cannot be read have exit code 1", async () => {
  const folder = await temporaryFolder();
  const [noZip, cut] = [join(folder, "text.npz"), join(folder, "cut.npz")];
  await writeFile(noZip, "hello");
  await writeFile(cut, (await readFile(inputs)).subarray(0, 400));
  for (const [file, code] of [
    [join(folder, "none.npz"), "CP7501"],
    [noZip, "CP7503"],
    [cut, "CP7503"],
  ] as const) {
    const { exitCode, io } = await cp("run", plan, "--model", model, "--inputs", file);
    expect(exitCode).toBe(1);
    expect(io.stderr()).toMatch(new RegExp(`^error ${code}: .*\\n(  .*\\n)*\\n1 error\\n$`));
  }
});

test("another number of devices than ranks is an error of the user", async () => {
  const argv = ["run", plan, "--model", model, "--inputs", inputs, "--ulysses-degree", "2", "--devices", "cpu,cpu,cpu"];
  const { exitCode, io } = await cp(...argv);
  expect(exitCode).toBe(1);
  expect(io.stderr()).toMatch(/^error CP6500: 3 devices were given; the program is compiled for 2/);
});

test("devices that no machine has, or this one lacks, are errors of the user in run, check and bench", async () => {
  const absent = process.platform === "win32" ? "coreml" : "dml:0";
  const request = [plan, "--model", model, "--ulysses-degree", "2"];
  for (const command of [
    ["run", ...request, "--inputs", inputs],
    ["check", ...request],
    ["bench", ...request],
  ]) {
    const unknown = await cp(...command, "--devices", "cpu,cpuu");
    expect([unknown.exitCode, unknown.io.stderr().slice(0, 13)]).toEqual([1, "error CP6570:"]);
    const missing = await cp(...command, "--devices", `cpu,${absent}`);
    expect([missing.exitCode, missing.io.stderr().slice(0, 13)]).toEqual([1, "error CP6519:"]);
  }
});

test("a folder without a program, and outputs that cannot be written", async () => {
  const folder = await temporaryFolder();
  const empty = await cp("run", folder, "--inputs", inputs);
  expect([empty.exitCode, empty.io.stderr().slice(0, 13)]).toEqual([1, "error CP5000:"]);
  const outputs = join(folder, "taken.npz");
  await mkdir(outputs);
  const taken = await cp("run", plan, "--model", model, "--inputs", inputs, "--outputs", outputs);
  expect(taken.exitCode).toBe(1);
  expect(taken.io.stderr()).toMatch(/error CP7004: cannot write \S+: /);
});

test("an interrupt ends a run with 130 and leaves nothing behind", async () => {
  const stop = new AbortController();
  const io = capture(stop.signal);
  const outputs = join(await temporaryFolder(), "out.npz");
  const argv = ["run", plan, "--model", model, "--inputs", inputs, "--outputs", outputs, "--steps", "100000"];
  const ended = main(argv, {
    ...io,
    err: (text) => (text.startsWith("run ") ? stop.abort() : io.err(text)),
    interactive: false,
  });
  setTimeout(() => stop.abort(), 1500);
  expect(await ended).toBe(130);
  expect(io.stderr()).toContain("error CP7005: interrupted; nothing was written");
  expect(await readdir(join(outputs, ".."))).toEqual([]);
});

test("a model that onnxruntime refuses as it stands is compared with its canonical form", async () => {
  const ltx = "test/fixtures/ltx/ltx.dynamo23-dynamic.onnx";
  const feeds = "test/fixtures/ltx/ltx.img67-txt13.inputs.npz";
  const { exitCode, io } = await cp("run", "plans/ltx.plan.json", "--model", ltx, "--inputs", feeds, "--verify");
  expect(io.stderr()).toContain("CP5510");
  expect(io.stdout()).toContain("agrees");
  expect(exitCode).toBe(0);
});

test("an interrupt after the program is in its place says so, and the program is whole", async () => {
  const stop = new AbortController();
  const io = capture(stop.signal);
  const folder = join(await temporaryFolder(), "program");
  const commit = (_: string, work: () => void): void => {
    work();
    stop.abort();
  };
  const argv = ["compile", plan, "--model", model, "--out", folder, "--ulysses-degree", "2"];
  expect(await main(argv, { ...io, commit })).toBe(130);
  expect(io.stderr()).toContain(`error CP7005: interrupted; already written: ${folder}\n`);
  expect((await cp("run", folder, "--inputs", inputs)).exitCode).toBe(0);
});

test("an interrupt before that leaves an earlier program alone", async () => {
  const stop = new AbortController();
  const io = capture(stop.signal);
  const folder = join(await temporaryFolder(), "program");
  const argv = ["compile", plan, "--model", model, "--out", folder, "--ulysses-degree"];
  expect((await cp(...argv, "2")).exitCode).toBe(0);
  const before = await readFile(join(folder, "program.json"), "utf8");
  const ended = main([...argv, "4"], io);
  setTimeout(() => stop.abort(), 5);
  expect(await ended).toBe(130);
  expect(io.stderr()).toContain("error CP7005: interrupted; nothing was written");
  expect(await readFile(join(folder, "program.json"), "utf8")).toBe(before);
  expect(await readdir(join(folder, ".."))).toEqual(["program"]);
});

test("compile leaves a folder alone that holds the model, whatever program.json says", async () => {
  const folder = await temporaryFolder();
  const own = join(folder, "model.onnx");
  await writeFile(own, await readFile(model));
  await writeFile(join(folder, "program.json"), '{"format":"onnx-context-parallel","version":"3.0"}');
  const { exitCode, io } = await cp("compile", plan, "--model", own, "--out", folder, "--ulysses-degree", "2");
  expect(exitCode).toBe(1);
  expect(io.stderr()).toContain(
    `CP5204: ${folder} exists and is not a compiled program: it holds model.onnx, program.json`,
  );
  expect(await readdir(folder)).toEqual(["model.onnx", "program.json"]);
});
