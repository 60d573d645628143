import { definePlan } from "onnx-context-parallel";
const plan = definePlan({ proj_out: { gather_dim: 1 } });
