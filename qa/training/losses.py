"""Loss of a reader with all heads: span, evidence and relevance."""

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax

from qa.training.examples import Example
from qa.training.recipe import ReaderRecipe

_MASKED = -1e4


def reader_loss(
    logits: torch.Tensor, examples: Sequence[Example], recipe: ReaderRecipe
) -> torch.Tensor:
    """Add the losses of several examples.

    loss = span + `evidence_weight` * evidence + `relevance_weight` * relevance, with

    - span: mean of the cross-entropies of first and last token over the passage and the first token
      of the window, which stands for "no short answer" (Devlin et al. 2019, section 4.3), times the
      example's `span_weight`;
    - evidence: mean binary cross-entropy of the window's sentences. A sentence's logit is the mean
      over its tokens, as in `sentence_logits`;
    - relevance: binary cross-entropy of the relevance logit at the first token.

    `logits` have the shape (examples, tokens, 4), in the order of `HEADS`; padding is ignored.
    """
    logits = logits.float()
    total = torch.zeros((), device=logits.device)
    for row, example in zip(logits, examples, strict=True):
        own = row[: len(example)]
        inside = example.window.in_context & (np.diff(example.window.offsets)[:, 0] > 0)
        inside[0] = True
        outside = torch.from_numpy(~inside).to(own.device)
        for place, target in enumerate((example.starts, example.ends)):
            log_probabilities = log_softmax(own[:, place].masked_fill(outside, _MASKED), 0)
            wanted = torch.from_numpy(target).to(own.device)
            total = total - example.span_weight / 2 * (wanted * log_probabilities).sum()
        if len(example.evidence):
            means = torch.stack(
                [
                    own[torch.from_numpy(example.sentence_of == number), 2].mean()
                    for number in range(len(example.evidence))
                ]
            )
            wanted = torch.from_numpy(example.evidence).to(own.device)
            loss = binary_cross_entropy_with_logits(means, wanted)
            total = total + recipe.evidence_weight * loss
        wanted = torch.tensor(example.relevance, device=own.device)
        loss = binary_cross_entropy_with_logits(own[0, 3], wanted)
        total = total + recipe.relevance_weight * loss
    return total
