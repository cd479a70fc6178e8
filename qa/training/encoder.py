"""Training of an encoder with sentence-transformers, on questions and the chunks that answer them.

The loss makes a question closer to its own chunk than to the chunks of the other questions in the
batch and to hard negatives (Karpukhin et al. 2020, section 3.2). The weights that are saved are
interpolated between the starting and the trained ones, which keeps abilities on other texts
(Wortsman et al. 2022, arXiv 2109.01903).
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
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
from qa.training.recipe import EncoderRecipe, check_names, digests, write_record
from qa.training.rows import Row, load_rows

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
    """Train an encoder. After an interruption, the same call continues from the last checkpoint.

    Arguments are as in `train_reader`, but `start` and `weights/` are sentence-transformers
    folders, and the contexts of `validation` are searched before and after the training.
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
            f"The data have {len(triplets)} questions, fewer than the {recipe.batch_pairs} of a "
            "batch: add data, or lower batch_pairs."
        )
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = SentenceTransformer(
        str(data_folder(str(start))),
        device=device,
        trust_remote_code=False,
        model_kwargs={"use_safetensors": True},
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
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                value.lerp_(started[name].to(value.device), recipe.start_share)
    scores["kept"] = _validate(model, validation)
    for name, measured in scores.items():
        for score, value in measured.items():
            say(f"{name}: {score} {value:.1f}")
    model.save(str(output / "weights"), create_model_card=False)
    done = {"device": device, "questions": len(triplets), "seconds": seconds, "scores": scores}
    write_record(output, recipe, digests(data), **done)


def make_triplets(
    rows: Sequence[Row], negatives: Sequence[Row], rng: random.Random
) -> list[dict[str, str]]:
    """Combine each question with the chunk that has its answer and a hard negative.

    Without a hard negative, the chunk of another question is used.
    """
    near: dict[str, str] = {}
    for row in negatives:
        near.setdefault(row.question, row.context)  # the one found by search is first
    answered = [(row, chunk) for row in rows if (chunk := _chunk_of(row)) is not None]
    triplets = []
    for row, positive in answered:
        negative = near.get(row.question)
        # Parts of the same context are good search results: they are negatives only for a reader.
        if negative is None or negative[:40] in row.context or negative[-40:] in row.context:
            _, negative = rng.choice(answered)
        triplets.append({"question": row.question, "positive": positive, "negative": negative})
    rng.shuffle(triplets)
    return triplets


def _chunk_of(row: Row) -> str | None:
    """Cut the context as the index does; return the chunk with the first answer or evidence."""
    wanted = row.answers or row.evidence
    if not wanted:
        return None
    start, end = wanted[0]
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
        # Two questions on one chunk in a batch would be negatives of each other.
        batch_sampler=BatchSamplers.NO_DUPLICATES,
        save_steps=_SAVE_STEPS,
        save_total_limit=1,
        logging_steps=_LOG_STEPS,
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )


class _ProgressCallback(TrainerCallback):
    """Reports the loss that the trainer logs."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if "loss" in kwargs["logs"]:
            loss = float(kwargs["logs"]["loss"])
            self._say(f"step {state.global_step} of {state.max_steps}: loss {loss:.3f}")


def _validate(model: SentenceTransformer, questions: Sequence[Question]) -> dict[str, float]:
    """Search each question's context among all contexts; scores in percent."""
    asked = [question for question in questions if question.context and question.answers]
    if not asked:
        return {}
    contexts = {str(question.context) for question in asked}
    search = InformationRetrievalEvaluator(
        queries={question.id: question.text for question in asked},
        corpus={context: context for context in contexts},
        relevant_docs={question.id: {str(question.context)} for question in asked},
        score_functions={"cosine": model.similarity},
        write_csv=False,
    )
    measured = search(model)
    return {"recall@10": 100 * measured["cosine_recall@10"], "MRR": 100 * measured["cosine_mrr@10"]}
