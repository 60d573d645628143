/**
 * @file `flux.plan.json` as TypeScript: the same entries, with names for repeated parts. Read without being executed.
 */
import { definePlan } from "onnx-context-parallel";

/** Tokens are (batch, sequence, channels); ids have no batch. */
const tokens = { split_dim: 1, expected_dims: 3, split_output: false };
const ids = { split_dim: 0, expected_dims: 2, split_output: false };

export default definePlan({
  "": { hidden_states: tokens, encoder_hidden_states: tokens, img_ids: ids, txt_ids: ids },
  proj_out: { gather_dim: 1, expected_dims: 3 },
});
