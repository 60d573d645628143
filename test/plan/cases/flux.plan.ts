/** The plan of Flux, as a person would write it. */
import { definePlan } from "onnx-context-parallel";

export default definePlan({
  $model: "flux.onnx",
  "": {
    hidden_states: { split_dim: 1, expected_dims: 3 },
    encoder_hidden_states: { split_dim: 1, expected_dims: 3 },
    img_ids: { split_dim: 0, expected_dims: 2 },
    txt_ids: { split_dim: 0, expected_dims: 2 },
  },
  proj_out: { gather_dim: 1, expected_dims: 3 },
});
