/**
 * @file Which mesh to take, and why in one line. Knows numbers only.
 */
import { choiceText } from "./meshes.ts";
import type { DevicesAdvice, MeshAdvice, MeshChoice } from "./types.ts";

/** Times that differ by less count as equal, since the cost model is not that exact. */
const EQUAL_TIMES = 0.02;

/** By predicted time; of equal ones the mesh that sends less, then the one that needs less memory. */
export function ordered(meshes: readonly MeshAdvice[]): readonly MeshAdvice[] {
  return meshes.toSorted((a, b) => a.milliseconds - b.milliseconds || sentMost(a) - sentMost(b));
}

/** `meshes` are ordered. */
export function choose(meshes: readonly MeshAdvice[]): DevicesAdvice["take"] {
  const [fastest] = meshes;
  if (fastest === undefined) return null;
  const equal = meshes.filter(({ milliseconds }) => milliseconds <= fastest.milliseconds * (1 + EQUAL_TIMES));
  const [best] = equal.toSorted((a, b) => sentMost(a) - sentMost(b) || a.memory.rank - b.memory.rank);
  if (best === undefined) return null;
  const { batch_degree, ring_degree, ulysses_degree, rotate_method, attention } = best;
  return { batch_degree, ring_degree, ulysses_degree, rotate_method, attention, why: reason(best, equal, meshes) };
}

/** Bytes of the rank that sends most. */
function sentMost({ sent }: Pick<MeshAdvice, "sent">): number {
  return Math.max(0, ...sent);
}

function reason(best: MeshAdvice, equal: readonly MeshAdvice[], all: readonly MeshAdvice[]): string {
  if (all.length === 1) return "the only mesh that the plan can run on";
  const next = all.find((mesh) => !equal.includes(mesh));
  const others = equal.filter((mesh) => mesh !== best);
  const ahead =
    next === undefined ? "" : `${percent(next.milliseconds / best.milliseconds - 1)} faster than ${text(next)}`;
  if (others.length === 0) return ahead;
  const [other] = others;
  const tie = `within ${percent(EQUAL_TIMES)} of the fastest, and sends ${least(best, others)}`;
  return other === undefined || ahead === "" ? tie : `${tie}; ${ahead}`;
}

function least(best: MeshAdvice, others: readonly MeshAdvice[]): string {
  const [second] = others.toSorted((a, b) => sentMost(a) - sentMost(b));
  const [own, other] = [sentMost(best), second === undefined ? 0 : sentMost(second)];
  return own < other
    ? `the least of these (${percent(1 - own / other)} less than ${text(second!)})`
    : "no more than any of these";
}

/** `ring 1 x ulysses 4 with $attention` */
function text(choice: MeshChoice & Pick<MeshAdvice, "attention">): string {
  return `${choiceText(choice)}${choice.attention === null ? "" : " with $attention"}`;
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(ratio < 0.0995 && ratio >= 0.001 ? 1 : 0)}%`;
}
