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
