"""Counts have their noun in the singular or plural, wherever they are said."""

from __future__ import annotations

import pytest

from core.contracts import count_text, exactly


@pytest.mark.parametrize(
    ("n", "noun", "text"),
    [
        (0, "row", "0 rows"), (1, "row", "1 row"), (2, "class", "2 classes"),
        (3, "forward pass", "3 forward passes"), (2, "query", "2 queries"), (2, "day", "2 days"),
        (2, "box", "2 boxes"), (2, "batch", "2 batches"),
    ],
)  # fmt: skip
def test_a_count_has_its_noun(n: int, noun: str, text: str) -> None:
    assert count_text(n, noun) == text


@pytest.mark.parametrize("value", [0.5, 1.0, 0.1 + 0.2, 1 / 3, 0.123456789, 1e-7, 123456789.0])
def test_a_number_is_said_exactly(value: float) -> None:
    assert float(exactly(value)) == value
    assert len(exactly(value)) <= len(repr(value))
