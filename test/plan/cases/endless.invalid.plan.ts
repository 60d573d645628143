import { definePlan } from "onnx-context-parallel";
const forever = (n: number): number => forever(n + 1);
const itself = { x: itself };
export default definePlan({ proj_out: { gather_dim: forever(0) } });
