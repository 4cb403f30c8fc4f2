"""Columns of a link table, whatever their types, to texts, hashes and days. What cannot be read is unknown."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

_FIRST_DAY: Final = np.datetime64("1995-01-01")
_LAST_DAY: Final = np.datetime64("2100-01-01")
_DATE_CHARS: Final = 10


def texts(chunk: pd.DataFrame, name: str) -> list[str | None]:
    """Return a column's texts; None for whatever is no text, and throughout where there is no such column."""
    if name not in chunk.columns:
        return [None] * len(chunk)
    return [_sound(value) if isinstance(value, str) else None for value in chunk[name].tolist()]


def _sound(text: str) -> str:
    # A lone surrogate can be neither hashed nor written.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def hashes(values: Sequence[str | None]) -> npt.NDArray[np.uint64]:
    """Hash texts to 64 bits, 0 for None. Two of ten million texts collide with a probability of 3 in a million."""
    known = np.array([value is not None for value in values], dtype=bool)
    filled = np.array(["" if value is None else value for value in values], dtype=object)
    hashed = pd.util.hash_array(filled, categorize=False)
    return np.where(known, np.maximum(hashed, 1), 0).astype(np.uint64)


def dates(chunk: pd.DataFrame, name: str) -> npt.NDArray[np.int32]:
    """Return days since 1970-01-01, -1 for unknown.

    A column of dates, or of texts or other values that begin with ``YYYY-MM-DD``. A day before 1995 or after 2099 is
    taken for unknown: tools write 1970 where they do not know.
    """
    if name not in chunk.columns:
        return np.full(len(chunk), -1, dtype=np.int32)
    column = chunk[name]
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        days = column.to_numpy(dtype="datetime64[D]", na_value=np.datetime64("NaT"))
    else:
        written = pd.Series([str(value)[:_DATE_CHARS] for value in column.tolist()], dtype=object)
        parsed = pd.to_datetime(written, format="%Y-%m-%d", errors="coerce")
        days = parsed.to_numpy(dtype="datetime64[D]")
    sound = (days >= _FIRST_DAY) & (days < _LAST_DAY)
    return np.where(sound, days.astype(np.int64), -1).astype(np.int32)
