/**
 * @file A denoising loop: latents in, picture out, with progress. Draws a handwritten digit with the demo's Flux on two ranks. In a clone:
 *
 *     node examples/denoise.mjs 7 seven.pgm
 *     mpirun -n 2 --bind-to none node examples/denoise.mjs 7 seven.pgm --mpi
 *
 * Under MPI every process runs this script and is one rank; the latents of rank 0 count, and it alone prints and writes.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { applyContextParallel } from "onnx-context-parallel";
import { readNpz } from "./npz.mjs";

const file = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const [digit = 3, out = "digit.pgm"] = process.argv.slice(2).filter((word) => word !== "--mpi");
const world = process.argv.includes("--mpi") ? "mpi" : "threads";
const [SIDE, STEPS, GUIDANCE, SHIFT, NO_LABEL] = [16, 20, 2, 2, 10];
const PIXELS = SIDE * SIDE;

const tensor = (dims, values) => ({ type: "float32", dims, data: Float32Array.from(values) });
const count = (length, value) => Array.from({ length }, (_, i) => value(i));

/** What stays the same in all steps. The batch is the picture without its label, then with it: classifier-free guidance. */
function conditions(label) {
  const tables = readNpz(file("demo/model/conditioning.npz"));
  const rows = ({ dims: [, ...dims], data }) => {
    const size = dims.reduce((a, b) => a * b, 1);
    return tensor(
      [2, ...dims],
      [NO_LABEL, label].flatMap((row) => Array.from(data.subarray(row * size, (row + 1) * size))),
    );
  };
  return {
    encoder_hidden_states: rows(tables.tokens),
    pooled_projections: rows(tables.pooled),
    img_ids: tensor([PIXELS, 3], count(PIXELS, (i) => [0, Math.floor(i / SIDE), i % SIDE]).flat()),
    txt_ids: tensor(
      [tables.tokens.dims[1], 3],
      count(tables.tokens.dims[1] * 3, () => 0),
    ),
  };
}

/** Normally distributed numbers. */
const noise = count(PIXELS, () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()));
/** Noise levels from 1 to 0. */
const sigmas = [...count(STEPS, (i) => 1 - i / STEPS).map((s) => (SHIFT * s) / (1 + (SHIFT - 1) * s)), 0];

const parallel = { ulysses_degree: 2 };
const session = await applyContextParallel(file("demo/model/digits.onnx"), parallel, file("plans/flux.plan.json"), {
  world,
});
try {
  const fixed = conditions(Number(digit));
  let latents = noise;
  for (let step = 0; step < STEPS; step += 1) {
    const state = {
      hidden_states: tensor([2, PIXELS, 1], [...latents, ...latents]),
      timestep: tensor([2], [sigmas[step], sigmas[step]]),
    };
    const { sample } = await session.run({ ...fixed, ...state }, { deadlineMs: 60_000 });
    const velocity = count(PIXELS, (i) => sample.data[i] + GUIDANCE * (sample.data[PIXELS + i] - sample.data[i]));
    latents = latents.map((x, i) => x + (sigmas[step + 1] - sigmas[step]) * velocity[i]);
    const { milliseconds } = session.lastRun;
    if (session.rank === 0) console.log(`step ${step + 1} of ${STEPS}: ${milliseconds.toFixed(1)} ms`);
  }
  if (session.rank === 0) {
    const pixels = latents.map((x) => Math.min(255, Math.max(0, Math.round((x + 1) * 127.5))));
    writeFileSync(out, Buffer.concat([Buffer.from(`P5 ${SIDE} ${SIDE} 255\n`), Buffer.from(pixels)]));
    console.log(`wrote ${out}`);
  }
} finally {
  await session.release();
}
