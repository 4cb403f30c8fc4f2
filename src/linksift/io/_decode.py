"""Read back a table that linksift, or another tool, wrote as Parquet, CSV or JSON lines."""

import gzip
import json
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from linksift.errors import InputError
from linksift.io.columns import STRING

# Text whatever it looks like: an anchor "2024", or an id of digits only, is no number.
_TEXT_COLUMNS: Final = frozenset(
    {"anchor", "title", "rel", "basis", "status", "error", "label", "domain", "http_status"}
)
_TEXT_ENDINGS: Final = ("_id", "_url", "_context")
_BROKEN: Final = (OSError, EOFError, zlib.error, UnicodeDecodeError)


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table.

    Text comes as pandas' nullable string, true and false as its ``boolean``; a missing value is NA or NaN. A CSV
    does not tell an empty text from a missing one: both are NA.

    Parameters
    ----------
    path
        ``.parquet`` (or a folder of such parts), ``.csv``, ``.jsonl``, or one of the last two with ``.gz``.

    Raises
    ------
    InputError
        If the file is missing, empty, damaged, or of another kind.
    """
    source = Path(path)
    if source.is_dir():
        return _read_folder(source)
    if not source.exists():
        raise InputError(f"{path}: no such file")
    if source.stat().st_size == 0:
        raise InputError(f"{source.name}: the file is empty")
    name = source.name.lower().removesuffix(".gz")
    if source.name.lower().endswith(".parquet"):
        return _to_pandas(_read_parquet(source))
    if name.endswith(".csv"):
        return _read_csv(source)
    if name.endswith(".jsonl"):
        return _read_jsonl(source)
    raise InputError(f"{source.name}: a table ends in .parquet, .csv or .jsonl (the last two also in .gz)")


def read_metadata(path: str | Path) -> dict[str, str]:
    """Return the metadata that a table was written with, without the prefix ``linksift.``; often empty.

    Raises
    ------
    InputError
        If the table or its document of metadata is damaged.
    """
    source = Path(path)
    if source.is_dir():
        source = next(iter(sorted(source.glob("*.parquet"))), source)
    if source.suffix.lower() == ".parquet":
        try:
            found = pq.read_schema(source).metadata or {}
        except (OSError, pa.ArrowException) as error:
            raise InputError(f"{source.name}: is a damaged Parquet file ({_first_line(error)})") from error
        pairs = {key.decode("utf-8", "replace"): value.decode("utf-8", "replace") for key, value in found.items()}
    else:
        pairs = _read_sidecar(source.with_name(source.name + ".meta.json"))
    return {key.removeprefix("linksift."): value for key, value in pairs.items() if key.startswith("linksift.")}


def _read_sidecar(document: Path) -> dict[str, str]:
    if not document.exists():
        return {}
    try:
        found = json.loads(document.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{document.name}: cannot be read ({_first_line(error)})") from error
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _read_folder(folder: Path) -> pd.DataFrame:
    parts = sorted(folder.glob("*.parquet"))
    if not parts:
        raise InputError(f"{folder}: the folder holds no .parquet file")
    try:
        return _to_pandas(pa.concat_tables([_read_parquet(part) for part in parts]))
    except pa.ArrowInvalid as error:
        raise InputError(f"{folder}: the parts have different columns ({_first_line(error)})") from error


def _read_parquet(path: Path) -> pa.Table:
    try:
        with pq.ParquetFile(path) as file:
            return file.read().replace_schema_metadata()
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path.name}: is no Parquet file, or a damaged one ({_first_line(error)})") from error


def _to_pandas(table: pa.Table) -> pd.DataFrame:
    types = {pa.string(): STRING, pa.large_string(): STRING, pa.bool_(): pd.BooleanDtype()}
    frame: pd.DataFrame = table.to_pandas(types_mapper=types.get)
    return frame


def _read_csv(path: Path) -> pd.DataFrame:
    try:
        names = pd.read_csv(path, nrows=0, encoding="utf-8-sig").columns
        frame = pd.read_csv(
            path,
            dtype={name: STRING for name in names if _is_text(name)},
            keep_default_na=False,
            na_values=[""],
            encoding="utf-8-sig",
            low_memory=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, *_BROKEN) as error:
        raise InputError(f"{path.name}: cannot be read as CSV ({_first_line(error)})") from error
    return _tidy(frame)


def _read_jsonl(path: Path) -> pd.DataFrame:
    records: list[dict[str, Any]] = []
    try:
        opener = gzip.open if path.suffix.lower() == ".gz" else open
        with opener(path, "rt", encoding="utf-8-sig") as handle:
            for number, line in enumerate(handle, start=1):
                if line.strip():
                    records.append(_record(line, f"{path.name}:{number}"))
    except _BROKEN as error:
        raise InputError(f"{path.name}: cannot be read as JSON lines ({_first_line(error)})") from error
    if not records:
        raise InputError(f"{path.name}: holds blank lines only")
    return _tidy(pd.DataFrame.from_records(records))


def _record(line: str, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: is no JSON ({_first_line(error)})") from error
    if not isinstance(record, dict):
        raise InputError(f"{where}: is no JSON object")
    return record


def _is_text(name: str) -> bool:
    return name in _TEXT_COLUMNS or name.endswith(_TEXT_ENDINGS)


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Give text and flags the types that they have when they come from Parquet."""
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_bool_dtype(column.dtype):
            frame[name] = column.astype("boolean")
        elif not pd.api.types.is_numeric_dtype(column.dtype):
            frame[name] = _tidy_column(column, str(name))
    return frame


def _tidy_column(column: "pd.Series[Any]", name: str) -> "pd.Series[Any]":
    kinds = {type(value) for value in column[column.notna()].tolist()}
    if kinds and kinds <= {bool, np.bool_}:
        return column.astype("boolean")
    if not kinds and not _is_text(name):
        # Nothing but missing values, and no name that says text: most columns are numbers.
        return pd.Series(np.nan, index=column.index, dtype="float64")
    if kinds <= {str}:
        return column.astype(STRING)
    return column


def _first_line(error: BaseException) -> str:
    return str(error).split("\n", 1)[0][:120]
