/**
 * @file Draws digits with a plan compiled for two devices, and compares each step's output with that of the unsplit model.
 */
import { availableParallelism } from "node:os";
import type { Io } from "../cli/io.ts";
import { startProgress } from "../cli/print/progress.ts";
import { meshText } from "../program/mesh.ts";
import { short, table } from "../cli/print/table.ts";
import { fromOutputs, toFeeds } from "../cli/run/tensors.ts";
import { unsplitSession } from "../cli/run/unsplit.ts";
import { compilePlan } from "../compiler/compile.ts";
import { ContextParallelError } from "../compiler/diagnostics/error.ts";
import type { OrtTensors } from "../ort/types.ts";
import { attach } from "../runtime/attach/attach.ts";
import { compareOutputs } from "../runtime/verify.ts";
import { fixedFeeds, floats, SIDE } from "./conditioning.ts";
import { eulerStep, guided, noise, sigmas } from "./sampler.ts";
import { contactSheet } from "./sheet.ts";

export interface Files {
  readonly model: string;
  readonly plan: string;
  readonly conditioning: string;
}

export interface Drawing {
  readonly digits: readonly number[];
  readonly steps: number;
}

export interface Drawn {
  readonly png: Uint8Array;
  /** Values in [-1, 1], one picture per digit. */
  readonly pictures: readonly Float32Array[];
  /** Every step agreed with the unsplit model. */
  readonly ok: boolean;
  readonly largestDifference: number;
}

const DEVICES = ["cpu", "cpu"] as const;
const DIGITS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const GUIDANCE = 2;
const SHIFT = 2;
/** Chosen by eye. */
const SEED = 70;
const PIXELS = SIDE * SIDE;

/** Draws, and prints progress and cost. Throws `ContextParallelError`. */
export async function drawDigits(
  files: Files,
  io: Io,
  drawing: Drawing = { digits: DIGITS, steps: 20 },
): Promise<Drawn> {
  const parallel = { context_parallel_config: { ulysses_degree: DEVICES.length } };
  const compiled = await compilePlan({ model: files.model, plan: files.plan, parallel });
  if (!compiled.ok) throw new ContextParallelError(compiled.diagnostics);
  const { mesh, hooks, pieces } = compiled.program.program;
  io.out(`compiled for ${meshText(mesh)}: ${hooks.length} hook registrations, ${pieces.length} pieces\n`);
  const split = await attach(compiled.program, { devices: DEVICES });
  const unsplit = await unsplitSession(files.model, availableParallelism());
  try {
    const models: Models = {
      split: async (feeds) => {
        const outputs = fromOutputs(await split.run(toFeeds(feeds), { signal: io.signal }));
        const sent = split.lastRun?.collectives.flatMap(({ bytes }) => bytes) ?? [];
        return { outputs, bytes: sent.reduce((a, b) => a + b, 0) };
      },
      unsplit: (feeds) => unsplit.run(feeds),
    };
    return await sample(models, await fixedFeeds(files.conditioning, drawing.digits), drawing, io);
  } finally {
    await split.release();
    await unsplit.release();
  }
}

interface Models {
  readonly split: (feeds: OrtTensors) => Promise<{ readonly outputs: OrtTensors; readonly bytes: number }>;
  readonly unsplit: (feeds: OrtTensors) => Promise<OrtTensors>;
}

/** One step of the sampler on both models. */
interface Step {
  readonly velocity: Float32Array;
  readonly ok: boolean;
  readonly difference: number;
  readonly bytes: number;
  readonly splitMs: number;
  readonly unsplitMs: number;
}

async function sample(models: Models, fixed: OrtTensors, { digits, steps }: Drawing, io: Io): Promise<Drawn> {
  const levels = sigmas(steps, SHIFT);
  const progress = await startProgress("sampling", steps, io);
  const done: Step[] = [];
  let x: Float32Array = Float32Array.from(digits.flatMap((digit) => [...noise(PIXELS, SEED + digit)]));
  for (let i = 0; i < steps; i += 1) {
    const [from = 0, to = 0] = levels.slice(i, i + 2);
    const step = await both(models, { ...fixed, ...stateFeeds(x, from) });
    x = eulerStep(x, guided(step.velocity, GUIDANCE), from, to);
    done.push(step);
    progress.update(i + 1, `difference ${short(step.difference)}`);
  }
  progress.stop();
  io.out(`\n${report(done)}`);
  const pictures = digits.map((_, i) => x.slice(i * PIXELS, (i + 1) * PIXELS));
  const largestDifference = Math.max(...done.map(({ difference }) => difference));
  return { png: contactSheet(pictures, SIDE), pictures, ok: done.every(({ ok }) => ok), largestDifference };
}

/** The pictures twice, for guidance, and the noise level of each. */
function stateFeeds(x: Float32Array, level: number): OrtTensors {
  const batch = (2 * x.length) / PIXELS;
  return {
    hidden_states: floats([batch, PIXELS, 1], (i) => x[i % x.length] ?? 0),
    timestep: floats([batch], () => level),
  };
}

async function both(models: Models, feeds: OrtTensors): Promise<Step> {
  const started = performance.now();
  const { outputs, bytes } = await models.split(feeds);
  const between = performance.now();
  const expected = await models.unsplit(feeds);
  const unsplitMs = performance.now() - between;
  const comparisons = compareOutputs(outputs, expected);
  return {
    velocity: Float32Array.from(outputs["sample"]?.data ?? [], Number),
    ok: comparisons.length > 0 && comparisons.every(({ ok }) => ok),
    difference: Math.max(...comparisons.map(({ largest_absolute: largest }) => largest)),
    bytes,
    splitMs: between - started,
    unsplitMs,
  };
}

/** Times are means without the first step, which warms up. */
function report(steps: readonly Step[]): string {
  const warm = steps.slice(1);
  const mean = (of: (step: Step) => number): number =>
    warm.reduce((sum, step) => sum + of(step), 0) / Math.max(1, warm.length);
  const largest = Math.max(...steps.map(({ difference }) => difference));
  const agree = steps.filter(({ ok }) => ok).length;
  const moved = Math.max(...steps.map(({ bytes }) => bytes)).toLocaleString("en");
  const rows = [
    ["steps that agree with the unsplit model", `${agree} of ${steps.length}`, ""],
    ["largest difference in any step", short(largest), ""],
    ["bytes sent between devices per step", moved, "0"],
    ["time per step", `${short(mean((s) => s.splitMs))} ms`, `${short(mean((s) => s.unsplitMs))} ms`],
  ];
  const devices = `${DEVICES.length} devices`;
  const note =
    "All devices share the cores of this machine, so a model of this size runs no faster: the demo shows that every step agrees.";
  return `${table(["", devices, "unsplit"], rows, [1, 2])}${note}\n`;
}
