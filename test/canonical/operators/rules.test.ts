/**
 * @file Every operator rule against onnxruntime: the shapes that it infers, and for every operand axis that either the split program
 * gives the same result for 2 and 3 ranks, or the split is refused. The golden file says which; a changed rule changes it.
 */
import { describe, expect, it } from "vitest";
import { emitGraph } from "../../../compiler/canonical/emit.ts";
import { CP_OPERATORS, OPERATORS } from "../../../compiler/canonical/operators/table.ts";
import { CP, type CanonicalGraph } from "../../../compiler/canonical/types.ts";
import { shard } from "../../../compiler/shard/shard.ts";
import { simulate } from "../../../compiler/simulate/simulate.ts";
import { evaluateGraph } from "../../../ort/evaluate.ts";
import { bound, feedsOf, graphOf } from "./build.ts";
import { CP_SAMPLES, SAMPLES, type Sample } from "./samples.ts";

const cases: readonly (readonly [string, string, string, number, Sample])[] = [
  ...Object.entries(SAMPLES).flatMap(([op, samples]) => samples.map((s, i) => [`${op} ${i}`, "", op, i, s] as const)),
  ...Object.entries(CP_SAMPLES).flatMap(([op, samples]) =>
    samples.map((s, i) => [`cp.${op} ${i}`, CP, op, i, s] as const),
  ),
];

/** What became of a split of each operand axis: the layouts of the results, or the code of the refusal. */
async function tryAxes(graph: CanonicalGraph, sample: Sample): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const [operand, o] of sample.operands.entries()) {
    if (o.kind !== "data") continue;
    for (const [axis, extent] of o.dims.entries()) {
      if (extent < 2) continue;
      lines.push(`  operand ${operand} axis ${axis}: ${await trySplit(graph, sample, operand, axis, extent)}`);
    }
  }
  return lines;
}

async function trySplit(
  graph: CanonicalGraph,
  sample: Sample,
  operand: number,
  axis: number,
  extent: number,
): Promise<string> {
  let said = "";
  for (const ranks of [2, 3].filter((n) => n <= extent)) {
    const open = shardFor(
      graph,
      operand,
      axis,
      graph.outputs.map(() => null),
      ranks,
    );
    const codes = open.diagnostics.filter((d) => d.severity === "error" && d.code !== "CP4007").map((d) => d.code);
    if (codes.length > 0) return codes.join(" ");
    const gathers = graph.outputs.map((output) => splitAxisOf(open.diagnostics, output));
    const closed = shardFor(graph, operand, axis, gathers, ranks);
    if (!closed.ok) return closed.diagnostics.map((d) => `${d.code} ${d.message}`).join(" ");
    const report = await simulate(closed.value, feedsOf(sample.operands));
    if (!report.ok) throw new Error(report.diagnostics.map((d) => d.message).join("; "));
    expect(report.value.wrong?.diagnostic.message ?? null).toBeNull();
    said = gathers.map((at, i) => `y${i} ${at === null ? "whole" : `axis ${at}`}`).join(", ");
  }
  return said;
}

function shardFor(
  graph: CanonicalGraph,
  operand: number,
  axis: number,
  gathers: readonly (number | null)[],
  ranks: number,
) {
  const options = {
    mesh: { ring_degree: 1, ulysses_degree: ranks },
    rotate_method: "allgather",
    convert_to_fp32: true,
  } as const;
  return shard(bound(graph, operand, axis, gathers), options);
}

/** The axis on which an output is still split, from the refusal that says so. */
function splitAxisOf(diagnostics: ReturnType<typeof shardFor>["diagnostics"], output: string): number | null {
  const refusal = diagnostics.find((d) => d.code === "CP4007" && d.message.includes(`"${output}"`));
  const axis = /"gather_dim": (\d+)/.exec(refusal?.hint ?? "")?.[1];
  return axis === undefined ? null : Number(axis);
}

describe("operator rules", () => {
  it("have a sample each", () => {
    expect(Object.keys(SAMPLES).sort()).toEqual(Object.keys(OPERATORS).sort());
    expect(Object.keys(CP_SAMPLES).sort()).toEqual(Object.keys(CP_OPERATORS).sort());
  });

  const seen = new Map<string, readonly string[]>();

  it.each(cases)(
    "%s: shapes are those of onnxruntime, splits are exact or refused",
    async (name, domain, op, _, sample) => {
      const opset = op === "GroupNormalization" ? 21 : 23;
      const graph = graphOf(domain, op, sample, op === "Swish" ? 24 : opset);
      const { graph: plain, opsets } = emitGraph(graph);
      const outputs = await evaluateGraph(plain, feedsOf(sample.operands), { opsets });
      for (const output of graph.outputs) {
        expect({ elem: outputs[output]!.elem, dims: outputs[output]!.dims }).toEqual(graph.shapes.get(output));
      }
      seen.set(name, await tryAxes(graph, sample));
    },
  );

  it("split what the golden file says", async () => {
    const text = [...seen].flatMap(([name, lines]) => [name, ...lines]).join("\n");
    await expect(`${text}\n`).toMatchFileSnapshot("rules.golden.txt");
  });
});
