/**
 * @file `inspect`: what a plan can address in a model.
 */
import { foldBlocks } from "../../compiler/inspect/fold.ts";
import { renderInspection } from "../../compiler/inspect/render.ts";
import { inspectModel } from "../../compiler/inspect/model.ts";
import { depthOf } from "../../compiler/ir/module-paths.ts";
import type { Io } from "../io.ts";
import { fitted } from "../print/fit.ts";
import { selectModules } from "../print/explain.ts";
import { type Outcome, outcome } from "../outcome.ts";

export interface InspectOptions {
  readonly module?: string;
  /** Segments of the longest path that is shown. */
  readonly depth?: number;
}

/** As text, equal blocks are shown once, unless a pattern names modules. As JSON, every module is there. */
export async function inspect(file: string, { module: pattern, depth }: InspectOptions, io: Io): Promise<Outcome> {
  const inspected = await inspectModel(file);
  if (!inspected.ok) return outcome(inspected.diagnostics);
  const { modules, attention } = inspected.value;
  const chosen = selectModules(
    modules.map(({ path }) => path),
    pattern ?? true,
  );
  if (!chosen.ok) return outcome([...inspected.diagnostics, ...chosen.diagnostics]);
  const matching = new Set(chosen.value);
  const isShallow = ({ path }: { readonly path: string }): boolean => depth === undefined || depthOf(path) <= depth;
  const all = {
    modules: modules.filter(({ path }) => matching.has(path)),
    attention: attention.filter(({ module }) => matching.has(module)),
  };
  const folded = pattern === undefined ? foldBlocks(all) : all;
  const text = renderInspection({ modules: folded.modules.filter(isShallow), attention: folded.attention });
  const result = { modules: all.modules.filter(isShallow), attention: all.attention };
  return outcome(inspected.diagnostics, result, fitted(text, io.width));
}
