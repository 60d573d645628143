"""HiDream: two streams, then one, with a text of its own for every block and experts that a gate weighs."""

from ..family import Family, Input

TOKENS = {"split_dim": 1, "expected_dims": 3}

FAMILY = Family(
    name="hidream",
    model="HiDreamImageTransformer2DModel",
    config=dict(
        patch_size=2,
        in_channels=4,
        out_channels=4,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=8,
        num_attention_heads=4,
        caption_channels=[12, 12],
        text_emb_dim=8,
        num_routed_experts=2,
        num_activated_experts=1,
        axes_dims_rope=(4, 2, 2),
        max_resolution=(16, 16),
        llama_layers=[0, 1],
        force_inference_output=True,
    ),
    inputs={
        "hidden_states": Input(("batch", "in_channels", 14, 10)),
        "timesteps": Input(("batch",), "integers", "int64", options={"high": 1000}),
        "encoder_hidden_states_t5": Input(("batch", "txt", 12)),
        "encoder_hidden_states_llama3": Input((2, "batch", "txt", 12)),
        "pooled_embeds": Input(("batch", "text_emb_dim")),
    },
    outputs=("sample",),
    lengths={"batch": 2, "txt": 13},
    dynamic=("txt",),
    patches=("hidream_all_experts", "hidream_rope"),
    plan={
        "": {"encoder_hidden_states_t5": TOKENS, "encoder_hidden_states_llama3": {"split_dim": 2, "expected_dims": 4}},
        "x_embedder": {"hidden_states": TOKENS},
        "final_layer": {"gather_dim": 1, "expected_dims": 3},
    },
)
