/**
 * @file `bench`: its report, its JSON, wrong inputs, and an interrupt.
 */
import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { main } from "../../../cli/cli.ts";
import { encodeNpz } from "../../../ort/files/npz.ts";
import { fixtureTensors } from "../../support/fixtures.ts";
import { temporaryFolder } from "../../support/files.ts";
import { root } from "../../structure/sources.ts";
import { ours } from "../../temporary/support.ts";
import { type Captured, capture } from "../capture.ts";
import { writeFile } from "node:fs/promises";

const inputs = ["--inputs", "test/fixtures/flux/flux.img96-txt40.inputs.npz"];
const plan = ["bench", "plans/flux.plan.json", "--model", "test/fixtures/flux/flux.dynamo18-dynamic.onnx"];
const bench = [...plan, "--ulysses-degree", "2"];

async function cp(argv: readonly string[]): Promise<{ readonly exitCode: number; readonly io: Captured }> {
  const io = capture();
  return { exitCode: await main(argv, io), io };
}

/** Without what changes from run to run or from machine to machine: times, memory, column widths, cores, the backend, the order of operators. */
function masked(text: string): string {
  const [before = ""] = text.split(/(?<=operator, ms .*\n)/);
  const isStable = /^(?:split: |plain: |inputs: |bytes that|\d+ rounds)/;
  const lines = before.split("\n").map((line) => {
    if (isStable.test(line)) {
      return line.replaceAll(/\d+(?= (?:threads?|cores?)\b)/g, "#").replace(/backend \w+/, "backend #");
    }
    return line.replaceAll(/(?<![\d.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/g, "#").replaceAll(/ {2,}/g, "  ");
  });
  return lines.join("\n");
}

test("the report of a measurement", async () => {
  const { exitCode, io } = await cp([...bench, ...inputs, "--rounds", "2"]);
  expect(exitCode).toBe(0);
  await expect(masked(io.stdout())).toMatchFileSnapshot("../golden/bench.txt");
  const operators = io.stdout().split(/^operator, ms .*$/m)[1];
  expect(operators).toMatch(/^\n(?:\w+ +[\d.]+ +[\d.]+\n){8}\d+ others +[\d.]+ +[\d.]+\n$/);
  expect(io.stderr()).toContain("measurement 6/6 operators of the split program\n");
});

test("with --format json there is one document with the same facts", async () => {
  const { exitCode, io } = await cp([...plan, ...inputs, "--ring-degree", "2", "--rounds", "3", "--format", "json"]);
  expect(exitCode).toBe(0);
  const number = expect.any(Number) as number;
  const range = { median: number, lowest: number, highest: number };
  const side = {
    milliseconds: { ...range, rounds: [number, number, number] },
    processor_milliseconds: range,
    peak_rss: number,
    peak_pss: process.platform === "linux" ? number : null,
    attach_milliseconds: number,
    first_run_extra_milliseconds: number,
  };
  expect(JSON.parse(io.stdout())).toMatchObject({
    command: "bench",
    ok: true,
    result: {
      mesh: { ring_degree: 2, ulysses_degree: 1 },
      ranks: 2,
      rounds: 3,
      inputs: expect.arrayContaining([{ name: "hidden_states", elem: "float32", shape: [1, 96, 16] }]) as object[],
      plain: side,
      split: side,
      ratios: { milliseconds: number, processor_milliseconds: number, peak_rss: number },
      // Keys and values of 4 attentions of 136 tokens, 4 heads of 8; the output of 96 tokens of 16.
      bytes_sent: [(2 * 4 * 68 * 32 + 48 * 16) * 4, (2 * 4 * 68 * 32 + 48 * 16) * 4],
      breakdown: { local: number, attention: number, exchange: number, waiting: number, hooks: 0, rest: number },
      operators: expect.arrayContaining([{ operator: "MultiHeadAttention", plain: 0, split: number }]) as object[],
      verification: [{ name: "sample", ok: true }],
    },
  });
});

test("without inputs, samples of the given shapes are measured, on as many devices as are named", async () => {
  const shapes = ["--shape", "hidden_states=1,70,16", "--shape", "encoder_hidden_states=1,11,24"];
  const { exitCode, io } = await cp([
    ...plan,
    ...shapes,
    "--devices",
    "cpu,cpu,cpu",
    "--rounds",
    "1",
    "--format",
    "json",
  ]);
  expect(exitCode).toBe(0);
  const { result, diagnostics } = JSON.parse(io.stdout()) as { result: Record<string, unknown>; diagnostics: unknown };
  expect(result).toMatchObject({
    ranks: 3,
    inputs: expect.arrayContaining([{ name: "img_ids", elem: "float32", shape: [70, 3] }]) as object[],
  });
  expect(diagnostics).toMatchObject([{ code: "CP7002" }]);
});

test("mistakes are found before anything is measured", async () => {
  const folder = await temporaryFolder();
  const { hidden_states: _, ...rest } = await fixtureTensors("flux/flux.img96-txt40.inputs.npz");
  const incomplete = join(folder, "incomplete.npz");
  await writeFile(incomplete, encodeNpz(rest));
  const cases: readonly (readonly [readonly string[], number, string])[] = [
    [[...bench, "--inputs", "no.npz"], 1, "CP7501"],
    [[...bench, "--inputs", incomplete], 1, "CP6000"],
    [[...plan, "--ulysses-degree", "3", ...inputs, "--devices", "cpu,cpu"], 1, "CP6500"],
    [["bench", "test/cli/cases/misspelt-parameter.plan.json", ...plan.slice(2), ...inputs], 1, "CP3003"],
    [[...bench, ...inputs, "--rounds", "0"], 2, "CP7001"],
    [["bench", "plans/flux.plan.json", ...inputs], 2, "CP7001"],
  ];
  for (const [argv, code, diagnostic] of cases) {
    const { exitCode, io } = await cp(argv);
    expect([exitCode, io.stdout()], argv.join(" ")).toEqual([code, ""]);
    expect(io.stderr()).toContain(diagnostic);
    expect(io.stderr()).not.toContain("measurement");
  }
});

/** Processes that a process has started, from any of its threads. */
function childrenOf(pid: number): readonly number[] {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).flatMap((task) =>
    (readFileSync(`${tasks}/${task}/children`, "utf8").match(/\d+/g) ?? []).map(Number),
  );
}

function isAlive(pid: number): boolean {
  try {
    // A process that has ended may still wait for its parent to take note.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

test.runIf(process.platform === "linux").each([
  {
    name: "an interrupt while one side is alone",
    sides: 1,
    signals: ["SIGINT"] as const,
    ended: { code: 130, signal: null },
  },
  { name: "two signals", sides: 2, signals: ["SIGINT", "SIGTERM"] as const, ended: null },
  { name: "a kill", sides: 2, signals: ["SIGKILL"] as const, ended: { code: null, signal: "SIGKILL" } },
])("$name leaves no process and no file", async ({ sides: count, signals, ended }) => {
  const temporary = await temporaryFolder();
  const argv = ["bin/onnx-cp.js", ...bench, ...inputs, "--rounds", "100000"];
  const child = spawn(process.execPath, argv, { cwd: root, env: { ...process.env, TMPDIR: temporary }, stdio: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  child.stderr.on("data", (data: Buffer) => (said += String(data)));
  const end = new Promise((resolve) => void child.on("close", (code, signal) => resolve({ code, signal })));
  // Each side alone, and then together.
  await vi.waitFor(() => expect(childrenOf(child.pid!)).toHaveLength(count), { timeout: 40_000, interval: 5 });
  const sides = childrenOf(child.pid!);
  for (const signal of signals) child.kill(signal);
  const how = await end;
  if (ended !== null) expect(how).toEqual(ended);
  if (signals[0] === "SIGINT") expect(said).toContain("interrupted; nothing was written");
  await vi.waitFor(() => expect(sides.filter(isAlive)).toEqual([]), { timeout: 10_000 });
  // A killed process cannot remove its folders; the next command does.
  if (signals[0] !== "SIGKILL") expect(ours(temporary)).toEqual([]);
});
