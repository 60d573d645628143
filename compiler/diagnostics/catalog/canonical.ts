/**
 * @file Errors in a model that show when its graph is brought into canonical form. Codes CP2500-2999.
 */
import type { Message } from "../diagnose.ts";
import type { Catalog } from "./catalog.ts";

/** A node as named to the user. */
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
  title: "Lengths too large",
  message: ({ stage }) =>
    `the extents of this model grow too large while ${stage}: numbers over 2^53, products of too many lengths, or too many segments`,
  hint: () => "no device can run such a model: export it again, or look for the nodes that multiply its shapes",
};

export const malformedNode: Message<{ node: string; op: string; fault: string }> = {
  code: "CP2503",
  severity: "error",
  title: "Invalid node",
  message: ({ node, op, fault }) => `the ${op} node ${node} violates the ONNX definition of ${op}: ${fault}`,
  hint: () => "the file is damaged or was edited; export the model again, or run onnx.checker on it",
};

export const reservedOperator: Message<{ node: string; op: string }> = {
  code: "CP2504",
  severity: "error",
  title: "Operator in the reserved domain",
  message: ({ node, op }) =>
    `the node ${node} has the operator cp::${op}; a model file may contain only cp::Boundary of this domain`,
  hint: () => "put custom operators in another domain",
};

export const malformedMarker: Message<{ node: string; missing: string }> = {
  code: "CP2510",
  severity: "error",
  title: "Malformed boundary marker",
  message: ({ node, missing }) => `the marker node ${node} (cp::Boundary) has no valid attribute ${missing}`,
  hint: () =>
    'a marker has the attributes module (path), kind ("input" or "output") and param (name, or index of the output)',
};

export const attentionNotFused: Message<AtNode & { op: string; reason: string }> = {
  code: "CP2520",
  severity: "note",
  title: "Node that resembles attention",
  message: ({ op, node, module, reason }) =>
    `the ${op} ${node} in module "${module}" resembles attention but is not recognised as one: ${reason}`,
  hint: () =>
    "this is exact while its operands are whole on every rank; only a recognised attention can have split operands",
};

export const lengthBaked: Message<AtNode & { from: string; target: string; extent: string; number: number }> = {
  code: "CP2548",
  severity: "note",
  title: "Length that the export fixed",
  message: ({ node, module, from, target, extent, number }) =>
    `the Reshape ${node} in module "${module}" maps ${from} to ${target}: the export wrote a length as a number, and the model computes its result only where ${extent} is ${number}`,
  hint: ({ extent }) =>
    `every run checks this; for other lengths, export the model again so that ${extent} follows from its inputs (the dynamo exporter keeps it)`,
};

/** Sizes that a caller fixes for inputs: `--shape`, or `shapes` in the API. */
export const shapeMessages: Catalog<{
  unknownInput: { input: string; suggestion: string | null; known: readonly string[] };
  rank: { input: string; given: number; rank: number; shape: string };
  size: { at: string; given: number; expected: number; shape: string };
  symbol: { symbol: string; at: string; given: number; earlier: number; earlierAt: string };
  noSizes: { input: string; found: string };
}> = {
  unknownInput: {
    code: "CP2530",
    severity: "error",
    title: "Shape of an unknown input",
    message: ({ input }) => `a shape is given for "${input}", which is not an input of the model`,
    hint: ({ suggestion, known }) =>
      suggestion === null ? `its inputs are ${known.join(", ")}` : `did you mean "${suggestion}"?`,
  },
  rank: {
    code: "CP2531",
    severity: "error",
    title: "Shape with the wrong rank",
    message: ({ input, given, rank, shape }) =>
      `the shape given for "${input}" has ${given} sizes; the model's input has ${rank} axes: ${shape}`,
    hint: ({ rank }) => `give ${rank} sizes`,
  },
  size: {
    code: "CP2532",
    severity: "error",
    title: "Size that contradicts the model",
    message: ({ at, given, expected, shape }) =>
      `the size given for ${at} is ${given}, but the model fixes it to ${expected}: ${shape}`,
    hint: ({ expected }) => `give ${expected}, or export the model with this axis dynamic`,
  },
  symbol: {
    code: "CP2533",
    severity: "error",
    title: "Two sizes for one length",
    message: ({ symbol, at, given, earlier, earlierAt }) =>
      `the size given for ${at} is ${given}, but that for ${earlierAt} is ${earlier}; in the model both are the length "${symbol}"`,
    hint: () => "give the same size for both",
  },
  noSizes: {
    code: "CP2534",
    severity: "error",
    title: "Shape that is not a list of sizes",
    message: ({ input, found }) => `the shape given for "${input}" is ${found}; sizes are integers of 0 or more`,
    hint: () => "write --shape NAME=1,4096,64, or in the API { NAME: [1, 4096, 64] }",
  },
};
