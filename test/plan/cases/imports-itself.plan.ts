import { definePlan } from "onnx-context-parallel";
import { axis as own } from "./imports-itself.plan.ts";

export const axis = 1;
export default definePlan({ "": { hidden_states: { split_dim: own } } });
