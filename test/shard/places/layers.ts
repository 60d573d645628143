/**
 * @file Layers of networks over (B, C, H, W), spelled as exporters write them. Knows no plan.
 */
import { float, int, ints } from "../../../compiler/graph/attributes.ts";
import { spellings } from "../../attention/spellings.ts";
import type { Network } from "../../attention/network.ts";

const GROUPS = 2;

export interface Kernel {
  readonly from: number;
  readonly to: number;
  readonly size?: number;
  readonly stride?: number;
  readonly group?: number;
}

export function convolution(n: Network, scope: string, x: string, kernel: Kernel): string {
  const { from, to, size = 3, stride = 1, group = 1 } = kernel;
  const pad = Math.floor(size / 2);
  const attributes = { strides: ints([stride, stride]), pads: ints([pad, pad, pad, pad]), group: int(group) };
  return n.add(scope, "Conv", [x, n.weights(to, from / group, size, size), n.weights(to)], { attributes });
}

/** Reshape to groups, InstanceNormalization, Reshape back, and an affine map of each channel. */
export function groupNorm(n: Network, scope: string, x: string, channels: number): string {
  const ones = n.numbers([GROUPS], Array<number>(GROUPS).fill(1));
  const zeros = n.numbers([GROUPS], Array<number>(GROUPS).fill(0));
  const apart = n.add(scope, "Reshape", [x, n.ints(0, GROUPS, -1)]);
  const normal = n.add(scope, "InstanceNormalization", [apart, ones, zeros], { attributes: { epsilon: float(1e-6) } });
  const back = n.add(scope, "Reshape", [normal, n.add(scope, "Shape", [x])]);
  const scaled = n.add(scope, "Mul", [back, n.weights(channels, 1, 1)]);
  return n.add(scope, "Add", [scaled, n.weights(channels, 1, 1)]);
}

export function silu(n: Network, scope: string, x: string): string {
  return n.add(scope, "Mul", [x, n.add(scope, "Sigmoid", [x])]);
}

export function resnet(n: Network, scope: string, x: string, from: number, to: number): string {
  const half = (name: string, input: string, channels: number): string => {
    const normal = silu(n, scope, groupNorm(n, `${scope}.norm${name}`, input, channels));
    return convolution(n, `${scope}.conv${name}`, normal, { from: channels, to });
  };
  const skip = from === to ? x : convolution(n, `${scope}.conv_shortcut`, x, { from, to, size: 1 });
  return n.add(scope, "Add", [skip, half("2", half("1", x, from), to)]);
}

/** Attention of one or more heads over all pixels, flattened, with a group norm before it. */
export function pixelAttention(n: Network, scope: string, x: string, channels: number, heads: number): string {
  const turn = { attributes: { perm: ints([0, 2, 1]) } };
  const flat = n.add(scope, "Reshape", [groupNorm(n, `${scope}.group_norm`, x, channels), n.ints(0, 0, -1)]);
  const rows = n.add(scope, "Transpose", [flat], turn);
  const linear = (name: string, input: string): string =>
    n.add(`${scope}.${name}`, "MatMul", [input, n.weights(channels, channels)]);
  const [q, k, v] = [linear("to_q", rows), linear("to_k", rows), linear("to_v", rows)];
  const size = channels / heads;
  const rest = { heads, keyHeads: heads, size, valueSize: size, mask: null, causal: false, guarded: false };
  const attended = linear("to_out", spellings.decomposed(n, { scope, q, k, v, ...rest }));
  const back = n.add(scope, "Transpose", [attended], turn);
  return n.add(scope, "Add", [x, n.add(scope, "Reshape", [back, n.add(scope, "Shape", [x])])]);
}

/** Nearest neighbours, twice as many in both directions. */
export function doubled(n: Network, scope: string, x: string): string {
  const attributes = {
    mode: { kind: "string", value: "nearest" },
    coordinate_transformation_mode: { kind: "string", value: "asymmetric" },
    nearest_mode: { kind: "string", value: "floor" },
  } as const;
  return n.add(scope, "Resize", [x, "", n.numbers([4], [1, 1, 2, 2])], { attributes });
}
