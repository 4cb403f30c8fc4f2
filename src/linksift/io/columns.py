"""Cells of an export, all text, to values: flags, numbers, dates. What cannot be read is unknown, never 0."""

from collections.abc import Callable
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

Kind = Literal["text", "word", "flag", "number", "date"]

#: Makes a uniform column (a boolean one) of the cells of one column of the export.
Derive = Callable[["pd.Series[Any]"], "pd.Series[Any]"]

#: Text with an NA of its own, whichever pandas runs.
STRING: Final = pd.StringDtype("pyarrow")

_TRUE: Final = ("true", "1", "yes")
_FALSE: Final = ("false", "0", "no")
_FLAGS: Final = {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}

_THOUSANDS: Final = r"^[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$"
_DECIMAL_COMMA: Final = r"^\d+,\d+$"


def unknown(kind: Kind, index: pd.Index) -> "pd.Series[Any]":
    """Return a column of one kind that holds nothing."""
    if kind == "number":
        return pd.Series(np.nan, index=index, dtype="float64")
    return pd.Series(pd.NA, index=index, dtype="boolean" if kind == "flag" else STRING)


def convert(cells: "pd.Series[Any]", kind: Kind) -> "pd.Series[Any]":
    """Read a column of text cells (`STRING`) as `kind`.

    ``text`` keeps an empty cell as an empty text (a link without an anchor text has none: that is known);
    ``word`` makes it NA. ``flag`` is pandas' ``boolean`` (an empty cell is unknown), ``number`` is float64 and
    not negative, ``date`` is text of the form ``YYYY-MM-DD``.
    """
    return _CONVERTERS[kind](cells)


def _text(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    return cells


def _word(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    stripped = cells.str.strip()
    return stripped.mask(stripped == "")


def _flag(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    return _lookup(cells.str.strip().str.casefold(), _FLAGS)


def _number(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    values = pd.to_numeric(cells, errors="coerce").astype("float64")
    odd = values.isna() & cells.notna() & (cells != "")
    if odd.any():
        text = cells[odd].str.replace(r"[\s\u00a0\u202f']", "", regex=True)
        grouped = text.str.match(_THOUSANDS).fillna(value=False)
        text = text.mask(grouped, text.str.replace(",", "", regex=False))
        decimal = text.str.match(_DECIMAL_COMMA).fillna(value=False)
        text = text.mask(decimal, text.str.replace(",", ".", regex=False))
        values[odd] = pd.to_numeric(text, errors="coerce").astype("float64")
    # Counts and scores below zero stand for "missing" in these tools (-1).
    return values.where(np.isfinite(values) & (values >= 0))


def _date(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    text = cells.str.strip()
    iso = text.str.match(r"\d{4}-\d{2}-\d{2}(?:\D|$)").fillna(value=False)
    return text.str.slice(0, 10).mask(~iso)


_CONVERTERS: Final = {"text": _text, "word": _word, "flag": _flag, "number": _number, "date": _date}


def is_value(value: str) -> Derive:
    """Derive whether the cell is `value`, upper and lower case alike."""
    return lambda cells: (cells.str.strip().str.casefold() == value).astype("boolean")


def has_token(token: str) -> Derive:
    """Derive whether the cell, a list such as ``rel``, holds `token`."""
    return lambda cells: cells.str.contains(rf"(?i)(?:^|[\s,;]){token}(?:$|[\s,;])", regex=True).astype("boolean")


def is_filled(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    """Tell whether the cell holds anything."""
    return (cells.str.strip() != "").astype("boolean")


def _lookup(words: "pd.Series[Any]", table: dict[str, bool]) -> "pd.Series[Any]":
    """Map each distinct word once: a flag column has few."""
    codes, distinct = pd.factorize(words)
    values = pd.array([table.get(word, pd.NA) for word in distinct] + [pd.NA], dtype="boolean")
    return pd.Series(values[codes], index=words.index)
