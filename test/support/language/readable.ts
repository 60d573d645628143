/**
 * @file Asserts that a printed graph is complete, for any graph.
 */
import { printGraph } from "../../../compiler/ir/print.ts";
import type { CanonicalGraph } from "../../../compiler/ir/types.ts";
import { graphFrom } from "./graph.ts";

/** What is lost where the graph's print is read back and printed again; empty if nothing is. */
export function lostInPrint(graph: CanonicalGraph): readonly string[] {
  const text = printGraph(graph);
  const again = graphFrom(text, graph.constants);
  return [...differences(again, graph), ...(printGraph(again) === text ? [] : ["the print is another"])];
}

/** Every entry of one that is not in the other, in words. The order of modules, integers and constants is no difference. */
function differences(a: CanonicalGraph, b: CanonicalGraph): readonly string[] {
  const [left, right] = [entries(a), entries(b)].map((list) => new Set(list));
  return [...[...left!].filter((x) => !right!.has(x)), ...[...right!].filter((x) => !left!.has(x))];
}

function entries(graph: CanonicalGraph): readonly string[] {
  return Object.entries(graph).flatMap(([part, value]) => {
    if (value instanceof Map) return [...value].map((entry) => `${part} ${plain(entry)}`);
    return Array.isArray(value) ? value.map((entry, i) => `${part} ${i} ${plain(entry)}`) : [`${part} ${plain(value)}`];
  });
}

function plain(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (part instanceof Map) return [...part];
    if (key === "bytes") return Buffer.from((part as { data?: number[] }).data ?? (part as Uint8Array)).toString("hex");
    if (typeof part === "number" && (!Number.isFinite(part) || Object.is(part, -0)))
      return `number ${1 / part} ${part}`;
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
