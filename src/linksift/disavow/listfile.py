"""A disavow file as it lies on the disk: its bytes, its lines, and what is wrong with the file as a whole."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from linksift.disavow.codes import Finding
from linksift.disavow.entry import MAX_BYTES, MAX_LINES, Entry
from linksift.disavow.lines import Reading, read_line
from linksift.errors import InputError
from linksift.io.textfile import display_name, open_binary, open_text

#: A file beyond this is not read: it is 50 times what Google takes.
READ_BYTES: Final = 50 * MAX_BYTES

_LINE_END: Final = re.compile(r"\r\n|\n|\r")


@dataclass(slots=True)
class ListFile:
    """A file that was read.

    Attributes
    ----------
    name
        For messages.
    text
        The whole text, without a byte-order mark.
    lines
        One reading a line; the first is line 1.
    findings
        Defects of the file as a whole.
    """

    name: str
    text: str
    lines: list[Reading]
    findings: list[Finding] = field(default_factory=list)

    def entries(self) -> Iterator[tuple[int, Entry]]:
        """Yield each entry with the number of its line."""
        for number, reading in enumerate(self.lines, start=1):
            for entry in reading.entries:
                yield number, entry


def read_list_file(path: str | Path) -> ListFile:
    """Read a disavow file, whatever its encoding.

    Raises
    ------
    InputError
        If the file is missing, empty, not text, or larger than `READ_BYTES`.
    """
    name = display_name(path)
    with open_binary(path) as handle:
        raw = handle.read(READ_BYTES + 1)
    if len(raw) > READ_BYTES:
        raise InputError(
            f"{name}: is larger than {READ_BYTES:,} bytes, Google takes {MAX_BYTES:,}: is it a disavow file?"
        )
    with open_text(path) as stream:
        text = stream.read()
    found = parse_text(text, name)
    if not name.lower().endswith(".txt"):
        found.findings.append(Finding(0, "file-name", "the name of the file must end in .txt"))
    found.findings += [*_encoding(raw), *_size(len(raw), found.lines)]
    return found


def parse_text(text: str, name: str = "text") -> ListFile:
    """Read the text of a disavow file."""
    lines = _LINE_END.split(text)
    findings = []
    if lines[-1] == "":
        lines.pop()
    elif text:
        findings.append(Finding(len(lines), "no-final-newline", "the last line has no line end"))
    odd = next((end for end in _LINE_END.finditer(text) if end[0] != "\n"), None)
    if odd is not None:
        number = text.count("\n", 0, odd.start()) + 1
        kind = "CR LF, as Windows writes them" if odd[0] == "\r\n" else "a bare CR, as old Macs wrote them"
        findings.append(Finding(number, "line-ends", f"the line ends in {kind}; LF is plain"))
    readings = [read_line(line) for line in lines]
    if not any(reading.entries for reading in readings):
        findings.append(Finding(0, "no-entries", "holds no entry: uploading it takes everything back in"))
    return ListFile(name, text, readings, findings)


def _size(size: int, lines: list[Reading]) -> Iterator[Finding]:
    if len(lines) > MAX_LINES:
        message = f"has {len(lines):,} lines, blank lines and comments included; {MAX_LINES:,} are allowed"
        yield Finding(MAX_LINES + 1, "too-many-lines", message)
    if size > MAX_BYTES:
        yield Finding(0, "too-large", f"has {size:,} bytes; 2 MB ({MAX_BYTES:,}) are allowed")


def _encoding(raw: bytes) -> Iterator[Finding]:
    if raw.startswith(codecs.BOM_UTF8):
        yield Finding(
            1, "bom", "begins with a byte-order mark, which may spoil the first line: save as UTF-8 without it"
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        yield Finding(line, "encoding", "is not UTF-8: save the file as UTF-8, or as plain ASCII")
        return
    if "\0" in text:
        # UTF-16 without a mark is valid UTF-8, as far as the bytes go.
        yield Finding(
            text.count("\n", 0, text.index("\0")) + 1, "encoding", "holds NUL bytes, as UTF-16 has: save as UTF-8"
        )
