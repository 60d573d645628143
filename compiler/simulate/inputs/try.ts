/**
 * @file The simulation with inputs of its own: the first that the model accepts. Says what the model refused where there are none.
 */
import type { OrtTensors } from "../../../ort/types.ts";
import { verifyMessages as messages } from "../../diagnostics/catalog/verify.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "../../diagnostics/types.ts";
import { valuesReadBy } from "../../graph/reads.ts";
import { indexOf } from "../../ir/graph-index.ts";
import type { CanonicalGraph } from "../../ir/types.ts";
import type { ShardedGraph } from "../../shard/types.ts";
import { simulate, type SimulateOptions, type SimulationReport } from "../simulate.ts";
import { inputsToTry } from "./inputs.ts";

/** Each costs the load of a session. */
const MOST = 16;

/** See `simulate`. Inputs with which an output is NaN throughout are taken only if no others run. */
export async function simulateChosen(
  sharded: ShardedGraph,
  options: SimulateOptions = {},
): Promise<Result<SimulationReport>> {
  const refused: { readonly feeds: OrtTensors; readonly why: readonly Diagnostic[] }[] = [];
  let empty: Result<SimulationReport> | null = null;
  for (const feeds of inputsToTry(sharded)) {
    if (refused.length === MOST) break;
    const report = await simulate(sharded, feeds, options);
    if (!report.ok) refused.push({ feeds, why: report.diagnostics });
    else if (report.value.wrong === null && report.value.undefined.some(({ share }) => share === 1)) empty ??= report;
    else return report;
    if (empty !== null && sharded.graph.lengths.length === 0) return empty;
  }
  if (empty !== null) return empty;
  const [first] = refused;
  if (first === undefined) return { ok: false, diagnostics: [] };
  return { ok: false, diagnostics: [refusal(sharded.graph, first.feeds, first.why, refused.length)] };
}

function refusal(graph: CanonicalGraph, feeds: OrtTensors, why: readonly Diagnostic[], tried: number): Diagnostic {
  const reason = why.map(({ message }) => message).join("; ");
  const node = graph.nodes.find(({ name }) => name !== "" && new RegExp(`['"]${escaped(name)}['"]`).test(reason));
  const inputs = Object.entries(feeds).map(([name, { elem, dims }]) => ({ name, elem, dims }));
  const behind = node === undefined ? [] : inputsBehind(graph, node.inputs.at(-1) ?? "");
  const shapes = graph.lengths.length > 0;
  return diagnose(messages.noInputs, { reason, tried, node: node?.name ?? null, behind, inputs, shapes });
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Inputs that determine a value, those of the fewest steps first. */
function inputsBehind(graph: CanonicalGraph, value: string): readonly string[] {
  const index = indexOf(graph);
  const isInput = new Set(graph.inputs.map(({ name }) => name));
  const seen = new Set([value]);
  for (const name of seen) {
    const producer = index.producer(name);
    for (const read of producer === undefined ? [] : valuesReadBy(producer)) seen.add(read);
  }
  return [...seen].filter((name) => isInput.has(name));
}
