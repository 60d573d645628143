/**
 * @file Errors of what is chosen for the user: why no plan can be inferred for a model. Codes CP4500-4599.
 */
import type { Catalog, NoParams } from "../catalog.ts";

export const inferMessages: Catalog<{
  noAttention: NoParams;
  noSequence: { sites: number };
  noPlace: { module: string; node: string; length: string };
  allRefused: { rounds: number; last: string };
}> = {
  noAttention: {
    code: "CP4501",
    severity: "error",
    title: "Nothing to split without attention",
    message: () =>
      "nothing to split, because the compiler recognises no attention in the model, and finds no rows that its convolutions could share",
    hint: () =>
      "if the model has attention, export it with dynamo, or as the Attention operator; the notes of onnx-cp inspect say what was not recognised",
  },
  noSequence: {
    code: "CP4502",
    severity: "error",
    title: "Nothing to split without a sequence",
    message: ({ sites }) =>
      `nothing to split, because ${sites === 1 ? "the only attention of the model has one query" : `each of the ${sites} attentions of the model has one query`}`,
    hint: () => "export the model for a sequence of tokens, not for one step of a decoder",
  },
  noPlace: {
    code: "CP4503",
    severity: "error",
    title: "Nothing to split at a boundary",
    message: ({ module, node, length }) =>
      `nothing to split, because no plan can state where: the sequence of ${length} rows of the attention in "${module}" (node ${node}) ` +
      "begins or ends at values that other nodes of the same module need whole",
    hint: () =>
      "export the model with the names of its modules: at the boundary of a module, a plan can split or gather a value for some of its readers",
  },
  allRefused: {
    code: "CP4504",
    severity: "error",
    title: "Nothing to split after refusals",
    message: ({ rounds, last }) =>
      `nothing to split, because the proof refused ${rounds === 1 ? "the only plan" : `each of the ${rounds} plans`} that seemed possible; the last time: ${last}`,
    hint: () =>
      "write the plan by hand, starting from onnx-cp inspect; onnx-cp check --explain shows where a split ends",
  },
};
