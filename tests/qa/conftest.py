from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from embeddings import Tokens

WORDS = "the cat dog sat slept on mat roof who where did sleep mary london paris in went to"


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    """A WordPiece tokenizer like BERT's: a few words; other words are split into letters."""
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
    """A byte-level tokenizer like RoBERTa's, without merges; tokens keep their white space."""
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
    """Model that gives each token the logits of its id, regardless of context."""

    def __init__(self, start: NDArray[np.float32], end: NDArray[np.float32]) -> None:
        self.start, self.end = start, end
        self.lengths: list[int] = []

    def run(self, texts: Sequence[Tokens]) -> list[tuple[NDArray[np.float32], ...]]:
        assert all(text.input_ids.shape == text.type_ids.shape for text in texts)
        self.lengths += [len(text) for text in texts]
        return [(self.start[text.input_ids], self.end[text.input_ids]) for text in texts]


@pytest.fixture
def word_model(tokenizer: Tokenizer) -> Callable[[Mapping[str, float]], WordModel]:
    """Make a model whose start and end logits are those given for a word, else -10."""

    def make(logits: Mapping[str, float]) -> WordModel:
        table = np.full(tokenizer.get_vocab_size(), -10, dtype=np.float32)
        for word, logit in logits.items():
            table[tokenizer.token_to_id(word)] = logit
        return WordModel(table, table)

    return make
