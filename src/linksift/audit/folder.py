"""The audit folder: written under a temporary name, and renamed when it is complete."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pandas as pd

from linksift.audit.names import DECISIONS, MANIFEST
from linksift.audit.views import OUTCOMES
from linksift.decisions import Decisions
from linksift.errors import InputError
from linksift.io.decisionfile import COLUMNS
from linksift.io.tables import write_table

# What a spreadsheet takes for the start of a formula, in both widths of Japanese keyboards, blanks before it included.
_FORMULA: Final = r"^\s*[=+\-@\t\r\n＝＋－＠]"
_NUMBER: Final = r"^[+-]?\d+(?:[.,]\d+)*%?$"


def check_folder(folder: Path, site: str) -> None:
    """Refuse a folder that holds anything but an earlier audit of the same site.

    Raises
    ------
    InputError
        Where it does, or the folder above is missing.
    """
    if not folder.absolute().parent.is_dir():
        raise InputError(f"{folder}: the folder {folder.absolute().parent} does not exist")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is no folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise InputError(f"{folder}: holds something else than an audit; name a new folder")
    if (folder / MANIFEST).is_file() and (other := _site_of(folder / MANIFEST)) != site:
        raise InputError(f"{folder}: holds an audit of {other}, not of {site}; name a new folder")


def _site_of(manifest: Path) -> str:
    try:
        return str(json.loads(manifest.read_text(encoding="utf-8"))["site"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{manifest}: cannot be read ({error}); name a new folder") from error


@contextmanager
def audit_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside `folder` that takes its name, and its place, when the block ends well."""
    final = folder.absolute()
    pending = final.with_name(f".{final.name}.{os.getpid()}.tmp")
    replaced = final.with_name(f".{final.name}.{os.getpid()}.old")
    try:
        pending.mkdir()
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror or error})") from error
    try:
        yield pending
        if final.exists():
            final.rename(replaced)
        pending.rename(final)
    finally:
        shutil.rmtree(pending, ignore_errors=True)
        if replaced.exists() and not final.exists():
            replaced.rename(final)
        shutil.rmtree(replaced, ignore_errors=True)


def for_spreadsheets(table: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before cells, and names of columns, that a spreadsheet would run as formulas.

    >>> for_spreadsheets(pd.DataFrame({"anchor": ["=1+1", "-5", "a=b"]}))["anchor"].to_list()
    ["'=1+1", '-5', 'a=b']
    """
    safe = {}
    for name in table.columns:
        column = table[name]
        if pd.api.types.is_string_dtype(column.dtype) or column.dtype == object:
            text = column.astype("string")
            runs = text.str.match(_FORMULA).fillna(value=False) & ~text.str.match(_NUMBER).fillna(value=False)
            column = text.mask(runs, "'" + text)
        safe[f"'{name}" if re.match(_FORMULA, name) else name] = column
    return pd.DataFrame(safe, index=table.index)


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table that people open in a spreadsheet."""
    write_table(for_spreadsheets(table), path)


def write_json(data: Any, path: Path) -> None:  # noqa: ANN401
    """Write plain data, sorted by key."""
    path.write_text(json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def decisions_table(decisions: Decisions, domains: pd.DataFrame) -> pd.DataFrame:
    """Return the decisions so far, and a line to fill in for each flagged domain that has none.

    Parameters
    ----------
    domains
        From `linksift.audit.views.domain_view`.
    """
    rows = [[getattr(one, column) for column in COLUMNS] for one in decisions.all]
    decided = {one.domain for one in decisions.all}
    for row in domains.to_dict("records"):
        if (row["harmful"] or row["review"]) and row["site"] not in decided:
            counts = ", ".join(f"{row[name]} {name}" for name in OUTCOMES if row[name])
            rows.append([None, row["site"], None, None, None, f"seen: {counts}"])
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype="string")


def earlier_decisions(folder: Path) -> Path | None:
    """Return the decisions in the folder that an audit is about to replace: they may have been edited there."""
    path = folder / DECISIONS
    return path if (folder / MANIFEST).is_file() and path.is_file() else None
