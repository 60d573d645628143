import { definePlan } from "onnx-context-parallel";

const entries: Record<string, { gather_dim: number }> = {};
for (const name of ["proj_out"]) {
  entries[name] = { gather_dim: 1 };
}

export default definePlan(entries);
