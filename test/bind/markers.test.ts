/**
 * @file Binding on unmarked exports finds what the exporter's markers mark in exports with the same weights, entry by entry: the same
 * numbers at every value, whatever the exporter called it and wherever it put the producing node.
 */
import { describe, expect, test } from "vitest";
import type { CanonicalGraph, Marker } from "../../compiler/ir/types.ts";
import { readPlanFile } from "../../compiler/plan/read.ts";
import { unsplitValues } from "../../compiler/simulate/unsplit.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { compareTensors } from "../../runtime/verify.ts";
import { shippedPlan } from "../support/compiled.ts";
import { committedExports, fits, sampleFile, type Export } from "../support/exports.ts";
import { fixtureModel, fixtureTensors, valueOf } from "../support/fixtures.ts";
import { canonicalise, bindPlan } from "../support/stages.ts";

/** The value of an entry that is there. */
interface Found {
  /** `rotary_emb of blocks.0.attn1`, `output 1 of rope` */
  readonly name: string;
  readonly value: string;
  readonly evidence: string;
  readonly tensor: OrtTensor;
}

interface Bound {
  readonly markers: readonly string[];
  readonly found: readonly Found[];
}

/** A gather has no index of its own where the module has one output. */
function nameOf({ module, side, parameter, index }: Omit<Marker, "value">): string {
  if (side === "output") return `output ${index ?? 0} of ${module}`;
  return `${parameter} of ${module}${index === null ? "" : ` element ${index}`}`;
}

async function bind(source: Export, feeds: OrtTensors): Promise<Bound> {
  const graph = valueOf(await canonicalise(await fixtureModel(source.file)));
  const { bindings } = valueOf(bindPlan(graph, valueOf(await readPlanFile(shippedPlan(source.family)))));
  const present = bindings.flatMap(({ value, ...rest }) => (value === null ? [] : [{ ...rest, value }]));
  const tensors = await unsplitValues(graph, feeds, lengthsOf(graph, feeds), new Set(present.map((b) => b.value)));
  return {
    markers: graph.markers.map((marker) => `${nameOf(marker)}: ${marker.value}`),
    found: present.map(({ spec, module, value, evidence }) => {
      return { name: nameOf({ ...spec, module }), value, evidence, tensor: tensors.get(value)! };
    }),
  };
}

function lengthsOf(graph: CanonicalGraph, feeds: OrtTensors): Readonly<Record<string, number>> {
  return Object.fromEntries(
    graph.lengths.map(({ name, sources: [from] }) => [name, feeds[from!.input]!.dims[from!.axis]!]),
  );
}

const exports = committedExports();
const marked = exports.filter(({ exporter }) => exporter === "dynamo18-dynamic.marked");

/** The last size that the export takes: uneven, where it is open. */
async function sampleOf(source: Export): Promise<{ readonly size: string; readonly feeds: OrtTensors }> {
  const model = await fixtureModel(source.file);
  const samples = await Promise.all(
    source.sizes.map(async (size) => ({ size, feeds: await fixtureTensors(sampleFile(source, size, "inputs")) })),
  );
  return samples.findLast(({ feeds }) => fits(model, feeds))!;
}

const made = new Map<string, Promise<Bound>>();

/** Once for each sample. */
function bindMarked(source: Export, { size, feeds }: Awaited<ReturnType<typeof sampleOf>>): Promise<Bound> {
  const key = `${source.file} ${size}`;
  made.set(key, made.get(key) ?? bind(source, feeds));
  return made.get(key)!;
}

test("every model of a plan has a marked export", () => {
  expect(marked.map(({ family }) => family)).toEqual([...new Set(exports.map(({ family }) => family))]);
});

test.each(marked)("the plan binds to what the markers mark, and to nothing else: $family", async (source) => {
  const { markers, found } = await bindMarked(source, await sampleOf(source));
  expect(found.map(({ name, value }) => `${name}: ${value}`).sort()).toEqual([...markers].sort());
  // Wan's timestep is marked too; of one number per sample, it is not what the entry expects.
  for (const { name, evidence } of found) expect(evidence, name).toBe(name === "timestep of " ? "skipped" : "marker");
});

/** What an unmarked export lacks: merged into the first block's, or tables that it has folded. */
const lacking: Readonly<Record<string, readonly string[]>> = {
  "helios.dynamo18-dynamic": ["rotary_emb of blocks.1.attn1"],
  "helios.dynamo18-static": ["rotary_emb of blocks.1.attn1"],
  "helios.dynamo23-dynamic": ["rotary_emb of blocks.1.attn1"],
  "helios.torchscript18-static": ["rotary_emb of blocks.1.attn1"],
  "minimax_h3.dynamo18-dynamic": ["adaln_indices of transformer_blocks.1"],
  "minimax_h3.dynamo18-static": ["adaln_indices of transformer_blocks.1"],
  "minimax_h3.dynamo23-dynamic": ["adaln_indices of transformer_blocks.1"],
  "qwenimage.dynamo18-dynamic": ["encoder_hidden_states_mask of transformer_blocks.1"],
  "qwenimage.dynamo18-static": ["encoder_hidden_states_mask of transformer_blocks.1", "output 1 of pos_embed"],
  "qwenimage.dynamo23-dynamic": ["encoder_hidden_states_mask of transformer_blocks.1"],
  "qwenimage.torchscript18-static": ["output 0 of pos_embed", "output 1 of pos_embed"],
};

describe.each(marked)("an unmarked export binds to the same values: $family", (source) => {
  const others = exports.filter(({ model, exporter }) => model === source.model && !exporter.endsWith(".marked"));
  test.each(others)("$exporter", async (other) => {
    const sample = await sampleOf(other);
    const [expected, actual] = [await bindMarked(source, sample), await bind(other, sample.feeds)];
    const names = new Set(actual.found.map(({ name }) => name));
    const missing = expected.found.filter(({ name }) => !names.has(name)).map(({ name }) => name);
    expect(missing).toEqual(lacking[`${other.model}.${other.exporter}`] ?? []);
    for (const { name, tensor } of actual.found) {
      const same = expected.found.find((one) => one.name === name);
      expect(compareTensors(name, tensor, same!.tensor), name).toMatchObject({ ok: true, problem: null });
    }
  });
});
