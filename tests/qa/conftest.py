from collections.abc import Callable, Mapping

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

WORDS = "the cat dog sat slept on mat roof who where did sleep mary london paris in went to"


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    """A WordPiece tokenizer as BERT's: some words, and every other one letter by letter."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *".,?!-'[]", *WORDS.split(), *letters]
    tokens += [f"##{letter}" for letter in letters]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    made.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    return made


@pytest.fixture(scope="session")
def byte_tokenizer() -> Tokenizer:
    """A byte-level tokenizer as RoBERTa's, without merges, whose tokens keep their white space."""
    special = ["<s>", "<pad>", "</s>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    letters = "abcdefghijklmnopqrstuvwxyz"
    vocabulary = [*special, *alphabet, *(f"Ġ{letter}" for letter in letters)]
    numbered = {token: number for number, token in enumerate(vocabulary)}
    made = Tokenizer(models.BPE(numbered, [("Ġ", letter) for letter in letters]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    made.add_special_tokens(special)
    return made


class WordModel:
    """Gives each token the logits of its own id, whatever stands around it."""

    def __init__(self, start: NDArray[np.float32], end: NDArray[np.float32]) -> None:
        self.start, self.end = start, end
        self.batches: list[tuple[int, int]] = []

    def run(
        self,
        input_ids: NDArray[np.int64],
        attention_mask: NDArray[np.int64],
        token_type_ids: NDArray[np.int64],
    ) -> tuple[NDArray[np.float32], ...]:
        assert input_ids.shape == attention_mask.shape == token_type_ids.shape
        self.batches.append(input_ids.shape)
        # Padding is given the highest logits of all: whoever looks at it is found out.
        padding = np.where(attention_mask == 0, np.float32(1000), np.float32(0))
        return self.start[input_ids] + padding, self.end[input_ids] + padding


@pytest.fixture
def word_model(tokenizer: Tokenizer) -> Callable[[Mapping[str, float]], WordModel]:
    """Make a model whose start and end logits are those given for a word, else -10."""

    def make(logits: Mapping[str, float]) -> WordModel:
        table = np.full(tokenizer.get_vocab_size(), -10, dtype=np.float32)
        for word, logit in logits.items():
            table[tokenizer.token_to_id(word)] = logit
        return WordModel(table, table)

    return make
