import { definePlan } from "onnx-context-parallel";
const double = (list: readonly unknown[], n: number): readonly unknown[] =>
  n === 0 ? list : double([...list, ...list], n - 1);
export default definePlan({ proj_out: [...double([{ gather_dim: 1 }], 60)] });
