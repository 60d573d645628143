import { definePlan } from "onnx-context-parallel";
import { axis } from "./imports-itself.invalid.plan.ts";

export default definePlan({ "": { hidden_states: { split_dim: axis } } });
