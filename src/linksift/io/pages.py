"""Read linking pages: Parquet, WARC, a folder of HTML files, one HTML file, or any of the files from stdin."""

import gzip
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from linksift.errors import InputError
from linksift.io.csvrows import header_and_rows
from linksift.io.headers import header_positions
from linksift.io.rawpage import MAX_PAGE_BYTES, RawPage, page_id_of, raw_page
from linksift.io.textfile import BROKEN_GZIP, display_name, lines, open_binary, open_text, starts_with_gzip
from linksift.io.warc import read_warc

__all__ = ["MAX_PAGE_BYTES", "RawPage", "count_pages", "page_id_of", "read_pages"]

_BATCH_PAGES: Final = 64
_HTML_SUFFIXES: Final = frozenset({".html", ".htm"})
_MARKUP: Final = re.compile(
    rb"<(?:!doctype\s+html|!--|\?xml|html|head|body|title|meta|link|script|style|div|p|a|span|table|h1)\b|<!--",
    re.IGNORECASE,
)
_WHAT: Final = "Parquet with a column html, WARC (.warc, .warc.gz), or HTML"


def read_pages(path: str | Path, *, urls: Path | None = None) -> Iterator[RawPage]:
    """Read pages one by one; memory does not grow with the input.

    Parameters
    ----------
    path
        A Parquet file with a column ``html`` (and ``url``, ``page_id`` where there are any), a ``.warc`` or
        ``.warc.gz``, a folder of ``.html`` and ``.htm`` files, one such file, or ``-`` for a file on stdin.
    urls
        For a folder: a CSV of columns ``file`` (relative to the folder) and ``url``.

    Returns
    -------
    iterator of RawPage
        In the order of the input (of a folder: by path). A page that cannot be read is there with its error.

    Raises
    ------
    InputError
        If the input is missing, empty, damaged, or none of these kinds; most of it before the first page.
    """
    if str(path) != "-" and Path(path).is_dir():
        return _read_folder(Path(path), _page_files(Path(path)), _read_urls(urls) if urls else {})
    if urls is not None:
        raise InputError(f"{display_name(path)}: a CSV of URLs goes with a folder of HTML files only")
    handle = open_binary(path)
    try:
        return _read_file(handle, path)
    except InputError:
        handle.close()
        raise


def count_pages(path: str | Path) -> int | None:
    """Return how many pages there are where that costs nothing (Parquet, a folder), else None."""
    if str(path) == "-":
        return None
    source = Path(path)
    if source.is_dir():
        return len(_page_files(source))
    try:
        return int(pq.read_metadata(source).num_rows)
    except (OSError, pa.ArrowException):
        return None


def _read_file(handle: BinaryIO, path: str | Path) -> Iterator[RawPage]:
    name = display_name(path)
    suffix = Path(path).suffix.lower()
    head = handle.read(4096)
    handle.seek(0)
    if head.startswith(b"PAR1"):
        return _read_parquet(handle, _open_parquet(handle, name), name)
    if _unpacked_start(handle, head).startswith(b"WARC/"):
        return _closing(handle, read_warc(handle, name))
    if suffix in _HTML_SUFFIXES or (
        suffix not in {".parquet", ".warc", ".gz"} and _MARKUP.search(head.replace(b"\0", b""))
    ):
        return iter([raw_page(_read_bounded(handle), None, name)])
    raise InputError(f"{name}: is none of {_WHAT}; it begins with {head[:16]!r}")


def _unpacked_start(handle: BinaryIO, head: bytes) -> bytes:
    if not starts_with_gzip(head):
        return head
    try:
        return gzip.GzipFile(fileobj=handle).read(5)
    except (OSError, *BROKEN_GZIP):
        return b""
    finally:
        handle.seek(0)


def _closing(handle: BinaryIO, pages: Iterator[RawPage]) -> Iterator[RawPage]:
    with handle:
        yield from pages


def _read_bounded(handle: BinaryIO) -> bytes:
    with handle:
        return handle.read(MAX_PAGE_BYTES + 1)


