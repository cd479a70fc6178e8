"""The training of a reader: one plain loop, read from top to bottom.

The loss is that of Devlin et al. (2019, section 4.3): the cross-entropy of the answer's first and
last token over the context's tokens and the first one, which stands for no answer; and the same
over the windows of a question's contexts together (Clark and Gardner 2018, arXiv 1710.10723), as
answers are chosen. The learning rate stays level and goes down at the end (Hägele et al. 2024,
arXiv 2405.18392), so that a run can be made longer later; what is kept is a moving average of the
weights.
"""

from __future__ import annotations

import dataclasses
import json
import random
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import softplus
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from embeddings import SettingsError
from embeddings.runtimes.torch import TorchModel, data_folder, pad
from qa.evaluation.questions import Question
from qa.evaluation.reader_eval import evaluate_reader
from qa.reader.reader import Reader
from qa.reader.windows import WindowMaker
from qa.training import bfloat16
from qa.training.checkpoint import State, restore_checkpoint, save_checkpoint
from qa.training.examples import Group, Row, batches, examples, load_rows, one_pass
from qa.training.recipe import ReaderRecipe, check_names, digests

__all__ = ["train_reader"]

_SAVE_SECONDS = 300
_VALIDATE_STEPS = 2000
CHECKPOINT, RECORD, WEIGHTS = "checkpoint.pt", "training.json", "weights"


