"""The training of an encoder by sentence-transformers, from questions and the chunks that answer.

A question is to be nearer to its own chunk than to those of the other questions in the batch and to
hard negatives (Karpukhin et al. 2020, section 3.2). What is kept lies between the starting weights
and the trained ones: Wortsman et al. (2022, arXiv 2109.01903) show that this keeps what the start
could do on other texts.
"""

from __future__ import annotations

import dataclasses
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator
from sentence_transformers.sentence_transformer.losses import CachedMultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.training_args import BatchSamplers
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from embeddings import Chunking, Document, SettingsError
from embeddings.runtimes.torch import data_folder
from qa.evaluation.questions import Question
from qa.training import bfloat16
from qa.training.examples import Row, load_rows, shares_text
from qa.training.recipe import EncoderRecipe, check_names, digests

__all__ = ["make_triplets", "train_encoder"]

_SAVE_STEPS = 100
_LOG_STEPS = 20


def train_encoder(
    recipe: EncoderRecipe,
    *,
    start: Path,
    data: Mapping[str, Path],
    output: Path,
    validation: list[Question],
    say: Callable[[str], None],
) -> None:
    """Train an encoder; called again after an interruption, go on from the last checkpoint.

    Args:
        recipe: how.
        start: a sentence-transformers folder.
        data: training rows by the name that the recipe gives a share for; under the name
            `negatives`, rows without an answer, see `mine_negatives`.
        output: a folder; `weights/` in it is a sentence-transformers folder, for `qa export
            encoder`, and `training.json` the record.
        validation: questions whose contexts are searched for each of them before and after.
        say: takes a line of progress.

    Raises:
        SettingsError: data and recipe do not fit.
    """
    check_names(recipe, data)
    rng = random.Random(recipe.seed)
    rows = {name: load_rows(file) for name, file in data.items()}
    chosen = [
        row for name, share in recipe.data.items() for row in rows[name] if rng.random() < share
    ]
    triplets = make_triplets(chosen, rows.get("negatives", []), rng)
    if len(triplets) < recipe.batch_pairs:
        raise SettingsError(
            f"The data give {len(triplets)} questions, fewer than the {recipe.batch_pairs} of a "
            "batch: name more data, or make batch_pairs smaller."
        )
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = SentenceTransformer(
        str(data_folder(str(start))),
        device=device,
        trust_remote_code=False,
        model_kwargs={
            "attn_implementation": bfloat16.attention_on(device),
            "use_safetensors": True,
        },
    )
    model.max_seq_length = recipe.max_tokens
    started = {name: value.cpu().clone() for name, value in model.state_dict().items()}
    scores = {"start": _validate(model, validation)}
    trainer = SentenceTransformerTrainer(
        model=model,
        args=_arguments(recipe, output / "checkpoints", device),
        train_dataset=Dataset.from_list(triplets),
        loss=CachedMultipleNegativesRankingLoss(model, mini_batch_size=recipe.slice_pairs),
        callbacks=[_ProgressCallback(say)],
    )
    began = time.monotonic()
    trainer.train(resume_from_checkpoint=any((output / "checkpoints").glob("checkpoint-*")))
    seconds = time.monotonic() - began

    scores["trained"] = _validate(model, validation)
    _move_towards(model, started, recipe.start_share)
    scores["kept"] = _validate(model, validation)
    for name, measured in scores.items():
        for score, value in measured.items():
            say(f"{name}: {score} {value:.1f}")
    model.save(str(output / "weights"), create_model_card=False)
    record = {
        "recipe": dataclasses.asdict(recipe),
        "data_sha256": digests(data),
        "versions": {
            name: version(name) for name in ("torch", "transformers", "sentence-transformers")
        },
        "device": device,
        "questions": len(triplets),
        "seconds": seconds,
        "scores": scores,
    }
    (output / "training.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def make_triplets(
    rows: Sequence[Row], negatives: Sequence[Row], rng: random.Random
) -> list[dict[str, str]]:
    """Join each question with the chunk that holds its answer and one that comes near.

    A question that nothing comes near to gets another's chunk.
    """
    near: dict[str, str] = {}
    for row in negatives:
        near.setdefault(row.question, row.context)  # what the search found stands first
    answered = [(row, chunk) for row in rows if (chunk := _chunk_of(row)) is not None]
    triplets = []
    for row, positive in answered:
        negative = near.get(row.question)
        # What is left of the own context is right for a search: only a reader must refuse it.
        if negative is None or shares_text(negative, row.context):
            _, negative = rng.choice(answered)
        triplets.append({"question": row.question, "positive": positive, "negative": negative})
    rng.shuffle(triplets)
    return triplets


def _chunk_of(row: Row) -> str | None:
    """Cut the context as the index does, and give the chunk with the first answer."""
    if not row.answers:
        return None
    start, end = row.answers[0]
    for chunk in Chunking().split(Document(id="context", text=row.context)):
        if chunk.start <= start and end <= chunk.end:
            return chunk.text
    return None


def _arguments(
    recipe: EncoderRecipe, folder: Path, device: str
) -> SentenceTransformerTrainingArguments:
    return SentenceTransformerTrainingArguments(
        output_dir=str(folder),
        num_train_epochs=recipe.passes,
        per_device_train_batch_size=recipe.batch_pairs,
        learning_rate=recipe.learning_rate,
        warmup_steps=recipe.warmup_steps,
        seed=recipe.seed,
        data_seed=recipe.seed,
        use_cpu=device == "cpu",
        bf16=bfloat16.is_fast_on(device),
        # Of two questions on one chunk in a batch, each would push the other's answer away.
        batch_sampler=BatchSamplers.NO_DUPLICATES,
        save_steps=_SAVE_STEPS,
        save_total_limit=1,
        logging_steps=_LOG_STEPS,
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )


class _ProgressCallback(TrainerCallback):
    """Passes on what the trainer logs."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        if "loss" in kwargs["logs"]:
            loss = float(kwargs["logs"]["loss"])
            self._say(f"step {state.global_step} of {state.max_steps}: loss {loss:.3f}")


def _validate(model: SentenceTransformer, questions: Sequence[Question]) -> dict[str, float]:
    """Search each question's context among those of all, in percent."""
    asked = [question for question in questions if question.context and question.answers]
    if not asked:
        return {}
    contexts = {str(question.context) for question in asked}
    search = InformationRetrievalEvaluator(
        queries={question.id: question.text for question in asked},
        corpus={context: context for context in contexts},
        relevant_docs={question.id: {str(question.context)} for question in asked},
        accuracy_at_k=[10],
        precision_recall_at_k=[10],
        ndcg_at_k=[10],
        mrr_at_k=[10],
        map_at_k=[10],
        score_functions={"cosine": model.similarity},
        write_csv=False,
    )
    measured = search(model)
    return {
        "recall@10": 100 * measured["cosine_recall@10"],
        "MRR": 100 * measured["cosine_mrr@10"],
    }


def _move_towards(
    model: SentenceTransformer, start: Mapping[str, torch.Tensor], share: float
) -> None:
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                value.lerp_(start[name].to(value.device), share)
