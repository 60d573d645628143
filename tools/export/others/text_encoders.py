"""More encoders of texts: relative positions of several kinds, biases, factors of attention, encoders of translators."""

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
_TRANSLATOR = dict(
    vocab_size=40,
    d_model=32,
    encoder_layers=2,
    encoder_attention_heads=4,
    encoder_ffn_dim=48,
    decoder_layers=1,
    decoder_attention_heads=4,
    decoder_ffn_dim=48,
    max_position_embeddings=40,
    pad_token_id=1,
    bos_token_id=0,
    eos_token_id=2,
    decoder_start_token_id=2,
)
_INPUTS = {"input_ids": ids("vocab_size"), "attention_mask": MASK}
_OPEN = ("batch", "txt")


def _encoder(name: str, model: str, length: int = 13, dynamic: tuple[str, ...] = _OPEN, **config: object) -> Family:
    return Family(
        name=name,
        model=f"transformers.{model}",
        config={**_ENCODER, **config},
        inputs=_INPUTS,
        outputs=("last_hidden_state",),
        lengths={"batch": 2, "txt": length},
        dynamic=dynamic,
    )


def _translator(name: str, model: str, **config: object) -> Family:
    module = name.removesuffix("_encoder")
    return Family(
        name=name,
        model=f"transformers.models.{module}.modeling_{module}.{model}",
        config={**_TRANSLATOR, **config},
        inputs=_INPUTS,
        outputs=("last_hidden_state",),
        lengths={"batch": 2, "txt": 13},
        dynamic=_OPEN,
    )


FAMILIES = (
    _encoder(
        "deberta",
        "DebertaModel",
        relative_attention=True,
        max_relative_positions=16,
        pos_att_type=["c2p", "p2c"],
        **EAGER,
    ),
    _encoder("deberta_plain", "DebertaV2Model", relative_attention=False, position_biased_input=True, **EAGER),
    Family(
        name="xlnet",
        model="transformers.XLNetModel",
        config=dict(vocab_size=40, d_model=32, n_layer=2, n_head=4, d_inner=48, mem_len=None, **EAGER),
        inputs=_INPUTS,
        outputs=("last_hidden_state",),
        lengths={"batch": 2, "txt": 13},
        dynamic=_OPEN,
    ),
    Family(
        name="funnel",
        model="transformers.FunnelBaseModel",
        config=dict(
            vocab_size=40,
            d_model=32,
            n_head=4,
            d_head=8,
            d_inner=48,
            block_sizes=[1, 1],
            num_decoder_layers=1,
            **EAGER,
        ),
        inputs=_INPUTS,
        outputs=("last_hidden_state",),
        lengths={"batch": 2, "txt": 13},
        dynamic=(),
    ),
    _encoder("big_bird", "BigBirdModel", attention_type="original_full", **EAGER),
    _encoder("megatron_bert", "MegatronBertModel", **EAGER),
    _encoder("ernie", "ErnieModel"),
    _encoder("convbert", "ConvBertModel", embedding_size=32, head_ratio=2, conv_kernel_size=3, **EAGER),
    _encoder("squeezebert", "SqueezeBertModel", embedding_size=32, **EAGER),
    _encoder("ibert", "IBertModel", pad_token_id=1, **EAGER),
    _encoder("nomic_bert", "NomicBertModel"),
    _encoder("eurobert", "EuroBertModel", num_key_value_heads=2, pad_token_id=0, bos_token_id=1, eos_token_id=2),
    _encoder("splinter", "SplinterModel", **EAGER),
    _encoder("roformer", "RoFormerModel", **EAGER),
    _encoder("rembert", "RemBertModel", input_embedding_size=16, output_embedding_size=16, **EAGER),
    _encoder(
        "mobilebert",
        "MobileBertModel",
        embedding_size=16,
        intra_bottleneck_size=16,
        num_feedforward_networks=2,
        **EAGER,
    ),
    _encoder("camembert", "CamembertModel", pad_token_id=1),
    _encoder("roberta_prelayernorm", "RobertaPreLayerNormModel", pad_token_id=1),
    _encoder("xmod", "XmodModel", pad_token_id=1, languages=["en_XX"], default_language="en_XX", **EAGER),
    _encoder("flaubert", "FlaubertModel", emb_dim=32, n_layers=2, n_heads=4, pad_index=0, n_words=40, **EAGER),
    _encoder("esm", "EsmModel", pad_token_id=1, mask_token_id=3, position_embedding_type="rotary"),
    _encoder("data2vec_text", "Data2VecTextModel", pad_token_id=1),
    _encoder("yoso", "YosoModel", use_expectation=True, **EAGER),
    _encoder(
        "canine",
        "CanineModel",
        length=24,
        dynamic=(),
        downsampling_rate=4,
        local_transformer_stride=8,
        num_hash_buckets=64,
        **EAGER,
    ),
    _encoder("layoutlm", "LayoutLMModel", max_2d_position_embeddings=16),
    _encoder(
        "gpt_neo",
        "GPTNeoModel",
        num_layers=2,
        num_heads=4,
        attention_types=[[["global", "local"], 1]],
        window_size=8,
        use_cache=False,
    ),
    _encoder("openai_gpt", "OpenAIGPTModel", n_embd=32, n_layer=2, n_head=4, n_positions=40, **EAGER),
    _translator("bart_encoder", "BartEncoder"),
    _translator("pegasus_encoder", "PegasusEncoder"),
    _translator("marian_encoder", "MarianEncoder"),
    _translator("mbart_encoder", "MBartEncoder"),
    _translator("m2m_100_encoder", "M2M100Encoder"),
    _translator("blenderbot_encoder", "BlenderbotEncoder"),
    _translator(
        "longt5_encoder",
        "LongT5Stack",
        d_kv=8,
        d_ff=48,
        num_layers=2,
        num_heads=4,
        local_radius=4,
        encoder_attention_type="local",
    ),
    Family(
        name="perceiver",
        model="transformers.PerceiverModel",
        config=dict(
            num_latents=6,
            d_latents=16,
            d_model=12,
            num_blocks=1,
            num_self_attends_per_block=2,
            num_self_attention_heads=4,
            num_cross_attention_heads=4,
            qk_channels=16,
            v_channels=16,
        ),
        inputs={"inputs": Input(("batch", "txt", 12)), "attention_mask": MASK},
        outputs=("last_hidden_state",),
        lengths={"batch": 2, "txt": 13},
        dynamic=_OPEN,
    ),
)
