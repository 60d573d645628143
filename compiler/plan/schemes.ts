/**
 * @file The attention schemes that `$attention` can name, as data, and the one that a mesh gives. Knows no model and no attention.
 */
import type { AttentionScheme, MeshConfig } from "./types.ts";

export const schemes: readonly AttentionScheme[] = ["gather", "ulysses", "ring", "unified"];

export function isScheme(value: unknown): value is AttentionScheme {
  return (schemes as readonly unknown[]).includes(value);
}

/** What `schemeOfMesh` can give. */
export type MeshScheme = Exclude<AttentionScheme, "gather">;

/** The scheme of every site that the plan does not mention. With one rank per sequence group it exchanges nothing. */
export function schemeOfMesh({
  ring_degree,
  ulysses_degree,
}: Pick<MeshConfig, "ring_degree" | "ulysses_degree">): MeshScheme {
  if (ring_degree === 1) return "ulysses";
  return ulysses_degree === 1 ? "ring" : "unified";
}
