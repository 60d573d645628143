/**
 * @file The meshes of a number of devices, and their names. Knows no plan.
 */
import type { MeshConfig } from "../compiler/plan/types.ts";
import { meshText } from "../program/mesh.ts";
import type { MeshChoice } from "./types.ts";

/** Every B x R x U, and for a ring every rotation: the batch degree rises first, then the ring degree. */
export function meshesOf(devices: number): readonly MeshChoice[] {
  return divisors(devices).flatMap((batch_degree) =>
    divisors(devices / batch_degree).flatMap((ring_degree): readonly MeshChoice[] => {
      const degrees = { batch_degree, ring_degree, ulysses_degree: devices / batch_degree / ring_degree };
      if (ring_degree === 1) return [{ ...degrees, rotate_method: null }];
      return [
        { ...degrees, rotate_method: "allgather" },
        { ...degrees, rotate_method: "alltoall" },
      ];
    }),
  );
}

export function configOf({ batch_degree, ring_degree, ulysses_degree, rotate_method }: MeshChoice): MeshConfig {
  const rotation = { rotate_method: rotate_method ?? "allgather", convert_to_fp32: true } as const;
  return { batch_degree, ring_degree, ulysses_degree, ...rotation };
}

/** `ring 2 x ulysses 4, rotated` */
export function choiceText({ rotate_method, ...degrees }: MeshChoice): string {
  return `${meshText(degrees)}${rotate_method === null ? "" : `, ${METHODS[rotate_method]}`}`;
}

const METHODS = { allgather: "all-gather", alltoall: "rotated" } as const;

function divisors(n: number): readonly number[] {
  return Array.from({ length: n }, (_, i) => i + 1).filter((divisor) => n % divisor === 0);
}
