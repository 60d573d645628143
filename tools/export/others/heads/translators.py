"""Models of an encoder and a decoder, whole: both sequences are inputs."""

from __future__ import annotations

from ...family import Family, Input
from ..shorthand import EAGER, MASK, ids

_BART = dict(
    vocab_size=40,
    d_model=32,
    encoder_layers=2,
    encoder_attention_heads=4,
    encoder_ffn_dim=48,
    decoder_layers=2,
    decoder_attention_heads=4,
    decoder_ffn_dim=48,
    max_position_embeddings=40,
    pad_token_id=1,
    bos_token_id=0,
    eos_token_id=2,
    decoder_start_token_id=2,
    use_cache=False,
)
_T5 = dict(
    vocab_size=40,
    d_model=32,
    d_kv=8,
    d_ff=48,
    num_layers=2,
    num_decoder_layers=2,
    num_heads=4,
    relative_attention_num_buckets=8,
    relative_attention_max_distance=16,
    pad_token_id=0,
    decoder_start_token_id=0,
    use_cache=False,
)
_TARGET = Input(("batch", "out"), "integers", "int64", options={"low": 3, "high": 40})
_TEXTS = {"input_ids": ids("vocab_size"), "attention_mask": MASK, "decoder_input_ids": _TARGET}
_OPEN = ("batch", "txt", "out")


def _translator(
    name: str,
    model: str,
    base: dict[str, object] = _BART,
    inputs: dict[str, Input] | None = None,
    dynamic: tuple[str, ...] = _OPEN,
    output: str = "logits",
    **config: object,
) -> Family:
    return Family(
        name=name,
        model=f"transformers.{model}",
        config={**base, **config},
        inputs=inputs or _TEXTS,
        outputs=(output,),
        lengths={"batch": 2, "txt": 13, "out": 9},
        dynamic=dynamic,
    )


FAMILIES = (
    _translator("bart", "BartForConditionalGeneration"),
    _translator("bart_eager", "BartForConditionalGeneration", **EAGER),
    _translator("mbart", "MBartForConditionalGeneration"),
    _translator("marian", "MarianMTModel"),
    _translator("pegasus", "PegasusForConditionalGeneration"),
    _translator("m2m_100", "M2M100ForConditionalGeneration"),
    _translator("t5", "T5ForConditionalGeneration", _T5),
    _translator("mt5", "MT5ForConditionalGeneration", _T5),
    _translator(
        "bart_classes",
        "BartForCausalLM",
        inputs={"input_ids": ids("vocab_size"), "attention_mask": MASK},
        dynamic=("batch", "txt"),
    ),
    _translator(
        "whisper",
        "WhisperForConditionalGeneration",
        dict(_BART, num_mel_bins=8, max_source_positions=35, max_target_positions=40),
        inputs={"input_features": Input(("batch", 8, 70)), "decoder_input_ids": _TARGET},
        dynamic=("batch", "out"),
    ),
    _translator(
        "speech2text",
        "Speech2TextForConditionalGeneration",
        dict(
            _BART,
            input_feat_per_channel=8,
            input_channels=1,
            conv_channels=16,
            max_source_positions=40,
            max_target_positions=40,
        ),
        inputs={"input_features": Input(("batch", 64, 8)), "decoder_input_ids": _TARGET},
        dynamic=("batch", "out"),
    ),
    _translator(
        "trocr",
        "TrOCRForCausalLM",
        dict(_BART, is_decoder=True, add_cross_attention=False),
        inputs={"input_ids": ids("vocab_size"), "attention_mask": MASK},
        dynamic=("batch", "txt"),
        **EAGER,
    ),
)
