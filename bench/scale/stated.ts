/**
 * @file What the simulation at scale takes as given: the workload, the devices, the networks, and the published times that it is compared
 * with. Data only.
 */
import type { CostModel, MeshChoice } from "../../advise/types.ts";

/** Wan 2.2 A14B at 1280 x 720 and 81 frames: 21 latent frames of 90 x 160, patches of 2 x 2, so 75,600 tokens; two batch elements for guidance. */
export const SHAPES: Readonly<Record<string, readonly number[]>> = {
  hidden_states: [2, 16, 21, 90, 160],
  timestep: [2],
  encoder_hidden_states: [2, 512, 4096],
};

const mesh = (
  batch_degree: number,
  ring_degree: number,
  ulysses_degree: number,
  rotate_method: MeshChoice["rotate_method"] = null,
): MeshChoice => ({ batch_degree, ring_degree, ulysses_degree, rotate_method });

/** TensorRT-LLM pull request 13821: seconds of 40 steps on GB200 devices, with the meshes that it used. */
export const PUBLISHED: readonly { readonly mesh: MeshChoice; readonly seconds: number }[] = [
  { mesh: mesh(1, 1, 1), seconds: 348.4 },
  { mesh: mesh(2, 1, 1), seconds: 174 },
  { mesh: mesh(2, 1, 2), seconds: 95.89 },
  { mesh: mesh(2, 1, 4), seconds: 48.06 },
  { mesh: mesh(2, 2, 4, "alltoall"), seconds: 25.6 },
  { mesh: mesh(2, 2, 8, "alltoall"), seconds: 14.12 },
  { mesh: mesh(2, 4, 8, "alltoall"), seconds: 8.48 },
];
export const STEPS = 40;

/** Other meshes of 64 devices. */
export const OTHERS: readonly MeshChoice[] = [
  mesh(2, 4, 8, "allgather"),
  mesh(2, 8, 4, "alltoall"),
  mesh(2, 1, 32),
  mesh(1, 8, 8, "alltoall"),
];

/**
 * `products` and `attention` are fitted: one rate for both, such that one device takes the published time. Everything else is chosen from
 * data sheets: 8 TB/s of memory and 900 GB/s of NVLink in each direction, of which 80 % are sustained; 400 Gb/s for each
 * device between hosts; 30 microseconds for each collective.
 */
const device: Omit<CostModel, "products" | "attention" | "hosts"> = {
  work: "given",
  exchange: "given",
  shared: false,
  cores: 1,
  memory: 0.8 * 8e12,
  latency: 0.03,
  bandwidth: 0.8 * 900e9,
};

export interface Network {
  readonly name: string;
  readonly costs: Omit<CostModel, "products" | "attention">;
}

/** That the published devices have one network, as in a rack, is an assumption. */
export const NETWORKS: readonly [Network, Network] = [
  { name: "one rack", costs: { ...device, hosts: null } },
  { name: "8 hosts of 8", costs: { ...device, hosts: { devices: 8, bandwidth: 8 * 50e9 } } },
];
