import { definePlan, compilePlan } from "onnx-context-parallel";
import { nothing } from "./lib/missing.ts";
import data from "./lib/data.json";
import { gathr } from "./lib/shared.ts";
import { a } from "./lib/circle-a.ts";
import { loop } from "./lib/circle-a.ts";
import none from "./lib/more.ts";
export default definePlan({ proj_out: { gather_dim: a, expected_dims: loop, value: compilePlan } });
