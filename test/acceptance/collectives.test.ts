/**
 * @file Communication of a Flux run: which collectives, in which order, and how many bytes leave each rank. The numbers come from formulae
 * in lengths and heads, independent of the compiler.
 */
import { expect, test } from "vitest";
import type { MeshConfig } from "../../compiler/plan/types.ts";
import { compiledFixture, outputsOf, sessionOf, shippedPlan } from "../support/compiled.ts";
import { fixtureTensors } from "../support/fixtures.ts";
import { meshes } from "../support/meshes.ts";
import type { MeshName } from "../support/meshes.ts";

interface Model {
  readonly heads: number;
  /** Where its attention sites are, in order. */
  readonly sites: readonly string[];
}

const size = 8;
const channels = 16;
const bytesPerNumber = 4;
const blocks = (kind: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${kind}.${i}.attn`);
const flux: Model = {
  heads: 4,
  sites: [...blocks("transformer_blocks", 2), ...blocks("single_transformer_blocks", 2)],
};
const fluxB: Model = {
  heads: 3,
  sites: [...blocks("transformer_blocks", 1), ...blocks("single_transformer_blocks", 3)],
};

/** tensor_split: how much of `length` part `i` of `parts` is. */
const part = (length: number, parts: number, i: number): number =>
  Math.floor(length / parts) + (i < length % parts ? 1 : 0);
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

interface Lengths {
  readonly batch: number;
  readonly image: number;
  readonly text: number;
}

interface Moved {
  readonly collective: string;
  readonly purpose: string;
  readonly module: string;
  readonly bytes: readonly number[];
}

/** What every sequence group exchanges alone, for its chunk of the batch, and the outputs between these groups. */
function expected(model: Model, mesh: MeshConfig, lengths: Lengths): readonly Moved[] {
  const B = mesh.batch_degree;
  const batches = Array.from({ length: B }, (_, i) => part(lengths.batch, B, i));
  const alone = batches.map((batch) => inSequence(model, mesh, { ...lengths, batch }));
  const [first = []] = alone;
  const together = first.map((moved, i) => ({ ...moved, bytes: alone.flatMap((group) => group[i]!.bytes) }));
  const ranks = mesh.ring_degree * mesh.ulysses_degree;
  const output = lengths.image * channels * bytesPerNumber;
  const bytes = batches.flatMap((batch) => Array.from({ length: ranks }, () => batch * output * (B - 1)));
  const gather = { collective: "all-gather", purpose: "batch gather", module: "", bytes };
  return B === 1 ? together : [...together, gather];
}

/** What the scheme says is exchanged, from `S_u`, the rows of rank u, and `H_u`, its heads inside attention. */
function inSequence({ heads, sites }: Model, mesh: MeshConfig, { batch, image, text }: Lengths): readonly Moved[] {
  const { ring_degree: R, ulysses_degree: U } = mesh;
  const ranks = Array.from({ length: R * U }, (_, rank) => rank);
  const rows = (rank: number): number => part(image, ranks.length, rank) + part(text, ranks.length, rank);
  const own = (rank: number): number => part(heads, U, rank % U);
  const ringOf = (rank: number): number => Math.floor(rank / U);
  /** Rows of all U of the Ulysses group of ring place `ring`. */
  const groupRows = (ring: number): number => sum(ranks.filter((r) => ringOf(r) === ring).map(rows));
  const bytes = (numbers: (rank: number) => number): readonly number[] =>
    ranks.map((rank) => batch * size * bytesPerNumber * numbers(rank));

  const into = { collective: "all-to-all", purpose: "ulysses in", bytes: bytes((u) => 3 * rows(u) * (heads - own(u))) };
  const back = {
    collective: "all-to-all",
    purpose: "ulysses out",
    bytes: bytes((u) => (groupRows(ringOf(u)) - rows(u)) * own(u)),
  };
  const keysAndValues = (ring: number, rank: number): number => 2 * groupRows(ring) * own(rank);
  const collected = {
    collective: "all-gather",
    purpose: "ring",
    bytes: bytes((u) => (R - 1) * keysAndValues(ringOf(u), u)),
  };
  /** After `step` shifts a rank hands on what the rank `step` places before it in the ring began with. */
  const rotated = Array.from({ length: R - 1 }, (_, step) => ({
    collective: "shift",
    purpose: "ring",
    bytes: bytes((u) => keysAndValues((ringOf(u) - step + R) % R, u)),
  }));
  const ring = mesh.rotate_method === "alltoall" ? rotated : R > 1 ? [collected] : [];
  const site = U > 1 ? [into, ...ring, back] : ring;
  const gather = {
    collective: "all-gather",
    purpose: "gather",
    module: "proj_out",
    bytes: ranks.map((u) => batch * part(image, ranks.length, u) * channels * bytesPerNumber * (ranks.length - 1)),
  };
  if (ranks.length === 1) return [];
  return [...sites.flatMap((module) => site.map((moved) => ({ ...moved, module }))), gather];
}

const even: Lengths = { batch: 1, image: 96, text: 40 };
const uneven: Lengths = { batch: 1, image: 90, text: 37 };
const pair: Lengths = { batch: 2, image: 35, text: 11 };
const cases: readonly (readonly [string, MeshName, Model, readonly (readonly [string, Lengths])[]])[] = [
  ...(["ulysses 2", "ulysses 3", "ring 2", "rotating ring 3", "unified 2 x 2"] as const).map((mesh) => {
    return [
      "flux.dynamo18-dynamic",
      mesh,
      flux,
      [
        ["flux.img96-txt40", even],
        ["flux.img90-txt37", uneven],
      ],
    ] as const;
  }),
  ["flux.torchscript18-static", "ulysses 2", flux, [["flux.img96-txt40", even]]],
  ["flux-b.dynamo18-dynamic", "ulysses 2", fluxB, [["flux-b.batch2-img35-txt11", pair]]],
  ["flux-b.dynamo18-dynamic", "rotating unified 2 x 2", fluxB, [["flux-b.batch2-img35-txt11", pair]]],
  ...(["batch 2", "batch 2 x ulysses 2", "batch 2 x rotating ring 2", "batch 2 x rotating 2 x 2"] as const).map(
    (mesh) => {
      return ["flux-b.dynamo18-dynamic", mesh, fluxB, [["flux-b.batch2-img35-txt11", pair]]] as const;
    },
  ),
];

test.each(cases)("%s on %s", async (name, mesh, model, samples) => {
  const session = await sessionOf(await compiledFixture(`flux/${name}.onnx`, shippedPlan("flux"), meshes[mesh]));
  for (const [sample, lengths] of samples) {
    await outputsOf(session, await fixtureTensors(`flux/${sample}.inputs.npz`));
    const found = session.lastRun!.collectives.map(({ collective, purpose, module, bytes }) => {
      return { collective, purpose, module, bytes };
    });
    expect({ sample, found }).toEqual({ sample, found: expected(model, meshes[mesh], lengths) });
  }
});

test("worked by hand: rank 1 of 2 at 90 / 37 sends 63 rows of two heads three times, and gets back 63 from 64", () => {
  const [into, back] = expected(flux, meshes["ulysses 2"], uneven);
  expect(into!.bytes).toEqual([3 * 64 * 2 * size * 4, 3 * 63 * 2 * size * 4]);
  expect(back!.bytes).toEqual([63 * 2 * size * 4, 64 * 2 * size * 4]);
});

test("one rank exchanges nothing", async () => {
  const session = await sessionOf(
    await compiledFixture("flux/flux.dynamo18-dynamic.onnx", shippedPlan("flux"), meshes["one rank"]),
  );
  await outputsOf(session, await fixtureTensors("flux/flux.img67-txt13.inputs.npz"));
  expect(session.lastRun!.collectives).toEqual([]);
});
