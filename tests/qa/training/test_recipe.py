import dataclasses
from pathlib import Path

import pytest

from embeddings import SettingsError
from qa.training.recipe import EncoderRecipe, ReaderRecipe, check_names

RECIPES = Path(__file__).parents[3] / "qa" / "training" / "recipes"
READER = (RECIPES / "reader.toml").read_text()
ENCODER = (RECIPES / "encoder.toml").read_text()


def test_bundled_recipes_can_be_read() -> None:
    assert ReaderRecipe.load(RECIPES / "reader.toml").data["squad"] == 0.117
    assert EncoderRecipe.load(RECIPES / "encoder.toml").batch_pairs == 128


@pytest.mark.parametrize(
    ("kind", "content", "fault"),
    [
        (ReaderRecipe, "seed = ", "Invalid value"),
        (ReaderRecipe, "seed = 1", "steps: "),
        (ReaderRecipe, f"unknown = 2\n{READER}", "unknown: "),
        (
            ReaderRecipe,
            READER.replace("negative_share = 0.38 ", "negative_share = 1.0 "),
            "negative_share: .* less than 1$",
        ),
        (
            ReaderRecipe,
            READER.replace("heading_share = 0.7 ", "heading_share = 1.5 "),
            "heading_share: .* less than or equal to 1$",
        ),
        (
            ReaderRecipe,
            READER.replace("warmup_steps = 20", "warmup_steps = 0"),
            "warmup_steps: .* greater than 0$",
        ),
        (
            ReaderRecipe,
            READER.replace("warmup_steps = 20", "warmup_steps = 'few'"),
            "warmup_steps: .* integer",
        ),
        (ReaderRecipe, READER.replace("squad = 0.117", "squad = -1.0"), r"data\.squad: "),
        (EncoderRecipe, READER, "passes: "),
        (
            EncoderRecipe,
            ENCODER.replace("start_share = 0.5 ", "start_share = 1.0 "),
            "start_share: .* less than 1$",
        ),
        (
            EncoderRecipe,
            ENCODER.replace("batch_pairs = 128 ", "batch_pairs = 1 "),
            "batch_pairs: .* greater than or equal to 2$",
        ),
    ],
)
def test_invalid_recipe_is_rejected_with_the_setting(
    tmp_path: Path, kind: type[ReaderRecipe] | type[EncoderRecipe], content: str, fault: str
) -> None:
    assert content not in (READER, ENCODER) or kind is EncoderRecipe
    file = tmp_path / "recipe.toml"
    file.write_text(content)
    with pytest.raises(SettingsError, match=rf"recipe\.toml cannot be used: .*{fault}"):
        kind.load(file)


def test_schedule_rises_stays_level_and_falls() -> None:
    recipe = dataclasses.replace(
        ReaderRecipe.load(RECIPES / "reader.toml"),
        steps=60,
        warmup_steps=5,
        decay_steps=20,
    )
    rates = [recipe.schedule(step) for step in range(60)]
    assert rates[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert rates[5:41] == [1.0] * 36
    assert rates[50] == pytest.approx(0.5)
    assert rates[59] == pytest.approx(0.05)


def test_names_of_data_and_recipe_must_match(tmp_path: Path) -> None:
    recipe = ReaderRecipe.load(RECIPES / "reader.toml")
    same = dict.fromkeys([*recipe.data, "negatives"], tmp_path)
    check_names(recipe, same)
    with pytest.raises(SettingsError, match="use the same names"):
        check_names(recipe, {**same, "other": tmp_path})
