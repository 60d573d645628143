/**
 * @file What can be wrong with a model when its graph is brought into canonical form. Codes CP2500-2999.
 */
import type { Message } from "../diagnose.ts";

/** A node as it is named to the user. */
interface AtNode {
  readonly node: string;
  readonly module: string;
}

export const unresolvedShape: Message<AtNode & { op: string }> = {
  code: "CP2501",
  severity: "error",
  title: "Shape that cannot be inferred",
  message: ({ op, node, module }) =>
    `the rank of the result of ${op} (node ${node}, module "${module}") cannot be inferred`,
  hint: () => "fix the sizes of dynamic inputs with --shape NAME=SIZES, or export with shape information",
};

export const malformedMarker: Message<{ node: string; missing: string }> = {
  code: "CP2510",
  severity: "error",
  title: "Malformed boundary marker",
  message: ({ node, missing }) => `the marker node ${node} (cp::Boundary) has no usable attribute ${missing}`,
  hint: () =>
    'a marker has the attributes module (path), kind ("input" or "output") and param (name, or index of the output)',
};

export const attentionNotFused: Message<AtNode & { op: string; reason: string }> = {
  code: "CP2520",
  severity: "note",
  title: "Node that resembles attention",
  message: ({ op, node, module, reason }) =>
    `the ${op} ${node} in module "${module}" resembles attention, but is left as it is: ${reason}`,
  hint: () => "as long as its operands are whole on every rank this is exact; splitting them needs it to be attention",
};
