/**
 * @file Small networks over (B, C, H, W) whose rows a plan splits: the decoder of an autoencoder, a block of Sana, one level of a U-Net.
 */
import { int, ints } from "../../../compiler/graph/attributes.ts";
import type { Graph } from "../../../compiler/graph/types.ts";
import { network } from "../../attention/network.ts";
import { convolution, doubled, groupNorm, pixelAttention, resnet, silu } from "./layers.ts";

export const LATENTS = 3;
export const CHANNELS = 4;

/** Latents to pixels: four times as many rows. */
export function decoder(): Graph {
  const n = network();
  const z = n.input("sample", "float32", ["batch", LATENTS, "height", "width"]);
  const start = convolution(n, "conv_in", z, { from: LATENTS, to: CHANNELS });
  const mid = pixelAttention(n, "mid.attn", resnet(n, "mid.resnet", start, CHANNELS, CHANNELS), CHANNELS, 1);
  const up = (scope: string, x: string, to: number): string => {
    const more = doubled(n, `${scope}.upsampler`, resnet(n, `${scope}.resnet`, x, CHANNELS, to));
    return convolution(n, `${scope}.upsampler.conv`, more, { from: to, to: CHANNELS });
  };
  const last = silu(n, "", groupNorm(n, "conv_norm_out", up("up.1", up("up.0", mid, CHANNELS), 2), CHANNELS));
  n.output("image", convolution(n, "conv_out", last, { from: CHANNELS, to: 3 }), ["batch", 3, null, null]);
  return n.graph();
}

/** A patch embedding, attention that is linear in the number of tokens, and a gated convolution over the grid of tokens. */
export function sana(): Graph {
  const n = network();
  const x = n.input("hidden_states", "float32", ["batch", LATENTS, "height", "width"]);
  const grid = convolution(n, "patch_embed", x, { from: LATENTS, to: CHANNELS, size: 1 });
  const turn = (scope: string, value: string, ...perm: readonly number[]): string =>
    n.add(scope, "Transpose", [value], { attributes: { perm: ints(perm) } });
  const tokens = turn("block", n.add("block", "Reshape", [grid, n.ints(0, 0, -1)]), 0, 2, 1);
  const linear = (name: string): string =>
    n.add(`block.attn1.${name}`, "MatMul", [tokens, n.weights(CHANNELS, CHANNELS)]);
  // (B, C, N), of two heads each.
  const heads = (value: string): string =>
    n.add("block.attn1", "Reshape", [turn("block.attn1", value, 0, 2, 1), n.ints(0, 2, CHANNELS / 2, -1)]);
  const relu = (value: string): string => n.add("block.attn1", "Relu", [value]);
  const [q, k, v] = [relu(heads(linear("to_q"))), relu(heads(linear("to_k"))), heads(linear("to_v"))];
  const ones = n.add("block.attn1", "Pad", [v, n.ints(0, 0, 0, 0, 0, 0, 1, 0), n.numbers([], [1])]);
  const scores = n.add("block.attn1", "MatMul", [ones, turn("block.attn1", k, 0, 1, 3, 2)]);
  const summed = n.add("block.attn1", "MatMul", [scores, q]);
  const part = (from: number, to: number): string =>
    n.add("block.attn1", "Slice", [summed, n.ints(from), n.ints(to), n.ints(2)]);
  const weight = n.add("block.attn1", "Add", [part(CHANNELS / 2, CHANNELS / 2 + 1), n.numbers([], [1e-2])]);
  const mean = n.add("block.attn1", "Div", [part(0, CHANNELS / 2), weight]);
  const attended = n.add("block", "Add", [
    grid,
    n.add("block.attn1", "Reshape", [mean, n.add("block", "Shape", [grid])]),
  ]);
  const wide = 2 * CHANNELS;
  const inverted = convolution(n, "block.ff.conv_inverted", attended, { from: CHANNELS, to: 2 * wide, size: 1 });
  const deep = convolution(n, "block.ff.conv_depth", silu(n, "block.ff", inverted), {
    from: 2 * wide,
    to: 2 * wide,
    group: 2 * wide,
  });
  const half = (from: number): string =>
    n.add("block.ff", "Slice", [deep, n.ints(from), n.ints(from + wide), n.ints(1)]);
  const gated = n.add("block.ff", "Mul", [half(0), silu(n, "block.ff", half(wide))]);
  const pointed = convolution(n, "block.ff.conv_point", gated, { from: wide, to: CHANNELS, size: 1 });
  const out = n.add("block", "Add", [attended, pointed]);
  n.output("sample", convolution(n, "proj_out", out, { from: CHANNELS, to: LATENTS, size: 1 }), [
    "batch",
    LATENTS,
    null,
    null,
  ]);
  return n.graph();
}

/** Halved by a stride, attention at the bottom, doubled, and joined with what it was before; pooled once more for a sum of both. */
export function unet(): Graph {
  const n = network();
  const x = n.input("sample", "float32", ["batch", LATENTS, "height", "width"]);
  const start = convolution(n, "conv_in", x, { from: LATENTS, to: CHANNELS });
  const padded = n.add("down", "Pad", [start, n.ints(0, 0, 0, 0, 0, 0, 1, 1)]);
  const low = n.add("down", "Conv", [padded, n.weights(CHANNELS, CHANNELS, 3, 3)], {
    attributes: { strides: ints([2, 2]) },
  });
  const mid = pixelAttention(n, "mid.attn", resnet(n, "mid.resnet", low, CHANNELS, CHANNELS), CHANNELS, 2);
  const joined = n.add("up", "Concat", [doubled(n, "up", mid), start], { attributes: { axis: int(1) } });
  const window = { kernel_shape: ints([3, 3]), pads: ints([1, 1, 1, 1]), strides: ints([1, 1]) };
  const largest = n.add("up", "MaxPool", [resnet(n, "up.resnet", joined, 2 * CHANNELS, CHANNELS)], {
    attributes: window,
  });
  const out = n.add("up", "Add", [largest, start]);
  n.output("out", convolution(n, "conv_out", out, { from: CHANNELS, to: 3 }), ["batch", 3, null, null]);
  return n.graph();
}
