/**
 * @file The models of open plans, read once for each state of their file. Knows no plan.
 */
import { stat } from "node:fs/promises";
import { type Context, contextOf } from "../../compiler/bind/context.ts";
import { inspectGraph } from "../../compiler/inspect/inspect.ts";
import { canonicalModel, type Inspection } from "../../compiler/inspect/model.ts";
import type { CanonicalGraph } from "../../compiler/ir/types.ts";
import type { Result } from "../../compiler/diagnostics/types.ts";
import type { ModelState } from "./protocol.ts";

/** A graph takes up to a gigabyte: the last ones are kept. */
const KEPT = 3;

interface Entry {
  readonly version: string;
  readonly graph: Promise<Result<CanonicalGraph>>;
  context?: Context;
  inspection?: Inspection;
}

export interface Models {
  readonly stateOf: (file: string) => Promise<ModelState>;
  /** The graph with what binding knows of it: made once, since it takes a third of a second for thousands of modules. */
  readonly contextOf: (state: ModelState) => Promise<Result<Context>>;
  /** `null` if the model cannot be read. */
  readonly inspectionOf: (state: ModelState) => Promise<Inspection | null>;
}

export function createModels(): Models {
  const entries = new Map<string, Entry>();
  const entryOf = ({ file, version }: ModelState): Entry => {
    const known = entries.get(file);
    // The last one used stays longest.
    entries.delete(file);
    const entry = known?.version === version ? known : { version, graph: canonicalModel(file) };
    entries.set(file, entry);
    for (const [oldest] of entries) if (entries.size > KEPT) entries.delete(oldest);
    return entry;
  };
  return {
    stateOf: async (file) => ({ file, version: await versionOf(file) }),
    contextOf: async (state) => {
      const entry = entryOf(state);
      const graph = await entry.graph;
      if (!graph.ok) return graph;
      entry.context ??= contextOf(graph.value);
      return { ...graph, value: entry.context };
    },
    inspectionOf: async (state) => {
      const entry = entryOf(state);
      const graph = await entry.graph;
      if (!graph.ok) return null;
      entry.inspection ??= inspectGraph(graph.value);
      return entry.inspection;
    },
  };
}

/** Changes when the file is written, vanishes or appears. */
async function versionOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size } = await stat(file);
    return `${mtimeMs}:${size}`;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unreadable";
  }
}
