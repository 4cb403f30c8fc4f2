"""Write result tables so that a broken run leaves nothing half-written under the final name; read them back."""

import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, Self

import pandas as pd

from linksift.errors import InputError
from linksift.io._decode import read_metadata, read_table
from linksift.io._encode import CsvEncoder, Encoder, JsonlEncoder, ParquetEncoder

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["TableWriter", "read_metadata", "read_table", "write_table"]

#: Rows of one part where a table is written into a folder.
PART_ROWS: Final = 1_000_000

_PART_NAME: Final = re.compile(r"part-\d{5}\.parquet")
_PREFIX: Final = "linksift."


class TableWriter:
    """Write a table chunk by chunk; a context manager.

    The table is written under a temporary name in the same folder and takes its own name only when the block
    ends well. An existing file of that name is replaced; in a folder, the parts of an earlier run are.

    Parameters
    ----------
    dest
        ``*.parquet``, ``*.csv`` or ``*.jsonl``; ``-`` for CSV on stdout; a name with ``/`` at its end, or an existing
        folder, for Parquet parts ``part-00000.parquet`` and on.
    metadata
        Goes into the Parquet file under keys that begin with ``linksift.``, or into the document
        ``<dest>.meta.json`` beside a CSV or JSONL file; on stdout it is left out.

    Raises
    ------
    InputError
        If the ending is none of the three, or the folder is missing or not writable.
    """

    def __init__(self, dest: str | Path, *, metadata: Mapping[str, str] | None = None) -> None:
        pairs = {_PREFIX + key.removeprefix(_PREFIX): value for key, value in sorted((metadata or {}).items())}
        self._output = _output(dest, pairs)
        self._columns: list[str] | None = None

    @property
    def is_broken_pipe(self) -> bool:
        """Whether the reader of stdout is gone: what is written then is dropped, and the caller may stop."""
        return isinstance(self._output, _Stdout) and self._output.is_broken

    def __enter__(self) -> Self:
        self._output.open()
        return self

    def write(self, frame: pd.DataFrame) -> None:
        """Add rows.

        Raises
        ------
        ValueError
            If the chunk's columns are not those of the first one, which also decides their types.
        """
        columns = list(frame.columns)
        if self._columns is not None and columns != self._columns:
            raise ValueError(f"a chunk has the columns {columns}, the first one had {self._columns}")
        self._columns = columns
        self._output.write(frame)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._output.abort()
            return
        try:
            self._output.commit()
        except BaseException:
            self._output.abort()
            raise


def write_table(frame: pd.DataFrame, dest: str | Path, *, metadata: Mapping[str, str] | None = None) -> None:
    """Write one frame as `TableWriter` does."""
    with TableWriter(dest, metadata=metadata) as writer:
        writer.write(frame)


class _Output(Protocol):
    def open(self) -> None: ...

    def write(self, frame: pd.DataFrame) -> None: ...

    def commit(self) -> None: ...

    def abort(self) -> None: ...


def _output(dest: str | Path, metadata: dict[str, str]) -> _Output:
    if str(dest) == "-":
        return _Stdout()
    path = Path(dest)
    if str(dest).endswith(("/", os.sep)) or path.is_dir():
        return _Folder(path, metadata)
    if path.suffix.lower() not in {".parquet", ".csv", ".jsonl"}:
        raise InputError(f"{dest}: a table's name ends in .parquet, .csv or .jsonl (or in / for a folder of parts)")
    if not path.parent.is_dir():
        raise InputError(f"{dest}: the folder {path.parent} does not exist")
    return _File(path, metadata)


class _Pending:
    """A file under a temporary name beside its final one."""

    def __init__(self, final: Path) -> None:
        self.final = final
        self.temporary = final.with_name(f".{final.name}.{os.getpid()}.tmp")
        try:
            self.handle: BinaryIO = self.temporary.open("wb")
        except OSError as error:
            raise InputError(f"{final}: cannot be written ({error.strerror or error})") from error

    def finish(self) -> None:
        self.handle.flush()
        os.fsync(self.handle.fileno())
        self.handle.close()

    def rename(self) -> None:
        self.temporary.replace(self.final)

    def remove(self) -> None:
        self.handle.close()
        self.temporary.unlink(missing_ok=True)


