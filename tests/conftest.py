from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kills",
        type=int,
        default=6,
        help="How often an indexing is killed (tests/end_to_end/test_killed_indexing.py).",
    )
    parser.addoption(
        "--soak",
        type=float,
        default=15,
        help="For how many seconds a server is used (tests/qa/server/test_load.py).",
    )
