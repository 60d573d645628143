/**
 * @file A rectified-flow sampler: noise levels, classifier-free guidance, Euler steps. Plain numbers; knows no model.
 */

/** `steps` noise levels from 1 down, shifted towards noise by `shift`, then 0: steps + 1 numbers. */
export function sigmas(steps: number, shift: number): readonly number[] {
  const levels = Array.from({ length: steps }, (_, i) => 1 - i / steps);
  return [...levels.map((s) => (shift * s) / (1 + (shift - 1) * s)), 0];
}

/** `count` normally distributed numbers, the same ones for the same seed; tools/digits/sampler.py draws them too. */
export function noise(count: number, seed: number): Float32Array {
  const random = mulberry32(seed);
  const values: number[] = [];
  while (values.length < count) {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    values.push(radius * Math.cos(angle), radius * Math.sin(angle));
  }
  return Float32Array.from(values.slice(0, count));
}

/** The velocity under guidance: both halves of `batch` (first without, then with the label) combined. */
export function guided(batch: Float32Array, guidance: number): Float32Array {
  const half = batch.length / 2;
  return Float32Array.from({ length: half }, (_, i) => {
    const without = batch[i] ?? 0;
    return without + guidance * ((batch[half + i] ?? 0) - without);
  });
}

/** One Euler step from noise level `from` to `to`. */
export function eulerStep(x: Float32Array, velocity: Float32Array, from: number, to: number): Float32Array {
  return x.map((value, i) => value + (to - from) * (velocity[i] ?? 0));
}

/** A small well-known generator of numbers in [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
