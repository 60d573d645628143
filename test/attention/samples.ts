/**
 * @file Feeds for the family: pseudo-random streams, and masks by what each query sees.
 */
import { ortTensor } from "../../ort/tensors.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { noise, random } from "../support/graphs.ts";
import { BOTH, channelsOf, isBoolean, maskDims, type FamilyMember } from "./family.ts";

export interface Sizes {
  readonly batch: number;
  readonly img: number;
  readonly txt: number;
}

/** What a mask holds. */
export interface MaskContent {
  /** Whether a query sees a key; indices of broadcast axes are 0. */
  readonly visible: (at: {
    readonly batch: number;
    readonly row: number;
    readonly key: number;
    readonly rows: number;
    readonly keys: number;
  }) => boolean;
  /** What an additive mask has where a key is not seen. */
  readonly never: number;
  /** Added to every score of an additive mask; softmax does not feel it. */
  readonly shift: number;
}

/** A third of the keys hidden, never all of a row; every batch element its own, as padded texts are. */
export const COMMON: MaskContent = {
  visible: ({ batch, row, key }) => key === 0 || (key * 7 + row * 5 + batch * 3) % 3 !== 1,
  never: -Infinity,
  shift: 0,
};

export function feedsOf(member: FamilyMember, sizes: Sizes, content: MaskContent = COMMON): OrtTensors {
  const { batch, img, txt } = sizes;
  const streams = {
    hidden_states: random(11, [batch, img, channelsOf(member, "hidden_states")]),
    ...(member.meeting === "self"
      ? {}
      : { encoder_hidden_states: random(12, [batch, txt, channelsOf(member, "encoder_hidden_states")]) }),
    ...(member.meeting === "apart"
      ? { value_states: random(13, [batch, txt, channelsOf(member, "value_states")]) }
      : {}),
  };
  return member.mask === "none" ? streams : { ...streams, mask: maskOf(member, sizes, content) };
}

function maskOf(member: FamilyMember, sizes: Sizes, { visible, never, shift }: MaskContent): OrtTensor {
  const lengths: Readonly<Record<string, number>> = { ...sizes, [BOTH]: sizes.img + sizes.txt };
  const names = maskDims(member);
  const dims = names.map((dim) => (typeof dim === "number" ? dim : lengths[dim ?? ""]!));
  const [b, rows, keys] = [
    names.indexOf("batch"),
    dims.length > 2 || !names.includes("batch") ? dims.length - 2 : -1,
    dims.length - 1,
  ];
  const count = dims.reduce((x, y) => x * y, 1);
  const boolean = isBoolean(member.mask);
  const bias = noise(14, count);
  const values = Array.from({ length: count }, (_, flat) => {
    const index = unflatten(flat, dims);
    const at = {
      batch: index[b] ?? 0,
      row: index[rows] ?? 0,
      key: index[keys]!,
      rows: dims[rows] ?? 1,
      keys: dims[keys]!,
    };
    const sees = visible(at);
    return boolean ? Number(sees) : sees ? bias[flat]! + shift : never;
  });
  return ortTensor(boolean ? "bool" : "float32", dims, values);
}

function unflatten(flat: number, dims: readonly number[]): readonly number[] {
  const index: number[] = [];
  let rest = flat;
  for (const extent of dims.toReversed()) {
    index.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return index;
}
