"""XLSX: what programs write, what is damaged, and what is meant to harm."""

import datetime
import io
import re
import resource
import subprocess
import sys
import zipfile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linksift.errors import InputError
from linksift.io import workbook
from linksift.io.exports import open_export, read_export

PAGE = "https://bees.example/a"
SST = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = "</sheetData></worksheet>"


def saved(path, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def packed(path, **parts):
    """Write a good workbook with another `sheet`, or with shared `strings`."""
    good = io.BytesIO()
    saved(good, {"Links": [["Linking page"], [PAGE]]})
    names = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml"}
    content = {names[part]: text for part, text in parts.items()}
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        content = {part.filename: source.read(part) for part in source.infolist()} | content
        for name, text in content.items():
            target.writestr(name, text)
    return path


def test_search_console_as_a_workbook(tmp_path):
    rows = [["Linking page", "Last crawled"], [PAGE, datetime.date(2026, 2, 28)], [None, None], ["nope", "2026-02-27"]]
    result = read_export(saved(tmp_path / "x.xlsx", {"Latest links": rows}))
    assert (result.format, result.level) == ("gsc_latest_links", "link")
    assert result.links["page_url"].tolist()[0] == PAGE
    assert result.links["last_seen"].tolist() == ["2026-02-28", "2026-02-27"]
    assert result.lines.tolist() == [2, 4]
    assert result.errors.tolist() == [None, "x.xlsx:Latest links!4: 'nope' is no http(s) URL"]


def test_cells_become_the_text_that_people_see(tmp_path):
    values = [PAGE, 12, 4.5, True, datetime.datetime(2026, 2, 28, 4, 5), None, " x "]
    result = read_export(saved(tmp_path / "x.xlsx", {"S": [["url", *"abcdef"], values]}))
    assert result.raw.loc[0].tolist() == [PAGE, "12", "4.5", "true", "2026-02-28 04:05:00", "", " x "]


def test_shared_texts_and_rows_that_do_not_say_where_they_are(tmp_path):
    strings = f"<sst><si><t>Linking page</t></si><si><r><t>{PAGE}</t></r><r><t>?b=1</t></r></si></sst>"
    sheet = HEAD + '<row><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c></row>' + TAIL
    result = read_export(packed(tmp_path / "x.xlsx", sheet=sheet, strings=strings.replace("<sst>", SST)))
    assert result.links["page_url"].tolist() == [f"{PAGE}?b=1"]


def test_sheets_of_one_header_are_read_on_and_others_are_said(tmp_path):
    header = ["Linking page", "Last crawled"]
    path = saved(
        tmp_path / "x.xlsx",
        {"Cover": [["Report"]], "1": [header, [PAGE, "2026-01-01"]], "Notes": [["a", "b"], ["c", "d"]], "2": [header, [f"{PAGE}2", ""]]},
    )  # fmt: skip
    with open_export(path) as reader:
        pages = [page for chunk in reader.chunks() for page in chunk.links["page_url"]]
    assert pages == [PAGE, f"{PAGE}2"]
    assert any("'Cover'" in note for note in reader.notes)
    assert any("'Notes'" in note for note in reader.notes)


def test_a_title_and_an_empty_column_and_a_stray_cell(tmp_path):
    rows = [
        ["Latest links of shop.example"],
        [],
        ["Linking page", "Last crawled"],
        [PAGE, "2026-01-01", None, "stray"],
        [PAGE],
    ]
    result = read_export(saved(tmp_path / "x.xlsx", {"S": rows}))
    assert result.links["page_url"].tolist() == [PAGE, PAGE]
    assert result.errors.tolist() == ["x.xlsx:S!4: row has 4 fields, the header has 2", None]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "holds no row"),
        ([["Linking page"]], "has a header but no rows"),
        ([["Linking page", "Last crawled"]], "has a header but no rows"),
        ([["Wort", "Zahl"], ["honey", 2]], "Columns found: Wort, Zahl"),
    ],
)
def test_workbooks_without_an_export(tmp_path, rows, message):
    with pytest.raises(InputError, match=message):
        read_export(saved(tmp_path / "x.xlsx", {"S": rows}))


def test_a_workbook_on_stdin(tmp_path, monkeypatch):
    content = saved(tmp_path / "x.xlsx", {"S": [["Linking page"], [PAGE]]}).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert read_export("-").links["page_url"].tolist() == [PAGE]


