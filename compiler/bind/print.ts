/**
 * @file Prints a bound plan: what each entry found, as comments, and the graph with the inserted nodes. Knows no layout.
 */
import { printGraph } from "../ir/print.ts";
import { nameText } from "../ir/text.ts";
import type { Binding, BoundPlan } from "./types.ts";

export function printBound({ graph, bindings, batch, sites }: BoundPlan): string {
  const batches = batch.map(({ input, axis }) => `# batch: ${nameText(input)} axis ${axis}\n`);
  const schemes = sites.map(
    ({ module, node, entry }) => `# attention ${nameText(module)}: ${entry.scheme} (${nameText(node)})\n`,
  );
  return `${bindings.map(bindingLine).join("")}${batches.join("")}${schemes.join("")}${printGraph(graph)}`;
}

/** `# binding 0: split "".hidden_states at "": hidden_states axis 1 (graph input)`. */
function bindingLine({ spec, module, value, axis, evidence }: Binding, index: number): string {
  const what = value === null ? evidence : `${nameText(value)} axis ${axis} (${evidence})`;
  return `# binding ${index}: ${spec.action} ${spec.origin.pointer} at ${nameText(module)}: ${what}\n`;
}
