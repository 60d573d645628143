/**
 * @file The outcome of a random model: compiled with a gather on every output that is still split, simulated, and its canonical form
 * compared with the original model.
 */
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { Model } from "../../compiler/graph/types.ts";
import { asCp } from "../../compiler/ir/cp.ts";
import { behindRounding } from "../../compiler/ir/rounding.ts";
import type { ContextParallelOutput, ContextParallelPlan } from "../../compiler/plan/types.ts";
import { checkLengths } from "../../compiler/simulate/lengths.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import { unsplitValues } from "../../compiler/simulate/unsplit.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { evaluateGraph } from "../../ort/evaluate.ts";
import { OrtError } from "../../ort/session.ts";
import { numbersIn } from "../../ort/tensors.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { compile } from "../mutants/judge.ts";
import type { RandomCase } from "./random-graph.ts";
import { canonicalise } from "../support/stages.ts";

/** `invalid`: onnxruntime itself does not take the model, so there is nothing to say. */
export type Verdict =
  | { readonly outcome: "ran" | "invalid"; readonly why: string }
  | { readonly outcome: "refused"; readonly why: string }
  | { readonly outcome: "wrong"; readonly why: string };

const OPSETS = { "": 18 };

export async function judgeCase(test: RandomCase): Promise<Verdict> {
  const model: Model = {
    file: "random.onnx",
    folder: "/",
    irVersion: 10,
    opsets: OPSETS,
    sha256: "0",
    graph: test.graph,
  };
  const whole = await written(test);
  if (whole === null) return { outcome: "invalid", why: "" };
  const canonical = await canonicalise(model);
  if (!canonical.ok) return refused(canonical.diagnostics);
  const splits = Object.fromEntries(Object.entries(test.splits).map(([name, split_dim]) => [name, { split_dim }]));
  // To name a scheme where there is no attention is an error.
  const hasSites = canonical.value.nodes.some((node) => asCp(node, "Attention") !== null);
  const plan = (gathers: readonly (ContextParallelOutput | null)[]): ContextParallelPlan => ({
    ...(hasSites && test.gather ? { $attention: { "": "gather" } } : {}),
    "": [splits, gathers],
  });
  const source = { model, canonical: canonical.value };
  const open = await compile(source, plan(test.graph.outputs.map(() => null)), test.mesh);
  const gathers = test.graph.outputs.map(({ name }) => gatherOf(open.diagnostics, name));
  const closed = gathers.some((g) => g !== null) ? await compile(source, plan(gathers), test.mesh) : open;
  if (!closed.ok) return refused(closed.diagnostics);
  return (await runs(closed.value, test.feeds)) ?? (await sameAs(closed.value, test.feeds, whole));
}

/** The model as written; `null` where onnxruntime does not take it. */
async function written({ graph, feeds }: RandomCase): Promise<OrtTensors | null> {
  try {
    return await evaluateGraph(graph, feeds, { opsets: OPSETS });
  } catch (error) {
    if (error instanceof OrtError) return null;
    throw error;
  }
}

function gatherOf(diagnostics: readonly Diagnostic[], output: string): ContextParallelOutput | null {
  const open = diagnostics.find(({ code, message }) => code === "CP4007" && message.includes(`"${output}"`));
  const axis = /"gather_dim": (\d+)/.exec(open?.hint ?? "")?.[1];
  return axis === undefined ? null : { gather_dim: Number(axis) };
}

/** `null` where every value is right. */
async function runs(sharded: ShardedGraph, feeds: OrtTensors): Promise<Verdict | null> {
  const report = await simulate(sharded, feeds, { tolerance: { absolute: 1e-4, relative: 1e-4 } });
  if (!report.ok) return refused(report.diagnostics);
  const { wrong } = report.value;
  return wrong === null ? null : { outcome: "wrong", why: `${wrong.diagnostic.code} ${wrong.diagnostic.message}` };
}

async function sameAs({ graph, ...rest }: ShardedGraph, feeds: OrtTensors, whole: OrtTensors): Promise<Verdict> {
  const lengths = checkLengths({ graph, ...rest }, feeds);
  if (!lengths.ok) return refused(lengths.diagnostics);
  const canonical = await unsplitValues(graph, feeds, lengths.value, new Set(graph.outputs));
  const rounded = behindRounding(graph);
  const differs = graph.outputs.find((name) => !close(canonical.get(name), whole[name]!, rounded.has(name)));
  return differs === undefined ? { outcome: "ran", why: "" } : { outcome: "wrong", why: `canonical ${differs}` };
}

/** A number near the edge of a rounding may jump by a step: of what is behind one, only the shape is compared. */
function close(a: OrtTensor | undefined, b: OrtTensor, isRounded: boolean): boolean {
  if (a === undefined || a.dims.join() !== b.dims.join()) return false;
  if (isRounded) return true;
  const [ours, theirs] = [numbersIn(a), numbersIn(b)];
  return Array.from(ours).every(
    (n, i) => Object.is(n, theirs[i]) || Math.abs(n - theirs[i]!) <= 1e-4 + 1e-4 * Math.abs(theirs[i]!),
  );
}

function refused(diagnostics: readonly Diagnostic[]): Verdict {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length === 0) throw new Error("refused without an error");
  return { outcome: "refused", why: `${errors[0]!.code} ${errors[0]!.message}` };
}