def test_a_zip_that_is_no_workbook(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("links.csv", "url\n")
    with pytest.raises(InputError, match="unpack it"):
        read_export(tmp_path / "x.zip")


# Hostile workbooks.


def test_a_cell_in_the_last_corner(tmp_path):
    cell = '<row r="{0}"><c r="{1}{0}" t="str"><v>x</v></c></row>'
    path = packed(tmp_path / "x.xlsx", sheet=HEAD + cell.format(1, "A") + cell.format(1_048_576, "XFD") + TAIL)
    with pytest.raises(InputError, match="5,000,000 cells"):
        read_export(path)


def test_cells_that_only_have_a_format_take_no_room(tmp_path):
    rows = f'<row><c t="str"><v>url</v></c></row><row><c t="str"><v>{PAGE}</v></c></row><row r="1048576"><c r="XFD1048576"/></row>'
    assert read_export(packed(tmp_path / "x.xlsx", sheet=HEAD + rows + TAIL)).links["page_url"].tolist() == [PAGE]


@pytest.mark.parametrize(
    ("part", "content", "message"),
    [
        ("sheet", HEAD + "<row>" + "<c/>" * 20_000 + "</row>" + TAIL, "cells"),
        ("sheet", HEAD + '<row r="1048577"/>' + TAIL, "cells"),
        ("sheet", HEAD + '<row r="99999999999999999999"><c r="ZZZZ1"/></row>' + TAIL, "cells"),
        ("sheet", '<!DOCTYPE x [<!ENTITY a "b">]>' + HEAD + "<row><c><v>&a;</v></c></row>" + TAIL, "document type"),
        ("sheet", HEAD + "<row>", "broken XML"),
        ("sheet", b"\xff\xfe\x00", "broken XML"),
        ("strings", "<sst", "broken XML"),
    ],
)
def test_parts_beyond_measure(tmp_path, part, content, message):
    with pytest.raises(InputError, match=message):
        read_export(packed(tmp_path / "x.xlsx", **{part: content}))


def test_texts_beyond_measure(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MAX_CELLS", 1_000)
    path = packed(tmp_path / "x.xlsx", strings="<sst>" + "<si><t>x</t></si>" * 2_000 + "</sst>")
    with pytest.raises(InputError, match="cells"):
        read_export(path)


def test_what_unpacks_beyond_measure_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MAX_UNPACKED_BYTES", 1_000_000)
    with pytest.raises(InputError, match="unpacks to"):
        read_export(packed(tmp_path / "x.xlsx", sheet=HEAD + " " * 2_000_000 + TAIL))


def test_a_part_that_is_larger_than_it_says(tmp_path):
    path = packed(tmp_path / "x.xlsx", sheet=HEAD + "<row/>" * 100_000 + TAIL)
    content = path.read_bytes()
    real = len(HEAD + TAIL) + 600_000
    assert content.count(real.to_bytes(4, "little"))
    path.write_bytes(content.replace(real.to_bytes(4, "little"), (300).to_bytes(4, "little")))
    with pytest.raises(InputError, match=r"damaged|broken XML"):
        read_export(path)


def test_a_bomb_takes_little_memory(tmp_path):
    path = packed(
        tmp_path / "x.xlsx", sheet=HEAD + "<row>" + "<c/>" * 16_000 + "</row>" + "<row><c/></row>" * 1_100_000 + TAIL
    )
    code = (
        "import resource, sys\n"
        "from linksift.io.exports import read_export\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "try:\n    read_export(sys.argv[1])\n"
        "except ValueError as error:\n    print(peak() - before, error)\n"
    )
    limit = 4 * 1024**3
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True, timeout=300,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )  # fmt: skip
    kilobytes, message = done.stdout.split(" ", 1)
    assert "cells" in message
    assert int(kilobytes) < 100_000


VALUES = [
    "",
    "0",
    "-1",
    "1e400",
    "A0",
    "ZZZ1",
    "b",
    "e",
    "d",
    "s",
    "str",
    "inlineStr",
    "2024-13-45",
    "nan",
    "-5e308",
    "é",
    "../x",
]
VALUE = re.compile(r'(?<==")[^"]*(?=")|(?<=>)[^<>]+(?=<)')


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(VALUES)), max_size=4),
    st.binary(max_size=6),
    st.integers(0, 10**6),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_workbook_is_read_or_refused(tmp_path, changes, junk, at):
    good = io.BytesIO()
    saved(good, {"S": [["Linking page", "Last crawled"], [PAGE, datetime.date(2026, 1, 1)], [PAGE, 3.5]]})
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(tmp_path / "x.xlsx", "w") as target:
        for part in source.infolist():
            text = source.read(part).decode()
            for where, value in changes if part.filename.startswith("xl/") else []:
                spots = list(VALUE.finditer(text))
                if spots:
                    spot = spots[where % len(spots)]
                    text = text[: spot.start()] + value + text[spot.end() :]
            target.writestr(part.filename, text)
    content = (tmp_path / "x.xlsx").read_bytes()
    start = at % len(content)
    (tmp_path / "x.xlsx").write_bytes(content[:start] + junk + content[start + len(junk) :])
    try:
        result = read_export(tmp_path / "x.xlsx")
    except InputError as error:
        assert str(error)
    else:
        assert len(result.raw) == len(result.errors)
