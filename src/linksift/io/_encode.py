"""The three file formats of a result table, each fed chunk by chunk into an open file."""

import json
from collections.abc import Mapping
from typing import Any, BinaryIO, Final, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

#: Rows of one Parquet row group: chunks are joined up to it, so that their size does not show in the file.
ROW_GROUP_ROWS: Final = 65_536


class Encoder(Protocol):
    """Turns frames into the bytes of one file."""

    def write(self, frame: pd.DataFrame) -> None:
        """Add rows; every frame has the columns of the first one."""
        ...

    def close(self) -> None:
        """Write what is still held back; the file itself stays open."""
        ...


class ParquetEncoder:
    """Parquet with zstd; the first frame decides the schema, or `schema` does."""

    def __init__(self, handle: BinaryIO, metadata: Mapping[str, str], schema: pa.Schema | None = None) -> None:
        self._handle = handle
        self._metadata = dict(sorted(metadata.items()))
        self._writer: pq.ParquetWriter | None = None
        self._pending: list[pa.Table] = []
        self._pending_rows = 0
        self.schema = schema
        self.rows = 0

    def write(self, frame: pd.DataFrame) -> None:
        if self.schema is None:
            self.schema = _schema(frame)
        table = pa.Table.from_pandas(frame, schema=self.schema, preserve_index=False)
        self._pending.append(table.replace_schema_metadata(self._metadata))
        self._pending_rows += len(frame)
        self.rows += len(frame)
        while self._pending_rows >= ROW_GROUP_ROWS:
            self._flush(ROW_GROUP_ROWS)

    def close(self) -> None:
        self._flush(self._pending_rows)
        if self._writer is not None:
            self._writer.close()

    def _flush(self, rows: int) -> None:
        if self._writer is None:
            schema = (self.schema or pa.schema([])).with_metadata(self._metadata)
            self._writer = pq.ParquetWriter(self._handle, schema, compression="zstd")
        if rows:
            table = pa.concat_tables(self._pending)
            # In one piece per column: Parquet's pages would follow the chunks otherwise.
            self._writer.write_table(table.slice(0, rows).combine_chunks(), row_group_size=rows)
            self._pending = [table.slice(rows)]
            self._pending_rows -= rows


class CsvEncoder:
    """CSV in UTF-8 with a header and LF line ends; an unknown value is empty, floats are as short as they can be."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._is_first = True

    def write(self, frame: pd.DataFrame) -> None:
        text = frame.to_csv(index=False, header=self._is_first, lineterminator="\n")
        self._is_first = False
        self._handle.write(text.encode())

    def close(self) -> None:
        pass


class JsonlEncoder:
    """One JSON object a line in UTF-8; an unknown value and an infinite one are null."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle

    def write(self, frame: pd.DataFrame) -> None:
        values = [_json_values(frame[column]) for column in frame.columns]
        for row in zip(*values, strict=True):
            record = dict(zip(frame.columns, row, strict=True))
            self._handle.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")

    def close(self) -> None:
        pass


def _schema(frame: pd.DataFrame) -> pa.Schema:
    """Return the schema of a first chunk, in which no column's type depends on the values that it lacks."""
    return pa.schema(
        [(column.name, _stable_type(column.type)) for column in pa.Schema.from_pandas(frame, preserve_index=False)]
    )


def _stable_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _stable_type(kind.value_type)
    return pa.string() if pa.types.is_null(kind) or pa.types.is_large_string(kind) else kind


def _json_values(column: "pd.Series[Any]") -> list[Any]:
    if pd.api.types.is_float_dtype(column.dtype):
        is_single = column.dtype in (np.dtype("float32"), pd.Float32Dtype())
        floats = column.to_numpy(dtype="float32" if is_single else "float64", na_value=np.nan)
        if is_single:
            # Through its own shortest spelling: 0.1 in single precision is 0.1, not 0.10000000149011612.
            floats = floats.astype("U32").astype("float64")
        return [value if np.isfinite(value) else None for value in floats.tolist()]
    return [None if known is False else value for value, known in zip(column.tolist(), column.notna(), strict=True)]
