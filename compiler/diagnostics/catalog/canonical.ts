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

export const lengthsTooLarge: Message<{ stage: string }> = {
  code: "CP2502",
  severity: "error",
  title: "Lengths beyond all bounds",
  message: ({ stage }) =>
    `the extents of this model grow beyond what can be computed with while ${stage}: numbers over 2^53, or products of very many lengths`,
  hint: () => "a model like this does not run; export it again, or look for the nodes that multiply its shapes",
};

export const malformedNode: Message<{ node: string; op: string; fault: string }> = {
  code: "CP2503",
  severity: "error",
  title: "Node that its operator does not allow",
  message: ({ node, op, fault }) => `the ${op} node ${node} is not as ONNX defines the operator: ${fault}`,
  hint: () => "the file is damaged or was edited; export the model again, or run onnx.checker on it",
};

export const reservedOperator: Message<{ node: string; op: string }> = {
  code: "CP2504",
  severity: "error",
  title: "Operator of the reserved domain",
  message: ({ node, op }) => `the node ${node} has the operator cp::${op}; a model file may hold cp::Boundary only`,
  hint: () => "give operators of your own another domain",
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
