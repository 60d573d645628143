/**
 * @file The examples run as their headers say: each as a process of its own, on the built package. Those under MPI, and of a model that torch
 * exports, with `npm run examples`.
 */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { launch, missing } from "../mpi/support/launchers.ts";
import { temporaryFolder } from "../support/files.ts";
import { fixture } from "../support/fixtures.ts";

const flux = [fixture("flux/flux.dynamo18-dynamic.onnx"), "plans/flux.plan.json"] as const;
const long = process.env["MODE"] === "long";
const noMpi = long ? missing("Open MPI") : "long";
const noTorch = !long || spawnSync("python3", ["-c", "import torch, onnxscript"]).status !== 0;

function run(example: string, ...argv: readonly string[]): string {
  const ran = spawnSync(process.execPath, [`examples/${example}`, ...argv], { encoding: "utf8", timeout: 60_000 });
  expect([ran.status, ran.stderr]).toEqual([0, ""]);
  return ran.stdout;
}

/** A picture of 16 x 16 with ink and background. */
function expectDigit(file: string): void {
  const picture = readFileSync(file);
  const head = "P5 16 16 255\n";
  expect(picture.toString("latin1", 0, head.length)).toBe(head);
  const pixels = [...picture.subarray(head.length)];
  expect(pixels).toHaveLength(256);
  expect(pixels.filter((pixel) => pixel < 40).length).toBeGreaterThan(100);
  expect(pixels.filter((pixel) => pixel > 180).length).toBeGreaterThan(10);
}

test("denoise draws a digit", async () => {
  const out = join(await temporaryFolder(), "seven.pgm");
  expect(run("denoise.mjs", "7", out)).toMatch(/step 20 of 20: [\d.]+ ms\nwrote .*seven\.pgm\n$/);
  expectDigit(out);
});

test.skipIf(noMpi !== null)("denoise draws a digit under MPI", async () => {
  const out = join(await temporaryFolder(), "seven.pgm");
  const { code, stdout, stderr } = await launch({ ranks: 2, argv: ["examples/denoise.mjs", "7", out, "--mpi"] });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  // One rank prints.
  expect(stdout.match(/step 20 of 20/g)).toHaveLength(1);
  expectDigit(out);
});

test("watch prints the range of every block's output on every rank", () => {
  const lines = run("watch.mjs", ...flux)
    .trim()
    .split("\n");
  for (const rank of [0, 1]) {
    for (const block of [0, 1]) {
      const own = lines.filter((line) => line.startsWith(`rank ${rank} transformer_blocks.${block} `));
      expect(own.length).toBeGreaterThanOrEqual(2);
      expect(own.every((line) => / min max mean( -?[\d.e-]+){3}$/.test(line))).toBe(true);
    }
  }
});

test("a model without a shipped plan runs by its own plan", () => {
  const model = "test/foreign/text_encoder.dynamo18-dynamic.onnx";
  expect(run("own-model.mjs", model, "test/foreign/text_encoder.plan.json")).toMatch(
    /differs from the unsplit model by at most/,
  );
});

test.skipIf(noTorch)("the model of own-model.py", async () => {
  const model = join(await temporaryFolder(), "own.onnx");
  expect(spawnSync("python3", ["examples/own-model.py", model]).status).toBe(0);
  expect(run("own-model.mjs", model)).toMatch(/"latents"[\s\S]*velocity: differs/);
});

interface Server {
  readonly child: ChildProcess;
  readonly ask: (body: string, path?: string, method?: string) => Promise<Response>;
}

async function serve(env: Readonly<Record<string, string>>): Promise<Server> {
  const child = spawn(process.execPath, ["examples/server.mjs", ...flux, "0"], { env: { ...process.env, ...env } });
  onTestFinished(() => void child.kill("SIGKILL"));
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (text) => resolve(/\d+/.exec(String(text))![0]));
    child.stderr.on("data", (text) => reject(new Error(String(text))));
  });
  const ask: Server["ask"] = (body, path = "/run", method = "POST") =>
    fetch(`http://localhost:${port}${path}`, { method, ...(method === "POST" && { body }) });
  return { child, ask };
}

/** Feeds with so many tokens of the picture. */
function body(img: number): string {
  const shapes = { hidden_states: [1, img, 16], encoder_hidden_states: [1, 5, 24], pooled_projections: [1, 20] };
  const all = { ...shapes, timestep: [1], img_ids: [img, 3], txt_ids: [5, 3] };
  const entries = Object.entries(all).map(([name, dims]) => {
    return [name, { type: "float32", dims, data: Array.from({ length: dims.reduce((a, b) => a * b) }, () => 0.5) }];
  });
  return JSON.stringify(Object.fromEntries(entries));
}

test("the server answers in turn, refuses what is too much, and ends well", async () => {
  const { child, ask } = await serve({ WAITING: "2", BODY_MIB: "1" });
  const { sample } = (await (await ask(body(8))).json()) as Record<string, { dims: number[]; data: number[] }>;
  expect([sample?.dims, sample?.data.length]).toEqual([[1, 8, 16], 128]);
  expect(
    await Promise.all([ask("{}"), ask("no json"), ask("", "/else"), ask("", "/run", "GET")]).then(statuses),
  ).toEqual([400, 400, 404, 405]);
  expect(await (await ask("{}")).text()).toContain("error CP6000");
  expect((await ask(" ".repeat(2 ** 20 + 1))).status).toBe(413);
  const many = await Promise.all(Array.from({ length: 6 }, () => ask(body(256))));
  const refused = many.filter(({ status }) => status === 503);
  expect(many.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(2);
  expect(refused.length).toBeGreaterThanOrEqual(1);
  expect(refused[0]!.headers.get("retry-after")).toBe("1");
  const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve([code, signal])));
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
});

test("the server says 504 after the deadline, and runs on", async () => {
  const { ask } = await serve({ DEADLINE_MS: "50" });
  const late = await ask(body(4000));
  expect(late.status).toBe(504);
  expect(await late.text()).toContain("error CP6508");
  await expect.poll(async () => (await ask(body(8))).status, { timeout: 20_000 }).toBe(200);
});

const statuses = (answers: readonly Response[]): readonly number[] => answers.map(({ status }) => status);
