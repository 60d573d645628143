import { definePlan } from "onnx-context-parallel";
const base = { proj_out: { gather_dim: 2 } };
export default definePlan({ ...base, proj_out: { gather_dim: 1 }, "proj_out": { gather_dim: 1 } });
