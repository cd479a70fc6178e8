"""A BERT of two layers with random weights, and its tokenizer."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, PreTrainedModel, PreTrainedTokenizerFast

SIZES: dict[str, Any] = {
    "vocab_size": 30,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 40,
}


def letter_tokenizer() -> Tokenizer:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "query", ":", *"abcdefgh"]
    made = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, "[UNK]"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return made


def save_tokenizer(folder: Path, tokenizer: Tokenizer | None = None, **settings: Any) -> None:
    PreTrainedTokenizerFast(
        tokenizer_object=letter_tokenizer() if tokenizer is None else tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        **settings,
    ).save_pretrained(folder)


def save_bert(
    kind: type[PreTrainedModel], folder: Path, tokenizer: Tokenizer | None = None, **sizes: Any
) -> None:
    """Save a model of a class such as `BertModel`, with its tokenizer; `sizes` replace `SIZES`."""
    vocabulary = {} if tokenizer is None else {"vocab_size": tokenizer.get_vocab_size()}
    torch.manual_seed(0)
    kind(BertConfig(**(SIZES | vocabulary | sizes))).save_pretrained(folder)
    save_tokenizer(folder, tokenizer)
