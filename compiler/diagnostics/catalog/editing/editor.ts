/**
 * @file What only an editor says: which model a plan is for, and that a check could not be finished. Codes CP7600-7699.
 */
import { addMember } from "../../fixes.ts";
import type { Catalog, NoParams } from "../catalog.ts";

export const editorMessages: Catalog<{
  noModel: { near: readonly string[] };
  stopped: { problem: string };
  proving: NoParams;
}> = {
  noModel: {
    code: "CP7601",
    severity: "note",
    title: "Plan without a model in an editor",
    message: () => "no model is named, so only the form of the plan is checked",
    hint: ({ near }) =>
      `name it in the plan: "$model": ${JSON.stringify(near[0] ?? "model.onnx")}, or in the setting onnxContextParallel.model`,
    fixes: ({ near }) => near.slice(0, 4).map((file) => addMember("$model", file)),
  },
  proving: {
    code: "CP7603",
    severity: "note",
    title: "Proof in progress",
    message: () => "all names of the plan are found; the proof that the result is the same is still running",
  },
  stopped: {
    code: "CP7602",
    severity: "error",
    title: "Check that was not finished",
    message: ({ problem }) => `the check of this plan ended early: ${problem}`,
    hint: () => "onnx-cp check with the same plan shows the problem in full; the next change here starts another check",
  },
};
