from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

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
