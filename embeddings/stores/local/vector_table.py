"""Reading the vectors in a catalog."""

import sqlite3
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import IndexDamagedError
from embeddings.types import Vectors

BATCH_ROWS = 10_000


class VectorTable:
    """The table of vectors. Raises sqlite3's own errors, and is not thread-safe."""

    def __init__(self, connection: sqlite3.Connection, dimensions: int) -> None:
        self._connection = connection
        self._dimensions = dimensions

    def since(self, generation: int) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
        """Read the vectors added after a generation, in batches of chunk ids and vectors."""
        rows = self._connection.execute(
            "SELECT id, vector FROM chunks JOIN vectors ON chunk = id WHERE generation > ? "
            "ORDER BY id",
            [generation],
        )
        while batch := rows.fetchmany(BATCH_ROWS):
            yield self._arrays(batch)

    def count_changes(self, generation: int) -> int:
        """Count the vectors added or removed after a generation."""
        row = self._connection.execute(
            "SELECT (SELECT COUNT(*) FROM chunks WHERE generation > :generation) + "
            "(SELECT COUNT(*) FROM removals WHERE generation > :generation)",
            {"generation": generation},
        ).fetchone()
        return int(row[0])

    def at(self, chunk_ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], Vectors]:
        """Read the vectors of chunks, in the same order; ids that do not exist are left out."""
        query = "SELECT chunk, vector FROM vectors WHERE chunk = ?"
        run = self._connection.execute
        return self._arrays([row for id_ in chunk_ids.tolist() for row in run(query, [id_])])

    def of_document(self, key: int) -> Vectors:
        """Read the vectors of a document, one row for each chunk."""
        query = (
            "SELECT id, vector FROM chunks JOIN vectors ON chunk = id WHERE generation = ? "
            "ORDER BY id"
        )
        return self._arrays(self._connection.execute(query, [key]).fetchall())[1]

    def _arrays(self, rows: Sequence[tuple[int, bytes]]) -> tuple[NDArray[np.int64], Vectors]:
        if any(len(vector) != 4 * self._dimensions for _, vector in rows):
            raise IndexDamagedError("A vector has a wrong length: run `qa check --repair`.")
        vectors = np.frombuffer(b"".join(vector for _, vector in rows), dtype="<f4")
        ids = np.array([chunk_id for chunk_id, _ in rows], dtype=np.int64)
        return ids, vectors.reshape(-1, self._dimensions).astype(np.float32)
