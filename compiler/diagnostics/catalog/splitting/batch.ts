/**
 * @file Diagnostics of the batch that ranks divide. Codes CP4030-4033.
 */
import { batchEntry, batchMembers, type InputAxis, listAxes } from "../../batch-axes.ts";
import type { Message } from "../../diagnose.ts";
import { addReserved } from "../../fixes.ts";

interface AtNode {
  readonly op: string;
  readonly node: string;
  readonly module: string;
}

const place = (p: AtNode): string =>
  `${p.op} in ${p.module === "" ? "the root module" : `"${p.module}"`} (node ${p.node})`;

export const batchFound: Message<{ degree: number; axes: readonly InputAxis[] }> = {
  code: "CP4030",
  severity: "note",
  title: "Batch found",
  message: (p) => `batch_degree ${p.degree} splits the batch of every attention, which comes from ${listAxes(p.axes)}`,
  hint: (p) => `to make this explicit in the plan, add ${batchEntry(p.axes)}`,
  fixes: (p) => [addReserved("$batch", batchMembers(p.axes))],
};

export const batchNotFound: Message<{ degree: number }> = {
  code: "CP4031",
  severity: "error",
  title: "No batch to split",
  message: (p) =>
    `batch_degree is ${p.degree}, but no attention of the model has a batch that comes from an input: there is no attention, or its batch is fixed at 1`,
  hint: () =>
    'export the model with a dynamic batch or with a batch of 2, or state the axes in the plan: "$batch": { "hidden_states": 0 }',
};

export const batchOfKeys: Message<AtNode & { value: string; layout: string; from: string }> = {
  code: "CP4033",
  severity: "error",
  title: "Split of the batch that divides keys",
  message: (p) =>
    `${place(p)} attends to all keys, but ${p.value} is split by keys (${p.layout}) by ${p.from}: the axis is not the batch here`,
  hint: () => 'state another axis in the plan, under "$batch"',
};

export const batchAmbiguous: Message<{ degree: number; candidates: readonly (readonly InputAxis[])[] }> = {
  code: "CP4032",
  severity: "error",
  title: "Batch that is not unique",
  message: (p) => {
    const said = p.candidates.map((places) => `(${listAxes(places)})`).join(" or ");
    return `batch_degree is ${p.degree}, but the attentions of the model do not agree on one batch axis per input: ${said}`;
  },
  hint: (p) => `state the axes in the plan, for example ${batchEntry(p.candidates[0] ?? [])}`,
  fixes: (p) => p.candidates.slice(0, 4).map((places) => addReserved("$batch", batchMembers(places))),
};
