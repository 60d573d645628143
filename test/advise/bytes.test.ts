/**
 * @file The bytes and collectives of the advice are those that a run counts: all schemes, uneven lengths, a batch.
 */
import { expect, test } from "vitest";
import { advise } from "../../advise/advise.ts";
import { choiceText, configOf } from "../../advise/meshes.ts";
import { readNpz } from "../../ort/files/npz.ts";
import { compiledFixture, outputsOf, sessionOf, shippedPlan } from "../support/compiled.ts";
import { fixture, valueOf } from "../support/fixtures.ts";

const file = "flux/flux-b.dynamo18-dynamic.onnx";
const feeds = valueOf(await readNpz(fixture("flux/flux-b.batch2-img35-txt11.inputs.npz")));
const shapes = Object.fromEntries(Object.entries(feeds).map(([name, { dims }]) => [name, dims]));
const given = { bandwidth: 1e9, flops: 1e12, devicesPerHost: 2, hostBandwidth: 1e9 };
const advice = valueOf(
  await advise({ model: fixture(file), plan: shippedPlan("flux"), devices: [2, 4], shapes, ...given }),
);
const meshes = advice.devices.flatMap((one) => one.meshes);

test("every scheme is there", () => {
  expect(meshes.map(choiceText).sort()).toEqual([
    "batch 2 x ring 1 x ulysses 1",
    "batch 2 x ring 1 x ulysses 2",
    "batch 2 x ring 2 x ulysses 1, all-gather",
    "batch 2 x ring 2 x ulysses 1, rotated",
    "ring 1 x ulysses 2",
    "ring 2 x ulysses 1, all-gather",
    "ring 2 x ulysses 1, rotated",
    "ring 2 x ulysses 2, all-gather",
    "ring 2 x ulysses 2, rotated",
    "ring 4 x ulysses 1, all-gather",
    "ring 4 x ulysses 1, rotated",
  ]);
  const [two, four] = advice.devices;
  expect(two!.impossible).toEqual([]);
  // The batch has two elements, and the attention two heads.
  expect(four!.impossible.map((mesh) => [choiceText(mesh), mesh.code])).toEqual([
    ["ring 1 x ulysses 4", "CP4013"],
    ["batch 4 x ring 1 x ulysses 1", "CP4012"],
  ]);
});

test.each(meshes.map((mesh) => [choiceText(mesh), mesh] as const))("%s sends what is predicted", async (_, mesh) => {
  const session = await sessionOf(await compiledFixture(file, shippedPlan("flux"), configOf(mesh)));
  await outputsOf(session, feeds);
  const { collectives } = session.lastRun!;
  expect(collectives).toHaveLength(mesh.collectives);
  const counted = mesh.sent.map((__, rank) => collectives.reduce((sum, { bytes }) => sum + bytes[rank]!, 0));
  expect(counted).toEqual(mesh.sent);
  expect(Math.max(...counted)).toBeGreaterThan(0);
});

test("with one host for two ranks, a mesh of two sends nothing to other hosts, and the batch crosses hosts least", () => {
  const [two, four] = advice.devices;
  for (const { sent_between_hosts: between } of two!.meshes) expect(between).toEqual([0, 0]);
  const named = new Map(four!.meshes.map((mesh) => [choiceText(mesh), mesh]));
  // Ulysses inside a host, the ring between hosts.
  const unified = named.get("ring 2 x ulysses 2, rotated")!;
  for (const [rank, sent] of unified.sent.entries()) expect(unified.sent_between_hosts[rank]).toBeLessThan(sent);
  // The batch is the outermost: only the gather of the outputs crosses hosts.
  const batch = named.get("batch 2 x ring 1 x ulysses 2")!;
  expect(Math.max(...batch.sent_between_hosts)).toBeLessThan(Math.max(...unified.sent_between_hosts) / 2);
});
