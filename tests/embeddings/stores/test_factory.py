from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.errors import SettingsError
from embeddings.stores.local.index_folder import folder_of, is_folder


@pytest.mark.parametrize("location", ["index", "./milvus", Path("milvus"), "C:\\index", "a:b"])
def test_location_is_a_folder_unless_it_names_milvus(location: str | Path) -> None:
    assert is_folder(location)
    assert folder_of(location) == Path(location)


@pytest.mark.parametrize("location", ["milvus:x.db", "http://host:19530", "https://host/news"])
def test_folder_of_a_milvus_location_raises_settings_error(location: str) -> None:
    assert not is_folder(location)
    with pytest.raises(SettingsError, match=r"is not a folder.*Use Milvus' own backup"):
        folder_of(location)
