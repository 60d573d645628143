/**
 * @file The schemes of the matrix, by name.
 */
export interface Scheme {
  /** Ranks that divide the batch; 1 if absent. */
  readonly batch?: number;
  readonly ring: number;
  readonly ulysses: number;
  readonly rotate: "allgather" | "alltoall";
}

const ROTATIONS = ["allgather", "alltoall"] as const;
const FACTORS = [
  [2, 2],
  [2, 3],
  [4, 2],
] as const;

export const schemes: readonly Scheme[] = [
  ...[2, 3, 4, 8].map((ulysses): Scheme => ({ ring: 1, ulysses, rotate: "allgather" })),
  ...ROTATIONS.flatMap((rotate) => [2, 3, 4, 8].map((ring): Scheme => ({ ring, ulysses: 1, rotate }))),
  ...ROTATIONS.flatMap((rotate) => FACTORS.map(([ring, ulysses]): Scheme => ({ ring, ulysses, rotate }))),
];

/** `ulysses 4`, `ring 2 alltoall`, `unified 2 x 3 allgather`, `batch 2`, `batch 2 x ulysses 2` */
export function schemeName({ batch = 1, ring, ulysses, rotate }: Scheme): string {
  if (batch > 1) {
    const rest = ring * ulysses === 1 ? "" : ` x ${schemeName({ ring, ulysses, rotate })}`;
    return `batch ${batch}${rest}`;
  }
  if (ring === 1) return `ulysses ${ulysses}`;
  return ulysses === 1 ? `ring ${ring} ${rotate}` : `unified ${ring} x ${ulysses} ${rotate}`;
}
