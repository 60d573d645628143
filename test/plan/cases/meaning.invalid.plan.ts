import { definePlan } from "onnx-context-parallel";
import { broken, ids } from "./lib/more.ts";
const spec = { split_dim: 3, expected_dims: 3 };
export default definePlan({
  "": { hidden_states: spec, img_ids: broken, txt_ids: ids },
  ...Object.fromEntries([0, 1].map((i) => [`blocks..${i}`, { hidden_states: { gather_dim: i } }])),
  proj_out: { gather_dim: (x: number) => x },
  norm: { gather_dims: 1 },
  list: [undefined, { gather_dim: 1 }],
});
