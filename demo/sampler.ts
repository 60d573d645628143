/**
 * @file A rectified-flow sampler: noise levels, classifier-free guidance, Euler steps. Plain numbers; knows no model.
 */

/** `steps` noise levels from 1 down, shifted towards noise by `shift`, then 0: steps + 1 numbers. */
export function sigmas(steps: number, shift: number): readonly number[] {
  const levels = Array.from({ length: steps }, (_, i) => 1 - (i * (1 - 1 / steps)) / Math.max(1, steps - 1));
  return [...levels.map((s) => (shift * s) / (1 + (shift - 1) * s)), 0];
}

/** `count` numbers from the normal distribution, the same ones for the same seed. */
export function noise(count: number, seed: number): Float32Array {
  const random = mulberry32(seed);
  return Float32Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return radius * Math.cos(2 * Math.PI * random());
  });
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
