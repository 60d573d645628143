/**
 * @file What the simulation at scale takes as given: the workload, the devices, the networks, and the published times that it is compared
 * with. Data only.
 */
import type { CostModel, MeshChoice } from "../../advise/types.ts";

/** Wan 2.2 A14B at 1280 x 720 and 80 frames: 20 latent frames of 90 x 160, patches of 2 x 2, so 72,000 tokens; two batch elements for guidance. */
export const SHAPES: Readonly<Record<string, readonly number[]>> = {
  hidden_states: [2, 16, 20, 90, 160],
  timestep: [2],
  encoder_hidden_states: [2, 512, 4096],
};

const mesh = (
  batch_degree: number,
  ring_degree: number,
  ulysses_degree: number,
  rotate_method: MeshChoice["rotate_method"] = null,
): MeshChoice => ({ batch_degree, ring_degree, ulysses_degree, rotate_method });

/**
 * TensorRT-LLM pull request 13821: seconds of 40 steps on GB200 devices, with the meshes that it used. Workload and network are those of
 * https://github.com/NVIDIA/TensorRT-LLM/blob/main/docs/source/blogs/tech_blog/blog25_Scaling_Video_Generation_Across_NVL72_Rack_with_TensorRT-LLM.md
 */
export const PUBLISHED: readonly { readonly mesh: MeshChoice; readonly seconds: number }[] = [
  { mesh: mesh(1, 1, 1), seconds: 348.4 },
  { mesh: mesh(2, 1, 1), seconds: 174 },
  { mesh: mesh(2, 1, 2), seconds: 95.89 },
  { mesh: mesh(2, 1, 4), seconds: 48.06 },
  { mesh: mesh(2, 2, 4, "alltoall"), seconds: 25.6 },
  { mesh: mesh(2, 3, 4, "alltoall"), seconds: 18.46 },
  { mesh: mesh(2, 2, 8, "alltoall"), seconds: 14.12 },
  { mesh: mesh(2, 4, 8, "alltoall"), seconds: 8.48 },
];
export const STEPS = 40;

/** The same article, not the same table: a ring of 9 takes 83 % longer than the 7.04 seconds of another scheme. */
export const BEYOND: { readonly mesh: MeshChoice; readonly seconds: number } = {
  mesh: mesh(2, 9, 4, "alltoall"),
  seconds: 1.83 * 7.04,
};

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

/** The article: "measured on a single GB200 NVL72 NVLink domain", which has 72 devices. The second is what hosts of 8 would give. */
export const NETWORKS: readonly [Network, Network] = [
  { name: "one NVL72 rack", costs: { ...device, hosts: null } },
  { name: "hosts of 8", costs: { ...device, hosts: { devices: 8, bandwidth: 8 * 50e9 } } },
];
