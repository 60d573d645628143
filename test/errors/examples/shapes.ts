/**
 * @file Examples of given input sizes that the model cannot have. Codes CP2530-2539.
 */
import type { Diagnostic } from "../../../compiler/diagnostics/types.ts";
import { compileStages } from "../../../compiler/compile.ts";
import type { Example, Examples } from "../example.ts";
import { fluxPlan } from "../flux.ts";

const files = { "flux.plan.json": fluxPlan };

function shaped(means: string, shapes: string, model = "flux.onnx"): Example {
  return { means, files, command: `onnx-cp check flux.plan.json --model ${model} --ulysses-degree 2 ${shapes}` };
}

export const shapes: Examples = {
  CP2530: shaped("A size is given for an input by its name in the model.", "--shape hidden_state=1,96,16"),
  CP2531: shaped("An input has one size for each of its axes.", "--shape hidden_states=1,96"),
  CP2532: shaped(
    "The export fixed this size. For another size, export the model again.",
    "--shape hidden_states=1,97,16",
    "flux-static.onnx",
  ),
  CP2533: shaped(
    "Lengths with the same name are equal everywhere in the model.",
    "--shape hidden_states=1,96,16 --shape img_ids=95,3",
  ),
  CP2534: {
    means: "A shape is a list of integers.",
    files,
    command: `await compilePlan({ model: "flux.onnx", plan: "flux.plan.json", shapes: { hidden_states: [1, 96.5, 16] } });`,
    call: async (): Promise<readonly Diagnostic[]> => {
      const { diagnostics } = await compileStages({
        model: "flux.onnx",
        plan: "flux.plan.json",
        shapes: { hidden_states: [1, 96.5, 16] },
      });
      return diagnostics;
    },
  },
};
