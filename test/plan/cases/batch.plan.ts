import { definePlan } from "onnx-context-parallel";

const batched = ["hidden_states", "timestep"];

export default definePlan({
  $batch: Object.fromEntries(batched.map((name) => [name, 0])),
});