class _File:
    """One file, with a document of metadata beside it where the format has no room for it."""

    def __init__(self, path: Path, metadata: dict[str, str]) -> None:
        self._path = path
        self._metadata = metadata
        self._pending: list[_Pending] = []

    def open(self) -> None:
        pending = self._start(self._path)
        make: dict[str, Callable[[], Encoder]] = {
            ".parquet": lambda: ParquetEncoder(pending.handle, self._metadata),
            ".csv": lambda: CsvEncoder(pending.handle),
            ".jsonl": lambda: JsonlEncoder(pending.handle),
        }
        self._encoder = make[self._path.suffix.lower()]()

    def write(self, frame: pd.DataFrame) -> None:
        self._encoder.write(frame)

    def commit(self) -> None:
        self._encoder.close()
        if self._path.suffix.lower() != ".parquet":
            document = self._path.with_name(self._path.name + ".meta.json")
            if self._metadata:
                text = json.dumps(self._metadata, indent=2, sort_keys=True, ensure_ascii=False)
                self._start(document).handle.write(text.encode() + b"\n")
            else:
                # What an earlier table of this name said is not true of this one.
                document.unlink(missing_ok=True)
        for pending in self._pending:
            pending.finish()
        for pending in self._pending:
            pending.rename()

    def abort(self) -> None:
        for pending in self._pending:
            pending.remove()

    def _start(self, path: Path) -> _Pending:
        self._pending.append(_Pending(path))
        return self._pending[-1]


class _Folder:
    """A folder of Parquet parts; the first chunk decides the schema of all."""

    def __init__(self, folder: Path, metadata: dict[str, str]) -> None:
        self._folder = folder
        self._metadata = metadata
        self._pending: list[_Pending] = []
        self._schema: pa.Schema | None = None

    def open(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{self._folder}: cannot be made a folder ({error.strerror or error})") from error
        self._next_part()

    def write(self, frame: pd.DataFrame) -> None:
        while True:
            room = PART_ROWS - self._encoder.rows
            self._encoder.write(frame.iloc[:room])
            if len(frame) <= room:
                return
            frame = frame.iloc[room:]
            self._finish_part()
            self._next_part()

    def commit(self) -> None:
        self._finish_part()
        written = {pending.final for pending in self._pending}
        for pending in self._pending:
            pending.rename()
        for path in self._folder.iterdir():
            if _PART_NAME.fullmatch(path.name) and path not in written:
                path.unlink()

    def abort(self) -> None:
        for pending in self._pending:
            pending.remove()

    def _next_part(self) -> None:
        pending = _Pending(self._folder / f"part-{len(self._pending):05d}.parquet")
        self._pending.append(pending)
        self._encoder = ParquetEncoder(pending.handle, self._metadata, self._schema)

    def _finish_part(self) -> None:
        self._encoder.close()
        self._schema = self._encoder.schema
        self._pending[-1].finish()


class _Stdout:
    """CSV on stdout; when the reader has gone (``| head``), the rest is dropped without a fuss."""

    def __init__(self) -> None:
        self.is_broken = False

    def open(self) -> None:
        sys.stdout.flush()
        self._encoder = CsvEncoder(sys.stdout.buffer)

    def write(self, frame: pd.DataFrame) -> None:
        self._guarded(lambda: self._encoder.write(frame))

    def commit(self) -> None:
        self._guarded(sys.stdout.buffer.flush)

    def abort(self) -> None:
        self.commit()

    def _guarded(self, action: Callable[[], object]) -> None:
        if self.is_broken:
            return
        try:
            action()
        except BrokenPipeError:
            self.is_broken = True
            # The interpreter flushes stdout once more at its end, and would complain then.
            with Path(os.devnull).open("wb") as sink:
                os.dup2(sink.fileno(), sys.stdout.fileno())
