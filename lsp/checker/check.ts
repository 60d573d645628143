/**
 * @file Checks the text of one plan with the stages of the compiler, and says what each entry is in the model. The stages before the plan
 * are kept by `models.ts`. Knows no editor.
 */
import { basename, dirname } from "node:path";
import { readdir } from "node:fs/promises";
import { bindPlan } from "../../compiler/bind/bind.ts";
import type { BoundPlan } from "../../compiler/bind/types.ts";
import { editorMessages } from "../../compiler/diagnostics/catalog/editing/editor.ts";
import { diagnose, hasErrors } from "../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { show } from "../../compiler/expr/expr.ts";
import { withEdits } from "../../compiler/plan/edits/edits.ts";
import { readParallelConfig, readPlanText } from "../../compiler/plan/read.ts";
import { readSource } from "../../compiler/plan/source.ts";
import type { Plan } from "../../compiler/plan/types.ts";
import { fitsMesh } from "../../compiler/plan/validate/rules/content.ts";
import { schemesFitMesh } from "../../compiler/plan/validate/rules/schemes.ts";
import { newRun } from "../../compiler/run.ts";
import { shard } from "../../compiler/shard/shard.ts";
import type { ShardedGraph } from "../../compiler/shard/types.ts";
import { modelAt, modelOf } from "./model-name.ts";
import type { Models } from "./models.ts";
import type { Bound, CheckReply, CheckRequest } from "./protocol.ts";

/** Where a check reports, and whether to go on. */
export interface Listener {
  readonly reply: (reply: CheckReply) => void;
  /** A later text has come. */
  readonly isStale: () => Promise<boolean>;
}

type Draft = Omit<CheckReply, "stage" | "diagnostics">;

export async function check(request: CheckRequest, models: Models, { reply, isStale }: Listener): Promise<void> {
  const { id, file, text, buffers, settings } = request;
  const imports: string[] = [];
  const plan = await readPlanText(text, file, async (path) => {
    imports.push(path);
    const buffer = buffers.get(path);
    return buffer === undefined ? readSource(path) : { ok: true, value: buffer, diagnostics: [] };
  });
  // A plan says it exactly, also one that computes it.
  const path = plan.ok ? modelAt(plan.value.model, file, settings.model) : modelOf(text, file, settings.model);
  const state = path === null ? null : await models.stateOf(path);
  const run = newRun({ strict: settings.strict });
  const end = (stage: CheckReply["stage"], bounds: readonly Bound[] = []): void => {
    const found = plan.ok && plan.value.written ? withEdits(run.found, plan.value.written) : run.found;
    const draft: Draft = { kind: "checked", id, bounds, model: state, imports };
    reply({ ...draft, stage, diagnostics: found });
  };
  const read = run.keep(plan);
  const mesh = run.keep(readParallelConfig(settings.parallel ?? { ulysses_degree: 2 }));
  if (read && mesh) run.found.push(...fitsMesh(read, mesh), ...schemesFitMesh(read, mesh));
  if (state === null) {
    if (read) run.found.push(await withoutModel(read));
    return end("done");
  }
  const model = await models.contextOf(state);
  if (!model.ok) run.found.push(...model.diagnostics);
  if (!read || !mesh || !model.ok || hasErrors(run.found)) return end("done");
  const bound = bindPlan(model.value.graph, read, model.value);
  const kept = run.keep(bound);
  if (kept === undefined) return end("done");
  end("bound", boundsOf(kept, null));
  if (await isStale()) return end("dropped");
  const sharded = run.keep(shard(kept, { ...mesh, mesh }));
  end("done", boundsOf(kept, sharded ?? null));
}

async function withoutModel({ file, span }: Plan): Promise<Diagnostic> {
  const names = await readdir(dirname(file ?? ".")).catch((): readonly string[] => []);
  const models = names.filter((name) => name.endsWith(".onnx")).sort();
  const plan = basename(file ?? "").split(".")[0] ?? "";
  // One that is named like the plan comes first.
  const near = models.toSorted((a, b) => Number(b.startsWith(plan)) - Number(a.startsWith(plan)));
  const start = span?.start ?? { line: 1, column: 1, offset: 0 };
  const first = { file: file ?? "", start, end: { ...start, column: start.column + 1, offset: start.offset + 1 } };
  return diagnose(editorMessages.noModel, { near }, { span: first });
}

function boundsOf({ bindings, graph }: BoundPlan, sharded: ShardedGraph | null): readonly Bound[] {
  const splits = new Map(
    bindings.flatMap((b) => (b.spec.action === "split" && b.value !== null ? [[b.value, b]] : [])),
  );
  return bindings.flatMap(({ spec, module, value, evidence, axis }) => {
    const { span, keySpan } = spec.origin;
    if (span === null) return [];
    const shape = value === null ? undefined : graph.shapes.get(value);
    const layout = spec.action === "gather" && value !== null ? gatheredLayout(value, graph, sharded) : [];
    const from = layout.flatMap(({ origin }) => {
      const split = splits.get(origin)?.spec.origin;
      return split === undefined ? [] : [{ pointer: split.pointer, span: split.span }];
    });
    const found = { module, value, evidence, axis, elem: shape?.elem ?? "", shape: shape?.dims.map(show) ?? [] };
    return [{ span, keySpan, action: spec.action, ...found, from }];
  });
}

/** The segments of a value before its gather, which is the result of a node that binding inserted. */
function gatheredLayout(
  value: string,
  graph: BoundPlan["graph"],
  sharded: ShardedGraph | null,
): readonly { readonly origin: string }[] {
  const gather = graph.nodes.find(
    ({ op, domain, outputs }) => domain === "cp" && op === "Gather" && outputs[0] === value,
  );
  const name = gather?.inputs[0] ?? value;
  return (sharded?.layouts.get(name) ?? []).flatMap(({ segments }) => segments);
}
