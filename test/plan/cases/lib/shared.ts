import type { ContextParallelInput } from "onnx-context-parallel";

export const tokens = { split_dim: 1, expected_dims: 3 } satisfies ContextParallelInput;
export const names: readonly string[] = ["hidden_states", "encoder_hidden_states"];
export function gather(dim: number, dims = 3) {
  return { gather_dim: dim, expected_dims: dims };
}
export { ids as positions } from "./more.ts";
export default { img_ids: { split_dim: 0 } } as const;
