"""The work of one node of a cluster. Tests with a cluster are in `tests/end_to_end`."""

import platform
import socket
import sys
from pathlib import Path

import pytest

from embeddings import (
    Chunking,
    ClusterError,
    Document,
    DocumentError,
    Index,
    ModelError,
    ParseOptions,
    SettingsError,
    SourceFile,
    open_encoder,
)
from embeddings.errors import EmptyDocumentError, IncompleteFileError
from embeddings.ingest import chunk_and_encode
from embeddings.ray_ingest import join_cluster, parse_blocks, prepare_batch


def source(path: Path) -> SourceFile:
    return SourceFile(path=path, id=path.name, root=path.parent)


def test_large_file_is_returned_in_blocks(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "%s"}\n' % ("word " * 100_000) * 5)
    blocks = list(parse_blocks(source(path), ParseOptions()))
    assert [len(block) for block in blocks] == [2, 2, 1]
    assert [one.id for block in blocks for one in block] == [f"rows.jsonl#{n}" for n in range(1, 6)]


def test_documents_before_a_bad_row_are_returned_before_the_error(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "One."}\n{"text": "Two."}\nnot JSON\n')
    *blocks, fault = parse_blocks(source(path), ParseOptions())
    assert [one.text for block in blocks for one in block] == ["One.", "Two."]
    assert isinstance(fault, IncompleteFileError)
    assert str(fault).startswith(str(path))
    assert platform.node() not in str(fault)
    path.write_text("")
    assert isinstance(list(parse_blocks(source(path), ParseOptions()))[-1], EmptyDocumentError)


def test_error_of_a_missing_file_names_the_machine(tmp_path: Path) -> None:
    *_, fault = parse_blocks(source(tmp_path / "a.txt"), ParseOptions())
    assert isinstance(fault, DocumentError)
    assert f"(on {platform.node()}, which needs the file too)" in str(fault)


def test_prepared_batch_equals_local_preparation() -> None:
    documents = [Document("a", "The storm broke. " * 60), Document("b", "The ferry left.")]
    encoder = open_encoder()
    prepared = prepare_batch(documents, Chunking(), None, encoder.name)
    assert not isinstance(prepared, ModelError)
    for one, wanted in zip(prepared, chunk_and_encode(documents, Chunking(), encoder), strict=True):
        assert (one.document, one.chunks) == (wanted.document, wanted.chunks)
        assert one.vectors.tolist() == wanted.vectors.tolist()


def test_machine_with_another_encoder_returns_a_model_error() -> None:
    refused = prepare_batch([Document("a", "A storm.")], Chunking(), None, "minilm@00000000")
    assert isinstance(refused, ModelError)
    assert str(refused).startswith(f"{platform.node()} has the encoder ")


def test_machine_without_the_encoder_returns_a_model_error() -> None:
    refused = prepare_batch([], Chunking(), "/nowhere/model", "model")
    assert isinstance(refused, ModelError)
    assert str(refused).startswith(f"On {platform.node()}: ")


def test_ray_client_address_raises_settings_error() -> None:
    with (
        pytest.raises(SettingsError, match="on a machine of the cluster"),
        join_cluster("ray://a:10001"),
    ):
        pass


def test_missing_ray_raises_with_the_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    command = r"pip install 'document-qa-assistant\[ray\]'"
    with pytest.raises(SettingsError, match=command), join_cluster("auto"):
        pass


def test_unreachable_cluster_raises_and_the_index_stays_usable(
    tmp_path: Path,
) -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (tmp_path / "a.txt").write_text("The ferry left.")
    with Index.open(tmp_path / "index", create=True) as index:
        with pytest.raises(ClusterError, match=f"No Ray cluster answers at 127.0.0.1:{port}"):
            index.add_paths(tmp_path / "a.txt", ray=f"127.0.0.1:{port}")
        assert index.add_paths(tmp_path / "a.txt").added == ("a.txt",)
