import { definePlan } from "onnx-context-parallel";
export default definePlan({ proj_out: { gather_dim: 1 }, {}, ); 
