/**
 * @file The files of external data that a graph's constants refer to. Reads none of them.
 */
import type { Graph } from "./types.ts";

/** Absolute paths, each once, in order. */
export function externalFiles(graph: Graph): readonly string[] {
  const files = [...graph.constants.values()].flatMap(({ data }) => (data.kind === "external" ? [data.file] : []));
  return [...new Set(files)].sort();
}
