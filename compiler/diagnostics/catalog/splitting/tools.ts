/**
 * @file Diagnostics of what other tools leave in a model.
 */
import type { Message } from "../../diagnose.ts";

export const arrangedForProcessor: Message<{ nodes: number; first: string; domain: string }> = {
  code: "CP2535",
  severity: "warning",
  title: "Model arranged for one kind of processor",
  message: ({ nodes, first, domain }) =>
    `ONNX Runtime has optimised this model for the processor that it ran on: ${nodes === 1 ? "1 node" : `${nodes} nodes`} of ${domain} ` +
    `(the first is ${first}) hold channels in blocks as wide as its registers, and give other results, or none, on another processor`,
  hint: () => "save the model at the level ORT_ENABLE_EXTENDED, or use the model before optimisation",
};

export const notTensor: Message<{ op: string; node: string; module: string; found: string }> = {
  code: "CP2550",
  severity: "error",
  title: "Value inside the model that is not a tensor",
  message: ({ op, node, module, found }) =>
    `${op} (node ${node}, module "${module}") makes ${found}; values between nodes must be tensors`,
  hint: () =>
    "export the model without lists of tensors and optional tensors: return, index and concatenate tensors, for example with torch.split and torch.cat",
};

/** Why calls of a local function cannot be replaced: it calls itself, is of another operator set than the model, or there are too many. */
export type FunctionFault =
  | { readonly kind: "endless"; readonly name: string }
  | {
      readonly kind: "operator set";
      readonly name: string;
      readonly domain: string;
      readonly own: number;
      readonly model: number;
    }
  | { readonly kind: "too many"; readonly name: string; readonly what: string; readonly most: number };

export const localFunction: Message<FunctionFault> = {
  code: "CP2013",
  severity: "error",
  title: "Local function that cannot be inlined",
  message: (p) => `the local function ${p.name} of the model cannot be inlined: ${reasonOf(p)}`,
  hint: ({ kind }) =>
    kind === "operator set"
      ? "inline it before compiling (onnx.inliner.inline_local_functions with convert_version=True), or export the model with one operator set"
      : "export the model again: no exporter writes such a function",
};

function reasonOf(fault: FunctionFault): string {
  if (fault.kind === "endless") return "it calls itself, directly or through others";
  if (fault.kind === "too many") return `there are more than ${fault.most} ${fault.what}`;
  const domain = fault.domain === "" ? "ai.onnx" : fault.domain;
  return `it is written in operator set ${fault.own} of ${domain}, the model in ${fault.model}`;
}
