/**
 * @file Flux in tests: its feeds at several lengths, and plans with fewer entries than the shipped one.
 */
import type { ContextParallelPlan } from "../../compiler/plan/types.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { fixtureTensors } from "./fixtures.ts";
import { take } from "./sharded.ts";

const stream = { split_dim: 1, expected_dims: 3 } as const;
const gather = { gather_dim: 1, expected_dims: 3 } as const;

/** Text, and the ids of both streams, are whole; they meet the split image. */
export const imageOnly: ContextParallelPlan = { "": { hidden_states: stream }, proj_out: gather };

/** The ids are whole, hence every rotary table too: text rows, then image rows. */
export const idsWhole: ContextParallelPlan = {
  "": { hidden_states: stream, encoder_hidden_states: stream },
  proj_out: gather,
};

export function fluxFeeds(size: string): Promise<OrtTensors> {
  return fixtureTensors(`flux/flux.${size}.inputs.npz`);
}

/** The first `count` rows; the last one again and again where there are fewer. */
export function rows(tensor: OrtTensor, count: number): OrtTensor {
  const last = tensor.dims[0]! - 1;
  return take(
    tensor,
    0,
    Array.from({ length: count }, (_, i) => Math.min(i, last)),
  );
}
