"""Language models of transformers: encoders, and decoders without a cache."""

from __future__ import annotations

from ..family import Family, Input
from .shorthand import EAGER, MASK, ids

_ENCODER = dict(
    vocab_size=40,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=48,
    max_position_embeddings=40,
)
_DECODER = dict(_ENCODER, num_key_value_heads=2, use_cache=False, pad_token_id=0, bos_token_id=1, eos_token_id=2)
_LENGTHS = {"batch": 2, "txt": 13}
_OPEN = ("batch", "txt")
_INPUTS = {"input_ids": ids("vocab_size"), "attention_mask": MASK}


def _encoder(name: str, model: str, **config: object) -> Family:
    return Family(
        name=name,
        model=f"transformers.{model}",
        config={**_ENCODER, **config},
        inputs=_INPUTS,
        outputs=("last_hidden_state",),
        lengths=_LENGTHS,
        dynamic=_OPEN,
    )


def _decoder(name: str, model: str, **config: object) -> Family:
    return Family(
        name=name,
        model=f"transformers.{model}",
        config={**_DECODER, **config},
        inputs=_INPUTS,
        outputs=("logits",),
        lengths=_LENGTHS,
        dynamic=_OPEN,
    )


FAMILIES = (
    _encoder("bert", "BertModel"),
    _encoder("bert_eager", "BertModel", **EAGER),
    _encoder("roberta", "RobertaModel", pad_token_id=1),
    _encoder("xlm_roberta", "XLMRobertaModel", pad_token_id=1),
    _encoder("distilbert", "DistilBertModel", dim=32, n_layers=2, n_heads=4, hidden_dim=48),
    _encoder("mpnet", "MPNetModel", **EAGER),
    _encoder("albert", "AlbertModel", embedding_size=16),
    _encoder("electra", "ElectraModel", embedding_size=16),
    _encoder("deberta_v2", "DebertaV2Model", relative_attention=True, position_buckets=8, pos_att_type=["p2c", "c2p"], **EAGER),
    _encoder("modernbert", "ModernBertModel", pad_token_id=0, global_attn_every_n_layers=2, local_attention=8),
    _encoder("t5_encoder", "T5EncoderModel", d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4),
    _encoder("umt5_encoder", "UMT5EncoderModel", d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4),
    _encoder("clip_text", "CLIPTextModel", eos_token_id=2),
    _encoder("siglip_text", "SiglipTextModel", projection_size=32),
    _decoder("gpt2", "GPT2LMHeadModel", n_embd=32, n_layer=2, n_head=4, n_positions=40),
    _decoder("gpt_neox", "GPTNeoXForCausalLM", rotary_pct=0.5),
    _decoder("gptj", "GPTJForCausalLM", n_embd=32, n_layer=2, n_head=4, n_positions=40, rotary_dim=4),
    _decoder("opt", "OPTForCausalLM", ffn_dim=48, word_embed_proj_dim=32),
    _decoder("bloom", "BloomForCausalLM", n_layer=2, n_head=4, **EAGER),
    _decoder("phi", "PhiForCausalLM", partial_rotary_factor=0.5),
    _decoder("phi3", "Phi3ForCausalLM"),
    _decoder("llama", "LlamaForCausalLM"),
    _decoder("llama_eager", "LlamaForCausalLM", **EAGER),
    _decoder("mistral", "MistralForCausalLM", sliding_window=8, head_dim=8),
    _decoder("qwen2", "Qwen2ForCausalLM"),
    _decoder("qwen3", "Qwen3ForCausalLM", head_dim=8),
    _decoder("gemma2", "Gemma2ForCausalLM", head_dim=8, query_pre_attn_scalar=8, sliding_window=8, **EAGER),
    _decoder("olmo2", "Olmo2ForCausalLM"),
    _decoder("smollm3", "SmolLM3ForCausalLM"),
    _decoder("mpt", "MptForCausalLM", d_model=32, n_heads=4, n_layers=2, max_seq_len=40, **EAGER),
)
