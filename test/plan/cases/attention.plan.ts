import { definePlan } from "onnx-context-parallel";

const alternate = Array.from({ length: 4 }, (_, i) => [`blocks.${i}.attn`, i % 2 === 0 ? "gather" : "ulysses"] as const);

export default definePlan({
  $attention: Object.fromEntries(alternate),
  proj_out: { gather_dim: 1 },
});
