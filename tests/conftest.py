from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from embeddings.encoder import BUNDLED as ENCODER
from embeddings.runtimes.model_folder import ModelFolder
from qa.reader.reader import BUNDLED as READER

# The same inputs in each run, at any speed.
settings.register_profile(
    "sample",
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("sample")
# Run as `pytest --hypothesis-profile=long tests/fuzz`: more than 100,000 inputs, in half an hour.
settings.register_profile(
    "long", max_examples=4000, deadline=None, suppress_health_check=list(HealthCheck)
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kills",
        type=int,
        default=6,
        help="How often an indexing is killed (tests/end_to_end/test_killed_indexing.py).",
    )
    parser.addoption(
        "--losses",
        type=int,
        default=1,
        help="How many nodes are lost while a cluster answers (tests/end_to_end/test_cluster.py).",
    )
    parser.addoption(
        "--soak",
        type=float,
        default=15,
        help="For how many seconds a server is used (tests/qa/server/test_load.py).",
    )


@pytest.fixture(scope="session", autouse=True)
def shared_models() -> Iterator[None]:
    """Load the bundled models once: most tests of the command line and the server open both."""
    load = ModelFolder.open
    loaded: dict[tuple[Path, str, int | None], ModelFolder] = {}

    def load_once(folder: Path, *, kind: str, threads: int | None = None) -> ModelFolder:
        if folder not in (ENCODER, READER):
            return load(folder, kind=kind, threads=threads)
        key = (folder, kind, threads)
        if key not in loaded:
            loaded[key] = load(folder, kind=kind, threads=threads)
        return loaded[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ModelFolder, "open", load_once)
        yield
