"""Training of a reader with span, evidence and relevance heads.

The learning rate is constant and decreases to 0 at the end (Hägele et al. 2024, arXiv 2405.18392),
so that a run can be made longer later. The weights that are saved are a moving average.
"""

import dataclasses
import random
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch.optim.swa_utils import AveragedModel
from transformers import AutoModelForTokenClassification, AutoTokenizer

from embeddings import SettingsError
from embeddings.runtimes.torch import HEADS, TorchModel, data_folder, pad
from qa.evaluation.questions import Question
from qa.evaluation.reader_eval import evaluate_reader
from qa.reader.reader import Reader
from qa.reader.windows import WindowMaker
from qa.training import bfloat16
from qa.training.checkpoint import State, restore_checkpoint, save_checkpoint
from qa.training.examples import Example, batches, draw_rows, make_examples
from qa.training.losses import reader_loss
from qa.training.recipe import ReaderRecipe, check_names, digests, write_record
from qa.training.rows import Row, load_rows

_SAVE_SECONDS = 300
_VALIDATE_STEPS = 2000
_REPORT_STEPS = 25
CHECKPOINT, WEIGHTS = "checkpoint.pt", "weights"
_FREE = ("steps", "decay_steps", "average")
"""Settings that may change when a training continues."""
_RELEVANCE_START = -0.15
"""Factor of the span head's weights in the initial relevance weights: the negated null score."""


def train_reader(
    recipe: ReaderRecipe,
    *,
    start: Path,
    data: Mapping[str, Path],
    output: Path,
    validation: list[Question],
    say: Callable[[str], None],
) -> None:
    """Train a reader. After an interruption, the same call continues from the last checkpoint.

    Args:
        recipe: settings.
        start: a folder with a BERT model and its tokenizer. The heads are those of a reader or a
            question-answering model; of other models they start from random weights.
        data: files for `load_rows` by their names in the recipe; `negatives` is optional.
        output: receives the checkpoint, `weights/` (a transformers folder) and `training.json`.
        validation: questions that are read every 2,000 steps and at the end.
        say: called with lines of progress.
    """
    check_names(recipe, data)
    rows = {name: load_rows(file) for name, file in data.items()}
    data_sha256 = digests(data)

    torch.manual_seed(recipe.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    start = data_folder(str(start))
    tokenizer = AutoTokenizer.from_pretrained(start, use_fast=True, trust_remote_code=False)
    model = _open_model(start, device)
    trained = {name: value for name, value in model.named_parameters() if value.requires_grad}
    optimizer = _optimizer(trained, recipe)
    averaged: Any = _moving_average(model, recipe)
    maker = WindowMaker(
        tokenizer.backend_tokenizer,
        max_tokens=recipe.max_window_tokens,
        stride_tokens=recipe.stride_tokens,
    )
    output.mkdir(parents=True, exist_ok=True)
    state = State()
    parts = {"model": model, "averaged": averaged, "optimizer": optimizer, "state": state}
    fixed = {name: value for name, value in dataclasses.asdict(recipe).items() if name not in _FREE}
    made_with = {**fixed, **data_sha256}
    restore_checkpoint(output / CHECKPOINT, made_with, parts)
    losses: list[float] = []
    saved = began = time.monotonic()

    def save(*, validate: bool) -> None:
        nonlocal saved, began
        averaged.module.save_pretrained(output / WEIGHTS)
        tokenizer.save_pretrained(output / WEIGHTS)
        if validate and validation:
            measured = _validate(averaged.module, tokenizer, recipe, validation)
            state.scores = {"step": float(state.step), **measured}
            for name, value in measured.items():
                say(f"step {state.step}: {name} {value:.1f}")
        save_checkpoint(output / CHECKPOINT, made_with, parts)
        write_record(output, recipe, data_sha256, device=device, **state.state_dict())
        saved = began = time.monotonic()

    with _interruptible() as interrupted, _workers(model, recipe, device) as set_gradients:
        for batch, n_batches in _batches(recipe, rows, maker, state):
            if state.step == recipe.steps or interrupted():
                break
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * recipe.schedule(state.step)
            losses.append(set_gradients(batch))
            torch.nn.utils.clip_grad_norm_(trained.values(), 1.0)
            optimizer.step()
            averaged.update_parameters(model)
            state.count(len(batch), seconds=time.monotonic() - began)
            began = time.monotonic()
            if state.step % _REPORT_STEPS == 0:
                say(
                    f"step {state.step} of {recipe.steps}, pass {state.passes}, batch "
                    f"{state.batch} of {n_batches}: loss {sum(losses) / len(losses):.3f}, "
                    f"{state.examples} examples in {state.seconds:.0f} s"
                )
                losses.clear()
            if state.step % _VALIDATE_STEPS == 0:
                save(validate=True)
            elif began - saved > _SAVE_SECONDS:
                save(validate=False)
    save(validate=state.step == recipe.steps)


def _open_model(start: Path, device: str) -> Any:
    """Load a token classifier with all heads, without dropout and with frozen embeddings."""
    model, report = AutoModelForTokenClassification.from_pretrained(
        start,
        num_labels=len(HEADS),
        id2label=dict(enumerate(HEADS)),
        label2id={head: place for place, head in enumerate(HEADS)},
        trust_remote_code=False,
        use_safetensors=True,
        output_loading_info=True,
        dtype=torch.float32,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        classifier_dropout=0.0,
    )
    if any(name.startswith("classifier.") for name in report["missing_keys"]):
        _take_over_span_head(model, start)
    model.base_model.embeddings.requires_grad_(False)
    model.to(device).train()
    return model


def _take_over_span_head(model: Any, start: Path) -> None:
    """Initialise the heads from those of a question-answering model, if the folder has one."""
    weights: dict[str, torch.Tensor] = {}
    for file in start.glob("*.safetensors"):
        weights |= load_file(file)
    if "qa_outputs.weight" in weights:
        span = weights["qa_outputs.weight"].float()
        with torch.no_grad():
            model.classifier.weight.zero_()
            model.classifier.weight[:2] = span
            model.classifier.weight[3] = _RELEVANCE_START * span.sum(0)
            model.classifier.bias.zero_()
            model.classifier.bias[:2] = weights["qa_outputs.bias"].float()


def _optimizer(trained: Mapping[str, torch.nn.Parameter], recipe: ReaderRecipe) -> Any:
    """Return AdamW with a learning rate of its own for the heads, and no decay of vectors."""
    heads = [value for name, value in trained.items() if name.startswith("classifier.")]
    body = [value for name, value in trained.items() if not name.startswith("classifier.")]
    matrices = [value for value in body if value.ndim > 1]
    vectors = [value for value in body if value.ndim == 1]
    groups = [
        {"params": matrices, "weight_decay": 0.01, "peak": recipe.learning_rate},
        {"params": vectors, "weight_decay": 0.0, "peak": recipe.learning_rate},
        {"params": heads, "weight_decay": 0.0, "peak": recipe.head_learning_rate},
    ]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6)


