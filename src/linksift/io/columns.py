"""Cells of an export, all text, to values: flags, numbers, dates. What cannot be read is unknown, never 0."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

Kind = Literal["text", "word", "flag", "number", "date"]

#: Makes a uniform column of the cells of one or more columns of the export.
Derive = Callable[..., "pd.Series[Any]"]

#: Text with an NA of its own, whichever pandas runs.
STRING: Final = pd.StringDtype("pyarrow")

# The spreadsheet programs write their two truth values in the language of whoever saves the file.
_TRUE: Final = ("true", "1", "yes", "wahr", "vrai", "verdadero", "vero", "verdadeiro", "waar", "prawda", "истина")
_FALSE: Final = ("false", "0", "no", "falsch", "faux", "falso", "onwaar", "fałsz", "ложь")
_FLAGS: Final = {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}

_THOUSANDS: Final = r"^[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$"
_DECIMAL_COMMA: Final = r"^\d+,\d+$"

_ISO_DATE: Final = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:\D|$)"
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_FIRST: Final = re.compile(r"(?P<month>[a-z]{3})[a-z]*\.? (?P<day>\d{1,2}),? (?P<year>\d{4})")
_DAY_FIRST: Final = re.compile(r"(?P<day>\d{1,2})\.? (?P<month>[a-z]{3})[a-z]*\.?,? (?P<year>\d{4})")
_DOTS: Final = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})(?:\D.*)?")
_SLASHES: Final = re.compile(r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})(?:\D.*)?")
# Days since 1899-12-30, as a spreadsheet shows a date whose format was lost: 1995 to 2064.
_SERIAL: Final = re.compile(r"(?P<serial>3[5-9]\d{3}|[45]\d{4})(?:\.\d+)?")
_SERIAL_START: Final = date(1899, 12, 30)


def unknown(kind: Kind, index: pd.Index) -> "pd.Series[Any]":
    """Return a column of one kind that holds nothing."""
    if kind == "number":
        return pd.Series(np.nan, index=index, dtype="float64")
    return pd.Series(pd.NA, index=index, dtype="boolean" if kind == "flag" else STRING)


def convert(cells: "pd.Series[Any]", kind: Kind) -> "pd.Series[Any]":
    """Read a column of text cells (`STRING`) as `kind`.

    ``text`` keeps an empty cell as an empty text (a link without an anchor text has none: that is known);
    ``word`` makes it NA. ``flag`` is pandas' ``boolean`` (an empty cell is unknown), ``number`` is float64 and
    not negative, ``date`` is text of the form ``YYYY-MM-DD``. A date of the form 3/4/2024 may be in March or in
    April, so it is unknown.
    """
    return _CONVERTERS[kind](cells)


def _text(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    return cells


def _word(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    stripped = cells.str.strip()
    return stripped.mask(stripped == "")


def _flag(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    return _by_value(cells.str.strip().str.casefold(), _FLAGS.get, "boolean")


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
    iso = text.str.match(_ISO_DATE).fillna(value=False)
    found = text.str.slice(0, 10).mask(~iso)
    odd = (~iso & (text != "").fillna(value=False)).astype(bool)
    if odd.any():
        found[odd] = _by_value(text[odd].str.casefold(), _read_date, STRING)
    return found


def _read_date(text: str) -> str | None:
    if serial := _SERIAL.fullmatch(text):
        return (_SERIAL_START + timedelta(days=int(serial["serial"]))).isoformat()
    match = next((found for form in (_MONTH_FIRST, _DAY_FIRST, _DOTS) if (found := form.fullmatch(text))), None)
    return _match_date(match)


def _match_date(match: re.Match[str] | None) -> str | None:
    if match is None:
        return None
    month = match["month"]
    if month.isalpha() and month not in _MONTHS:
        return None
    number = _MONTHS.index(month) + 1 if month.isalpha() else int(month)
    try:
        return date(int(match["year"]), number, int(match["day"])).isoformat()
    except ValueError:
        return None


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


def is_set(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    """Tell whether a mark is set: the cell is neither empty, nor a word for "no", nor the -1 of a missing value."""
    is_no = _flag(cells).eq(other=False).fillna(value=False) | (cells.str.strip() == "-1").fillna(value=False)
    return (is_filled(cells) & ~is_no).astype("boolean")


def when_set(text: str) -> Derive:
    """Derive `text` where a mark is set, else NA."""
    return lambda cells: pd.Series(text, index=cells.index, dtype=STRING).where(is_set(cells).fillna(value=False))


def is_not(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    """Turn a flag round: "follow" says whether a link is not "nofollow"."""
    return ~_flag(cells)


def first_filled(*columns: "pd.Series[Any]") -> "pd.Series[Any]":
    """Take the first column's text, and where it is empty the next one's."""
    found, *others = columns
    for other in others:
        found = found.mask((found == "").fillna(value=False), other)
    return found


def over_zero(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    """Read a count in which 0 says that nothing was counted."""
    values = _number(cells)
    return values.where(values > 0)


def day_first_date(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    """Read ``DD/MM/YYYY``, where the tool is known to write dates so."""
    return _by_value(cells.str.strip(), lambda text: _match_date(_SLASHES.fullmatch(text)), STRING)


def without_ending(ending: str) -> Derive:
    """Derive the cell without a badge that was copied with it."""
    return lambda cells: _word(cells.str.replace(rf"(?<=\w){ending}$", "", regex=True))


def has_ending(ending: str) -> Derive:
    """Derive that the cell has a badge; where it has none, that is unknown: the copy may have lost it."""
    return lambda cells: _only_true(cells.str.contains(rf"\w{ending}$", regex=True).astype("boolean"))


def _only_true(flags: "pd.Series[Any]") -> "pd.Series[Any]":
    return flags.where(flags.fillna(value=False))


def one_of(reasons: dict[str, str]) -> Derive:
    """Derive a text by the cell's value, upper and lower case alike; NA for any other value."""
    return lambda cells: _by_value(cells.str.strip().str.casefold(), reasons.get, STRING)


def _by_value(words: "pd.Series[Any]", read: Callable[[str], object], dtype: Any) -> "pd.Series[Any]":  # noqa: ANN401
    """Read each distinct word once: these columns have few."""
    codes, distinct = pd.factorize(words)
    read_words = [read(word) for word in distinct]
    values = pd.array([pd.NA if value is None else value for value in read_words] + [pd.NA], dtype=dtype)
    return pd.Series(values[codes], index=words.index)