def _open_parquet(handle: BinaryIO, name: str) -> pq.ParquetFile:
    try:
        # A buffer instead of whole column chunks: one row group may hold gigabytes of pages.
        file = pq.ParquetFile(handle, buffer_size=1 << 20, pre_buffer=False)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{name}: is a damaged Parquet file ({_first_line(error)})") from error
    columns = file.schema_arrow.names
    if "html" not in columns:
        raise InputError(f"{name}: has no column html; columns found: {', '.join(columns)}")
    kind = file.schema_arrow.field("html").type
    if not _is_text(kind):
        raise InputError(f"{name}: the column html must be binary or text, it is {kind}")
    if file.metadata.num_rows == 0:
        raise InputError(f"{name}: has no rows")
    return file


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    checks = (
        pa.types.is_binary,
        pa.types.is_large_binary,
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_fixed_size_binary,
    )
    return any(check(value) for check in checks)


def _read_parquet(handle: BinaryIO, file: pq.ParquetFile, name: str) -> Iterator[RawPage]:
    wanted = [column for column in ("page_id", "url", "html") if column in file.schema_arrow.names]
    number = 0
    with handle, file:
        batches = file.iter_batches(batch_size=_BATCH_PAGES, columns=wanted)
        while (batch := _next_batch(batches, name, number)) is not None:
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            nothing = [None] * batch.num_rows
            ids = _texts(columns["page_id"]) if "page_id" in columns else nothing
            urls = _texts(columns["url"]) if "url" in columns else nothing
            for page_id, url, html in zip(ids, urls, _bytes(columns["html"]), strict=True):
                number += 1
                where = f"{name}:{number}"
                if html is None:
                    yield RawPage(page_id, url, None, "the row has no html", where)
                else:
                    yield raw_page(html, url, where, page_id)


def _next_batch(batches: Iterator[pa.RecordBatch], name: str, number: int) -> pa.RecordBatch | None:
    try:
        return next(batches, None)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{name}: is damaged after row {number} ({_first_line(error)})") from error


def _bytes(column: pa.Array) -> list[bytes | None]:
    plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    values: list[bytes | None] = plain.cast(pa.large_binary()).to_pylist()
    return values


def _texts(column: pa.Array) -> list[str | None]:
    """Return the cells as stripped text; an empty one is None."""
    if _is_text(column.type):
        cells = [value.decode("utf-8", "replace") if value is not None else "" for value in _bytes(column)]
    else:
        cells = [str(value) if value is not None else "" for value in column.to_pylist()]
    return [cell.strip() or None for cell in cells]


def _page_files(folder: Path) -> list[Path]:
    files = (f for f in folder.rglob("*") if f.suffix.lower() in _HTML_SUFFIXES and not f.is_dir())
    return sorted(files, key=lambda f: f.relative_to(folder).as_posix())


def _read_folder(folder: Path, files: list[Path], urls: Mapping[str, str | None]) -> Iterator[RawPage]:
    if not files and not urls:
        raise InputError(f"{folder}: the folder holds no .html or .htm file")
    names = [f.relative_to(folder).as_posix() for f in files]
    return _folder_pages(folder, names, urls)


def _folder_pages(folder: Path, names: list[str], urls: Mapping[str, str | None]) -> Iterator[RawPage]:
    present = set(names)
    for name in sorted(present | urls.keys()):
        url = urls.get(name)
        if name not in present:
            yield RawPage(None, url, None, "the file is named in the CSV of URLs but is not there", name)
            continue
        try:
            if not (folder / name).is_file():
                raise OSError("not a regular file")
            html = _read_bounded((folder / name).open("rb"))
        except OSError as error:
            yield RawPage(None, url, None, f"the file cannot be read: {error.strerror or error}", name)
        else:
            yield raw_page(html, url, name)


def _read_urls(path: Path) -> dict[str, str | None]:
    """Read the CSV that says from where the files of a folder came."""
    name = display_name(path)
    try:
        with open_text(path) as text:
            header, rows = header_and_rows(lines(text, name), name)
            positions = header_positions(header)
            if not {"file", "url"} <= positions.keys():
                raise InputError(f"{name}: needs the columns file and url; columns found: {', '.join(header)}")
            urls: dict[str, str | None] = {}
            for row in rows:
                if len(row.fields) != len(header):
                    raise InputError(f"{name}:{row.line}: has {len(row.fields)} fields, the header has {len(header)}")
                file = Path(row.fields[positions["file"]].strip()).as_posix()
                urls[file] = row.fields[positions["url"]].strip() or None
            return urls
    except BROKEN_GZIP:
        raise InputError(f"{name}: the gzip stream breaks off") from None


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:120]