def _moving_average(model: Any, recipe: ReaderRecipe) -> AveragedModel:
    """Return a moving average of the weights that adapts fast at first, to forget the start."""

    def update(averaged: Any, current: Any, step: Any) -> None:
        decay = min(recipe.average, (int(step) + 1) / (int(step) + 15))
        torch._foreach_lerp_(averaged, current, 1 - decay)

    return AveragedModel(model, multi_avg_fn=update)


def _batches(
    recipe: ReaderRecipe, rows: Mapping[str, list[Row]], maker: WindowMaker, state: State
) -> Iterator[tuple[list[Example], int]]:
    """Yield batches from the given state on, each with the number of batches of its pass."""
    while True:
        rng = random.Random(f"{recipe.seed} {state.passes}")
        drawn = draw_rows(recipe, rows, rows.get("negatives", []), rng)
        examples = list(make_examples(drawn, recipe, maker, rng))
        grouped = batches(examples, batch_tokens=recipe.batch_tokens, rng=rng)
        if not grouped:
            raise SettingsError("The data have no rows to train on.")
        for batch in grouped[state.batch :]:
            yield batch, len(grouped)
        state.passes += 1
        state.batch = 0


@contextmanager
def _workers(
    model: Any, recipe: ReaderRecipe, device: str
) -> Iterator[Callable[[list[Example]], float]]:
    """Yield a function that sets the gradients of a batch's mean loss and returns the loss.

    On the CPU each core computes a part of the batch: cores that share every operation wait for
    the slowest one each time.
    """
    half = bfloat16.is_fast_on(device)
    count = 1 if device == "cuda" else torch.get_num_threads()
    trained = [value for value in model.parameters() if value.requires_grad]

    def gradients(part: list[Example], total: int) -> tuple[float, tuple[torch.Tensor, ...]]:
        inputs = pad([example.window.tokens for example in part], 0)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=half):
            logits = model(**{name: value.to(device) for name, value in inputs.items()}).logits
        loss = reader_loss(logits, part, recipe) / total
        return loss.item(), torch.autograd.grad(loss, trained)

    with ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,)) as pool:

        def set_gradients(batch: list[Example]) -> float:
            parts = [part for first in range(count) if (part := batch[first::count])]
            found = list(pool.map(gradients, parts, [len(batch)] * len(parts)))
            by_value = zip(*(grads for _, grads in found), strict=True)
            for value, of_parts in zip(trained, by_value, strict=True):
                value.grad = torch.stack(of_parts).sum(0)
            return sum(loss for loss, _ in found)

        yield set_gradients


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
        reads_headings=True,
    )
    evaluation = evaluate_reader(questions, reader)
    model.to(device)
    return {score.name: score.value for score in evaluation.scores}


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C and SIGTERM end the training after the current batch, with a checkpoint."""
    received: list[int] = []
    before = {
        number: signal.signal(number, lambda got, _: received.append(got))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
