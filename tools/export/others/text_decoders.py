"""More decoders of texts without a cache: heads of keys in common, linear biases, windows, experts, recurrences."""

from __future__ import annotations

from ..family import Family
from .shorthand import EAGER, MASK, ids

_DECODER = dict(
    vocab_size=40,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    intermediate_size=48,
    max_position_embeddings=40,
    use_cache=False,
    pad_token_id=0,
    bos_token_id=1,
    eos_token_id=2,
)
_OPEN = ("batch", "txt")


def _decoder(name: str, model: str, **config: object) -> Family:
    return Family(
        name=name,
        model=f"transformers.{model}",
        config={**_DECODER, **config},
        inputs={"input_ids": ids("vocab_size"), "attention_mask": MASK},
        outputs=("logits",),
        lengths={"batch": 2, "txt": 13},
        dynamic=_OPEN,
    )


FAMILIES = (
    _decoder(
        "falcon",
        "FalconForCausalLM",
        new_decoder_architecture=False,
        multi_query=True,
        alibi=False,
        parallel_attn=True,
    ),
    _decoder("starcoder2", "Starcoder2ForCausalLM"),
    _decoder("granite", "GraniteForCausalLM"),
    _decoder("cohere", "CohereForCausalLM"),
    _decoder("cohere2", "Cohere2ForCausalLM", sliding_window=8),
    _decoder("gemma", "GemmaForCausalLM", head_dim=8),
    _decoder(
        "gemma3",
        "Gemma3ForCausalLM",
        head_dim=8,
        query_pre_attn_scalar=8,
        sliding_window=8,
        layer_types=["sliding_attention", "full_attention"],
    ),
    _decoder("gpt_bigcode", "GPTBigCodeForCausalLM", n_embd=32, n_layer=2, n_head=4, n_positions=40),
    _decoder(
        "codegen",
        "CodeGenForCausalLM",
        n_embd=32,
        n_layer=2,
        n_head=4,
        n_positions=40,
        n_ctx=40,
        rotary_dim=4,
        **EAGER,
    ),
    _decoder("persimmon", "PersimmonForCausalLM", partial_rotary_factor=0.5),
    _decoder("stablelm", "StableLmForCausalLM", partial_rotary_factor=0.5),
    _decoder("nemotron", "NemotronForCausalLM", partial_rotary_factor=0.5),
    _decoder("glm4", "Glm4ForCausalLM", head_dim=8, partial_rotary_factor=0.5),
    _decoder("olmo", "OlmoForCausalLM"),
    _decoder("helium", "HeliumForCausalLM", head_dim=8),
    _decoder("exaone4", "Exaone4ForCausalLM", sliding_window=8, layer_types=["sliding_attention", "full_attention"]),
    _decoder("arcee", "ArceeForCausalLM"),
    _decoder("ernie45", "Ernie4_5ForCausalLM", head_dim=8),
    _decoder("diffllama", "DiffLlamaForCausalLM", head_dim=8, **EAGER),
    _decoder(
        "deepseek_v3",
        "DeepseekV3ForCausalLM",
        num_key_value_heads=4,
        q_lora_rank=16,
        kv_lora_rank=8,
        qk_rope_head_dim=4,
        qk_nope_head_dim=4,
        v_head_dim=8,
        first_k_dense_replace=2,
    ),
    _decoder("biogpt", "BioGptForCausalLM"),
    _decoder("xglm", "XGLMForCausalLM", d_model=32, num_layers=2, attention_heads=4, ffn_dim=48),
    _decoder("ctrl", "CTRLLMHeadModel", n_embd=32, n_layer=2, n_head=4, n_positions=40, dff=48, **EAGER),
    _decoder("seed_oss", "SeedOssForCausalLM", head_dim=8),
    _decoder("nanochat", "NanoChatForCausalLM", head_dim=8),
    _decoder("lfm2", "Lfm2ForCausalLM", layer_types=["conv", "full_attention"], block_ff_dim=48, block_multiple_of=8),
)
