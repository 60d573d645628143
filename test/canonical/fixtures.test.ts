/**
 * @file Every export, canonicalised: the same outputs as before, one node per attention, every shape as in onnxruntime, and a print that
 * reads back to the same graph.
 */
import { expect, test } from "vitest";
import { CP } from "../../compiler/ir/types.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import { evaluate, symbolsOf } from "../../compiler/expr/expr.ts";
import type { Node } from "../../compiler/graph/types.ts";
import type { Lengths } from "../../compiler/simulate/positions.ts";
import { unsplitValues } from "../../compiler/simulate/unsplit.ts";
import { createSession, OrtError } from "../../ort/session.ts";
import { numbersIn } from "../../ort/tensors.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { lostInPrint } from "../support/language/readable.ts";
import { committedExports, fits, sampleFile } from "../support/exports.ts";
import { fixture, fixtureModel, fixtureTensors, valueOf } from "../support/fixtures.ts";
import { canonicalise } from "../support/stages.ts";

const exports = committedExports();

test("there are exports", () => {
  expect(exports.length).toBeGreaterThan(20);
});

test.each(exports)("$file", async (source) => {
  const model = await fixtureModel(source.file);
  const canonical = valueOf(await canonicalise(model));
  expect(lostInPrint(canonical)).toEqual([]);
  const sites = canonical.nodes.filter(({ op, domain }) => domain === CP && op === "Attention");
  expect(sites).toHaveLength(model.graph.nodes.filter(isAttention).length);
  expect(sites.length).toBeGreaterThan(1);
  let tried = 0;
  for (const size of source.sizes) {
    const feeds = await fixtureTensors(sampleFile(source, size, "inputs"));
    if (!fits(model, feeds)) continue;
    tried += 1;
    const lengths = lengthsIn(canonical, feeds);
    const values = await unsplitValues(canonical, feeds, lengths, new Set(canonical.nodes.flatMap((n) => n.outputs)));
    expect(wrongShapes(canonical, values, lengths)).toEqual([]);
    const before =
      (await ownOutputs(source.file, feeds)) ?? (await fixtureTensors(sampleFile(source, size, "outputs")));
    for (const [name, expected] of Object.entries(before)) {
      expect(difference(values.get(name)!, expected), `${name} at ${size}`).toBeLessThan(1e-5);
    }
  }
  expect(tried).toBeGreaterThan(0);
});

function isAttention({ op }: Node): boolean {
  return op === "Softmax" || op === "Attention";
}

/** What the export itself gives; `null` if onnxruntime refuses it or an operator that only markers use. */
async function ownOutputs(file: string, feeds: OrtTensors): Promise<OrtTensors | null> {
  try {
    const session = await createSession(fixture(file));
    const outputs = await session.run(feeds);
    await session.release();
    return outputs;
  } catch (error) {
    if (error instanceof OrtError) return null;
    throw error;
  }
}

function lengthsIn({ lengths }: CanonicalGraph, feeds: OrtTensors): Lengths {
  return Object.fromEntries(
    lengths.map(({ name, sources: [first] }) => [name, feeds[first!.input]!.dims[first!.axis]!]),
  );
}

/** `name: inferred, actual` where they differ; an extent that depends on data can be anything. */
function wrongShapes(
  { shapes }: CanonicalGraph,
  values: ReadonlyMap<string, OrtTensor>,
  lengths: Lengths,
): readonly string[] {
  return [...values].flatMap(([name, { elem, dims }]) => {
    const inferred = shapes.get(name);
    if (inferred === undefined) return [`${name}: nothing, ${elem} ${dims.join(" x ")}`];
    const said = inferred.dims.map((dim, axis) =>
      symbolsOf(dim).some((symbol) => symbol.startsWith("?")) ? dims[axis] : evaluate(dim, lengths),
    );
    const [ours, theirs] = [`${inferred.elem} ${said.join(" x ")}`, `${elem} ${dims.join(" x ")}`];
    return ours === theirs ? [] : [`${name}: ${ours}, ${theirs}`];
  });
}

/** Largest |a - b| / max(1, |b|); infinite for another shape. */
function difference(actual: OrtTensor, expected: OrtTensor): number {
  if (actual.dims.join() !== expected.dims.join()) return Infinity;
  const other = numbersIn(expected);
  return Array.from(numbersIn(actual), (x, i) => Math.abs(x - other[i]!) / Math.max(1, Math.abs(other[i]!))).reduce(
    (a, b) => Math.max(a, b),
    0,
  );
}
