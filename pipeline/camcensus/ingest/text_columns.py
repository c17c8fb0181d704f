"""Columns of text that are filled row by row, most of them only here and there."""

import pyarrow as pa

# Longest evidence kept, in characters. What is matched is bounded here, so no pattern can be made to run long.
SHORT = 256
GREETING = 512
PAGE = 2048


class TextColumns:
    """Columns of `rows` texts each; one that nobody filled is not there."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.filled: dict[str, list[str | None]] = {}
        self.ready: dict[str, pa.Array] = {}  # columns that were made whole

    def column(self, name: str) -> list[str | None]:
        """A column to fill; at first it says nothing."""
        if name not in self.filled:
            self.filled[name] = [None] * self.rows
        return self.filled[name]

    def put(self, name: str, row: int, text: str | None) -> None:
        """One cell, if there is something to say."""
        if text:
            self.column(name)[row] = text
