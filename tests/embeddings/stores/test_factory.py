from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.errors import SettingsError
from embeddings.stores.factory import folder_of, is_folder


@pytest.mark.parametrize("location", ["index", "./milvus", Path("milvus"), "C:\\index", "a:b"])
def test_a_folder_is_whatever_names_no_milvus(location: str | Path) -> None:
    assert is_folder(location)
    assert folder_of(location) == Path(location)


@pytest.mark.parametrize("location", ["milvus:x.db", "http://host:19530", "https://host/news"])
def test_what_is_in_milvus_is_no_folder(location: str) -> None:
    assert not is_folder(location)
    with pytest.raises(SettingsError, match=r"is no folder.*Use Milvus' own backup"):
        folder_of(location)
