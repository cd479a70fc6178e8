from embeddings.chunking import Chunking
from embeddings.ingest import chunk_and_encode
from embeddings.types import Document


def test_each_document_has_its_own_chunks_and_their_vectors(encoder) -> None:
    texts = ["The storm broke. " * 60, "The ferry left.", "Nobody came. " * 90]
    documents = [Document(id=str(n), text=text) for n, text in enumerate(texts)]
    prepared = chunk_and_encode(documents, Chunking(), encoder)
    assert [one.document for one in prepared] == documents
    for one in prepared:
        assert list(one.chunks) == Chunking().split(one.document)
        wanted = encoder.encode_documents([chunk.indexed_text for chunk in one.chunks])
        assert one.vectors.tolist() == wanted.tolist()
    assert [len(one.chunks) > 1 for one in prepared] == [True, False, True]