def train_reader(
    recipe: ReaderRecipe,
    *,
    start: Path,
    data: Mapping[str, Path],
    output: Path,
    validation: list[Question],
    say: Callable[[str], None],
) -> None:
    """Train a reader; called again after an interruption, go on from the last checkpoint.

    Args:
        recipe: how.
        start: a folder with a BERT model, with or without a span head, and its tokenizer.
        data: training rows by the name that the recipe gives a share for; under the name
            `negatives`, rows without an answer, see `mine_negatives`.
        output: a folder; `weights/` in it is a transformers folder, for `qa export reader`, and
            `training.json` the record.
        validation: questions that are read every 2,000 steps and at the end.
        say: takes a line of progress.

    Raises:
        SettingsError: data and recipe do not fit, or the checkpoint belongs to another recipe.
    """
    check_names(recipe, data)
    rows = {name: load_rows(file) for name, file in data.items()}
    data_sha256 = digests(data)

    torch.manual_seed(recipe.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    start = data_folder(str(start))
    tokenizer = AutoTokenizer.from_pretrained(start, use_fast=True, trust_remote_code=False)
    model = AutoModelForQuestionAnswering.from_pretrained(
        start,
        trust_remote_code=False,
        use_safetensors=True,
        dtype=torch.float32,
        attn_implementation=bfloat16.attention_on(device),
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    # What words mean was learnt from far more text than this: it stays.
    model.base_model.embeddings.requires_grad_(False)
    model.to(device).train()
    trained = {name: value for name, value in model.named_parameters() if value.requires_grad}
    groups: list[dict[str, Any]] = [
        {"params": [value for value in trained.values() if value.ndim > 1]},
        {"params": [value for value in trained.values() if value.ndim == 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(
        groups,
        betas=(0.9, 0.98),
        eps=1e-6,
    )
    averaged = {name: value.detach().clone() for name, value in trained.items()}
    maker = WindowMaker(
        tokenizer.backend_tokenizer,
        max_tokens=recipe.max_window_tokens,
        stride_tokens=recipe.stride_tokens,
    )
    output.mkdir(parents=True, exist_ok=True)
    state = State()
    parts = {"model": model, "optimizer": optimizer}
    made_with = {**_lasting(recipe), **data_sha256}
    scores = restore_checkpoint(output / CHECKPOINT, made_with, state, parts, averaged)
    losses: list[float] = []
    saved = began = time.monotonic()

    def save(*, validate: bool) -> None:
        nonlocal saved, began, scores
        with _weights_of(trained, averaged):
            model.save_pretrained(output / WEIGHTS)
            tokenizer.save_pretrained(output / WEIGHTS)
            if validate and validation:
                measured = _validate(model, tokenizer, recipe, validation)
                scores = {"step": float(state.step), **measured}
                for name, value in measured.items():
                    say(f"step {state.step}: {name} {value:.1f}")
        save_checkpoint(output / CHECKPOINT, made_with, state, parts, averaged, scores)
        record = {
            "recipe": dataclasses.asdict(recipe),
            "data_sha256": data_sha256,
            "versions": {name: version(name) for name in ("torch", "transformers", "tokenizers")},
            "device": device,
            **dataclasses.asdict(state),
            "scores": scores,
        }
        (output / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        saved = began = time.monotonic()

    with _interruptible() as interrupted, _workers(model, device) as set_gradients:
        for batch, of_pass in _stream(recipe, rows, maker, state):
            if state.step == recipe.steps or interrupted():
                break
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate_at(state.step)
            loss = set_gradients(batch)
            torch.nn.utils.clip_grad_norm_(trained.values(), 1.0)
            optimizer.step()
            # Early on the average follows quickly, so that the start does not linger in it.
            decay = min(recipe.average, (state.step + 1) / (state.step + 20))
            with torch.no_grad():
                torch._foreach_lerp_(list(averaged.values()), list(trained.values()), 1 - decay)
            losses.append(loss)
            state.count(batch, seconds=time.monotonic() - began)
            began = time.monotonic()
            if state.step % 100 == 0:
                say(
                    f"step {state.step} of {recipe.steps}, pass {state.passes}, batch "
                    f"{state.batch} of {of_pass}: loss {sum(losses) / len(losses):.3f}, "
                    f"{state.examples} examples in {state.seconds:.0f} s"
                )
                losses.clear()
            if state.step % _VALIDATE_STEPS == 0:
                save(validate=True)
            elif began - saved > _SAVE_SECONDS:
                save(validate=False)
    save(validate=state.step == recipe.steps)


def _stream(
    recipe: ReaderRecipe, rows: Mapping[str, list[Row]], maker: WindowMaker, state: State
) -> Iterator[tuple[list[Group], int]]:
    """Give batch after batch from where the training stands, and how many its pass has."""
    while True:
        rng = random.Random(f"{recipe.seed} {state.passes}")
        drawn = one_pass(recipe, rows, rows.get("negatives", []), rng)
        labelled = list(examples(drawn, maker, rng))
        grouped = batches(labelled, batch_tokens=recipe.batch_tokens, rng=rng)
        if not grouped:
            raise SettingsError("The data hold no rows to train on.")
        for batch in grouped[state.batch :]:
            yield batch, len(grouped)
        state.passes += 1
        state.batch = 0


@contextmanager
def _workers(model: Any, device: str) -> Iterator[Callable[[list[Group]], float]]:
    """Give a function that sets the gradients of a batch's mean loss, and returns the loss.

    On the CPU each core takes a part of the batch by itself: cores that share every operation
    wait for the slower one each time, the more so when something else runs beside.
    """
    half = bfloat16.is_fast_on(device)
    count = 1 if device == "cuda" else torch.get_num_threads()
    trained = [value for value in model.parameters() if value.requires_grad]

    def gradients(part: list[Group], weight: float) -> tuple[float, tuple[torch.Tensor, ...]]:
        with torch.autocast(device, dtype=torch.bfloat16, enabled=half):
            loss = _loss(model, part, device) * weight
        return loss.item(), torch.autograd.grad(loss, trained)

    with ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,)) as pool:

        def set_gradients(batch: list[Group]) -> float:
            parts = [part for first in range(count) if (part := batch[first::count])]
            weights = [len(part) / len(batch) for part in parts]
            losses, found = zip(*pool.map(gradients, parts, weights), strict=True)
            for value, of_parts in zip(trained, zip(*found, strict=True), strict=True):
                value.grad = torch.stack(of_parts).sum(0)
            return float(sum(losses))

        yield set_gradients


def _loss(model: Any, batch: list[Group], device: str) -> torch.Tensor:
    """Give the mean over the first and the last token of two losses.

    One is of each window by itself, so that its null means something where no window answers, the
    other of the windows of a question together, as answers are chosen. Where a question has one
    window they are equal.
    """
    sizes = [len(group) for group in batch]
    examples = [example for group in batch for example in group]
    inputs = pad([example.window.tokens for example in examples], 0)
    outputs = model(**{name: tensor.to(device) for name, tensor in inputs.items()})
    outside = torch.ones(inputs["input_ids"].shape, dtype=torch.bool)
    for row, example in enumerate(examples):
        inside = torch.from_numpy(example.window.in_context)
        outside[row, : len(inside)] = ~inside
    outside = outside.to(device)
    ends = (
        (outputs.start_logits, [example.first for example in examples]),
        (outputs.end_logits, [example.last for example in examples]),
    )
    total = torch.zeros((), device=device)
    for logits, places in ends:
        # Log odds against no answer, which is what windows have in common.
        odds = logits.float() - logits.float()[:, :1]
        wanted = odds.gather(1, torch.tensor(places, device=device)[:, None])[:, 0]
        all_odds = odds.masked_fill(outside, -1e4).logsumexp(1)
        alone = (softplus(all_odds) - wanted).mean()
        together = torch.stack([softplus(part.logsumexp(0)) for part in all_odds.split(sizes)])
        answers = torch.stack([part.sum() for part in wanted.split(sizes)])
        total = total + (alone + (together - answers).mean()) / 2
    return total / len(ends)


def _validate(
    model: Any, tokenizer: Any, recipe: ReaderRecipe, questions: list[Question]
) -> dict[str, float]:
    device = next(model.parameters()).device
    model.to("cpu")
    reader = Reader(
        TorchModel(model, pad_id=0),
        tokenizer.backend_tokenizer,
        name="trained",
        max_window_tokens=recipe.max_window_tokens,
        stride_tokens=recipe.stride_tokens,
    )
    evaluation = evaluate_reader(questions, reader)
    model.to(device).train()
    return {score.name: score.value for score in evaluation.scores}


@contextmanager
def _weights_of(
    trained: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]
) -> Iterator[None]:
    """Put other weights into the model for a while."""
    own = {name: value.detach().clone() for name, value in trained.items()}
    with torch.no_grad():
        for name, value in trained.items():
            value.copy_(other[name])
    try:
        yield
    finally:
        with torch.no_grad():
            for name, value in trained.items():
                value.copy_(own[name])


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C and SIGTERM end the loop after the batch, so that a checkpoint is written."""
    asked: list[int] = []
    before = {
        number: signal.signal(number, lambda got, _: asked.append(got))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _lasting(recipe: ReaderRecipe) -> dict[str, object]:
    """Give what must not change while a training lasts; its length and what is kept may."""
    free = ("steps", "decay_steps", "average")
    return {name: value for name, value in dataclasses.asdict(recipe).items() if name not in free}
