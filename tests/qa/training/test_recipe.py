import dataclasses
from pathlib import Path

import pytest

from embeddings import SettingsError
from qa.training.recipe import EncoderRecipe, ReaderRecipe, check_names

RECIPES = Path(__file__).parents[3] / "qa" / "training" / "recipes"
READER = (RECIPES / "reader.toml").read_text()
ENCODER = (RECIPES / "encoder.toml").read_text()


def test_the_recipes_that_come_along_can_be_read() -> None:
    assert ReaderRecipe.load(RECIPES / "reader.toml").data["squad"] == 1.0
    assert EncoderRecipe.load(RECIPES / "encoder.toml").batch_pairs == 128


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (ReaderRecipe, "seed = "),
        (ReaderRecipe, "seed = 1"),
        (ReaderRecipe, f"unknown = 2\n{READER}"),
        (ReaderRecipe, READER.replace("negative_share = 0.25 ", "negative_share = 1.0 ")),
        (ReaderRecipe, READER.replace("rivals = 0 ", "rivals = -1 ")),
        (ReaderRecipe, READER.replace("warmup_steps = 200", "warmup_steps = 0")),
        (EncoderRecipe, READER),
        (EncoderRecipe, ENCODER.replace("start_share = 0.5 ", "start_share = 1.0 ")),
        (EncoderRecipe, ENCODER.replace("batch_pairs = 128 ", "batch_pairs = 1 ")),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused(
    tmp_path: Path, kind: type[ReaderRecipe] | type[EncoderRecipe], content: str
) -> None:
    assert content not in (READER, ENCODER) or kind is EncoderRecipe
    file = tmp_path / "recipe.toml"
    file.write_text(content)
    with pytest.raises(SettingsError, match="cannot be used"):
        kind.load(file)


def test_the_learning_rate_goes_up_stays_and_goes_down() -> None:
    recipe = dataclasses.replace(
        ReaderRecipe.load(RECIPES / "reader.toml"),
        steps=60,
        warmup_steps=5,
        decay_steps=20,
        learning_rate=1e-2,
    )
    rates = [recipe.learning_rate_at(step) for step in range(60)]
    assert rates[:5] == pytest.approx([0.002, 0.004, 0.006, 0.008, 0.01])
    assert rates[5:41] == [0.01] * 36
    assert rates[50] == pytest.approx(0.005)
    assert rates[59] == pytest.approx(0.0005)


def test_data_and_recipe_must_name_the_same(tmp_path: Path) -> None:
    recipe = ReaderRecipe.load(RECIPES / "reader.toml")
    same = dict.fromkeys([*recipe.data, "negatives"], tmp_path)
    check_names(recipe, same)
    with pytest.raises(SettingsError, match="name the same"):
        check_names(recipe, {**same, "other": tmp_path})
