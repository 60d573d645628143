/**
 * @file Who exchanges with whom: the members of a rank's group on the mesh. Knows no block and no transport.
 */
import type { ExchangeStep } from "../../program/types.ts";

export interface Mesh {
  readonly ring_degree: number;
  readonly ulysses_degree: number;
}

export function meshSize(mesh: Mesh): number {
  return mesh.ring_degree * mesh.ulysses_degree;
}

/**
 * Flat ranks of the group that `rank` belongs to, in order. `mesh`: all; `ulysses`: the adjacent ranks with the same ring index;
 * `ring`: the ranks U apart with the same Ulysses index. Flat rank = ring_index * U + ulysses_index.
 */
export function membersOf(group: ExchangeStep["group"], rank: number, mesh: Mesh): readonly number[] {
  const { ring_degree: ring, ulysses_degree: ulysses } = mesh;
  if (group === "mesh") return count(ring * ulysses, 0, 1);
  if (group === "ulysses") return count(ulysses, Math.floor(rank / ulysses) * ulysses, 1);
  return count(ring, rank % ulysses, ulysses);
}

function count(length: number, start: number, stride: number): readonly number[] {
  return Array.from({ length }, (_, i) => start + i * stride);
}
