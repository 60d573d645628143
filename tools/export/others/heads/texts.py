"""Heads over models of texts: one class for all of it, one for each token, the ends of a span, the pooled last token."""

from __future__ import annotations

from ...family import Family, Input
from ..shorthand import EAGER, MASK, ids

_ENCODER = dict(
    vocab_size=40,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    intermediate_size=48,
    max_position_embeddings=40,
)
_DECODER = dict(
    **_ENCODER,
    num_key_value_heads=2,
    use_cache=False,
    pad_token_id=0,
    bos_token_id=1,
    eos_token_id=2,
)
_GPT = dict(vocab_size=40, n_embd=32, n_layer=2, n_head=4, n_positions=40, use_cache=False, pad_token_id=0)
_LOGITS = ("logits",)
_SPAN = ("start_logits", "end_logits")
_OPEN = ("batch", "txt")


def _head(
    name: str,
    model: str,
    outputs: tuple[str, ...] = _LOGITS,
    base: dict[str, object] = _ENCODER,
    inputs: dict[str, Input] | None = None,
    length: int = 13,
    dynamic: tuple[str, ...] = _OPEN,
    **config: object,
) -> Family:
    return Family(
        name=name,
        model=f"transformers.{model}",
        config={**base, **config},
        inputs=inputs or {"input_ids": ids("vocab_size"), "attention_mask": MASK},
        outputs=outputs,
        lengths={"batch": 2, "txt": length},
        dynamic=dynamic,
    )


_CHOICES = {
    "input_ids": Input(("batch", 3, "txt"), "integers", "int64", options={"high": 40}),
    "attention_mask": Input(("batch", 3, "txt"), "integers", "int64", options={"low": 1, "high": 2}),
}

FAMILIES = (
    _head("bert_classes", "BertForSequenceClassification"),
    _head("bert_span", "BertForQuestionAnswering", _SPAN),
    _head("bert_tokens", "BertForTokenClassification"),
    _head("bert_choices", "BertForMultipleChoice", inputs=_CHOICES),
    _head("bert_masked", "BertForMaskedLM"),
    _head("bert_decoder", "BertLMHeadModel", is_decoder=True, use_cache=False),
    _head("roberta_classes", "RobertaForSequenceClassification", pad_token_id=1),
    _head("distilbert_span", "DistilBertForQuestionAnswering", _SPAN, dim=32, n_layers=2, n_heads=4, hidden_dim=48),
    _head("distilbert_classes", "DistilBertForSequenceClassification", dim=32, n_layers=2, n_heads=4, hidden_dim=48),
    _head("albert_classes", "AlbertForSequenceClassification", embedding_size=16),
    _head("electra_tokens", "ElectraForTokenClassification", embedding_size=16),
    _head("mpnet_classes", "MPNetForSequenceClassification", pad_token_id=1),
    _head(
        "modernbert_classes",
        "ModernBertForSequenceClassification",
        classifier_pooling="mean",
        local_attention=8,
        pad_token_id=0,
    ),
    _head("deberta_v2_classes", "DebertaV2ForSequenceClassification", **EAGER),
    _head(
        "mobilebert", "MobileBertModel", ("last_hidden_state",), embedding_size=16, intra_bottleneck_size=16, **EAGER
    ),
    _head("luke", "LukeModel", ("last_hidden_state",), entity_vocab_size=10, entity_emb_size=16, pad_token_id=1),
    _head(
        "lilt",
        "LiltModel",
        ("last_hidden_state",),
        channel_shrink_ratio=2,
        max_2d_position_embeddings=16,
        pad_token_id=1,
        hidden_size=48,
        **EAGER,
    ),
    _head(
        "reformer",
        "ReformerModel",
        ("last_hidden_state",),
        base=dict(
            vocab_size=40,
            hidden_size=32,
            num_attention_heads=4,
            attention_head_size=8,
            feed_forward_size=48,
            attn_layers=["local"],
            axial_pos_embds=False,
            max_position_embeddings=40,
            local_attn_chunk_length=4,
            is_decoder=False,
        ),
        length=12,
        dynamic=("batch",),
        **EAGER,
    ),
    _head(
        "canine",
        "CanineModel",
        ("last_hidden_state",),
        local_transformer_stride=16,
        downsampling_rate=4,
        length=32,
        dynamic=("batch",),
        num_hash_buckets=50,
        **EAGER,
    ),
    _head("roc_bert", "RoCBertModel", ("last_hidden_state",), enable_pronunciation=False, enable_shape=False, **EAGER),
    _head(
        "tapas",
        "TapasModel",
        ("last_hidden_state",),
        inputs={
            "input_ids": ids("vocab_size"),
            "attention_mask": MASK,
            "token_type_ids": Input(("batch", "txt", 7), "integers", "int64", options={"high": 2}),
        },
        max_position_embeddings=64,
        type_vocab_sizes=[3, 4, 4, 2, 4, 4, 4],
        **EAGER,
    ),
    _head(
        "bros",
        "BrosModel",
        ("last_hidden_state",),
        inputs={"input_ids": ids("vocab_size"), "attention_mask": MASK, "bbox": Input(("batch", "txt", 4), "uniform")},
        dim_bbox=4,
        bbox_scale=10.0,
        **EAGER,
    ),
    _head("gpt2_classes", "GPT2ForSequenceClassification", base=_GPT),
    _head("gpt2_tokens", "GPT2ForTokenClassification", base=_GPT),
    _head("gpt2_span", "GPT2ForQuestionAnswering", _SPAN, base=_GPT),
    _head("llama_classes", "LlamaForSequenceClassification", base=_DECODER),
    _head("mistral_tokens", "MistralForTokenClassification", base=_DECODER, sliding_window=8),
    _head("qwen3_classes", "Qwen3ForSequenceClassification", base=_DECODER, head_dim=8),
    _head("opt_classes", "OPTForSequenceClassification", base=_DECODER, ffn_dim=48, word_embed_proj_dim=32),
    _head(
        "bloom_tokens",
        "BloomForTokenClassification",
        base=dict(vocab_size=40, hidden_size=32, n_layer=2, n_head=4, use_cache=False),
    ),
    _head(
        "gpt_neo",
        "GPTNeoForCausalLM",
        base=dict(
            _GPT,
            hidden_size=32,
            num_layers=2,
            num_heads=4,
            attention_types=[[["global", "local"], 1]],
            window_size=8,
            max_position_embeddings=40,
            intermediate_size=48,
        ),
        **EAGER,
    ),
    _head("glm", "GlmForCausalLM", base=_DECODER, head_dim=8, partial_rotary_factor=0.5),
    _head("apertus", "ApertusForCausalLM", base=_DECODER),
    _head("bitnet", "BitNetForCausalLM", base=_DECODER),
)
