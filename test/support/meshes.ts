/**
 * @file Meshes with their rotation method, by the name that a test shows.
 */
import type { MeshConfig } from "../../compiler/plan/types.ts";

function mesh(
  ring_degree: number,
  ulysses_degree: number,
  rotate_method: MeshConfig["rotate_method"] = "allgather",
  batch_degree = 1,
): MeshConfig {
  return { batch_degree, ring_degree, ulysses_degree, rotate_method, convert_to_fp32: true };
}

export const meshes = {
  "one rank": mesh(1, 1),
  "ulysses 2": mesh(1, 2),
  "ulysses 3": mesh(1, 3),
  "ulysses 4": mesh(1, 4),
  "ring 2": mesh(2, 1),
  "ring 3": mesh(3, 1),
  "ring 4": mesh(4, 1),
  "rotating ring 2": mesh(2, 1, "alltoall"),
  "rotating ring 3": mesh(3, 1, "alltoall"),
  "rotating ring 4": mesh(4, 1, "alltoall"),
  "unified 2 x 2": mesh(2, 2),
  "rotating unified 2 x 2": mesh(2, 2, "alltoall"),
  "batch 2": mesh(1, 1, "allgather", 2),
  "batch 2 x ulysses 2": mesh(1, 2, "allgather", 2),
  "batch 2 x rotating ring 2": mesh(2, 1, "alltoall", 2),
  "batch 2 x rotating 2 x 2": mesh(2, 2, "alltoall", 2),
} as const;

export type MeshName = keyof typeof meshes;

/** Those that need no batch. */
export const meshNames: readonly MeshName[] = (Object.keys(meshes) as MeshName[]).filter(
  (name) => meshes[name].batch_degree === 1,
);
