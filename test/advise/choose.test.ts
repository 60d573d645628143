/**
 * @file Which mesh is taken, and the reason in one line.
 */
import { expect, test } from "vitest";
import { choose, ordered } from "../../advise/choose.ts";
import { meshesOf } from "../../advise/meshes.ts";
import type { MeshAdvice } from "../../advise/types.ts";

function mesh(ulysses_degree: number, milliseconds: number, sent: number): MeshAdvice {
  return {
    batch_degree: 1,
    ring_degree: 8 / ulysses_degree,
    ulysses_degree,
    rotate_method: ulysses_degree === 8 ? null : "alltoall",
    attention: null,
    sent: [sent, sent - 1],
    sent_between_hosts: [0, 0],
    collectives: 1,
    memory: { rank: 1, weights: 1, unsized: 0 },
    milliseconds,
    parts: { work: milliseconds, exchange_inside: 0, exchange_between: 0, waiting: 0 },
    speedup: 1,
  };
}

test("the fastest, by how much", () => {
  const meshes = ordered([mesh(4, 120, 10), mesh(8, 100, 20)]);
  expect(meshes.map(({ ulysses_degree }) => ulysses_degree)).toEqual([8, 4]);
  expect(choose(meshes)).toMatchObject({ ulysses_degree: 8, why: "20% faster than ring 2 x ulysses 4, rotated" });
});

test("of equal times the one that sends least", () => {
  const meshes = ordered([mesh(8, 100, 20), mesh(4, 101, 10), mesh(2, 110, 1)]);
  expect(choose(meshes)).toMatchObject({ ulysses_degree: 4 });
  expect(choose(meshes)?.why).toBe(
    "within 2.0% of the fastest, and sends the least of these (50% less than ring 1 x ulysses 8); 8.9% faster than ring 4 x ulysses 2, rotated",
  );
});

test("the only one, and none", () => {
  expect(choose([mesh(8, 1, 1)])?.why).toBe("the only mesh that the plan can run on");
  expect(choose([])).toBeNull();
});

test("every factorisation, with both rotations of a ring", () => {
  expect(meshesOf(1)).toEqual([{ batch_degree: 1, ring_degree: 1, ulysses_degree: 1, rotate_method: null }]);
  // B x R x U = 2^6: 28 triples, 21 of them with a ring.
  expect(meshesOf(64)).toHaveLength(28 + 21);
  for (const { batch_degree, ring_degree, ulysses_degree } of meshesOf(12)) {
    expect(batch_degree * ring_degree * ulysses_degree).toBe(12);
  }
});
