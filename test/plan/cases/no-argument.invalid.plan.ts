import { definePlan } from "onnx-context-parallel";
export default definePlan();
