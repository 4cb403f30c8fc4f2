"""Large files are read piece by piece: memory does not grow with them."""

import csv
import gzip
import io
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linksift.io import csvrows
from linksift.io.csvrows import header_and_rows
from linksift.io.exports import open_export

PEAK = """
import resource, sys
from linksift.io.exports import open_export

rows = broken = 0
with open_export(sys.argv[1]) as reader:
    for chunk in reader.chunks():
        rows += len(chunk.raw)
        broken += int(chunk.errors.notna().sum())
print(rows, broken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def write(path, megabytes, disturbed=""):
    row = "https://host%d.example/page,anchor," + "words of a title " * 60 + "\n"
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8") as handle:
        handle.write("url,anchor,title\n")
        for number in range(megabytes * 1024):
            handle.write(row % (number % 997))
            if number == 10:
                handle.write(disturbed)
    return path


def read(path):
    """Rows, broken rows and the peak of the process in megabytes."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=True, timeout=600
    )
    return [int(number) for number in done.stdout.split()]


@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz"])
def test_memory_does_not_grow_with_the_file(tmp_path, name):
    *_, small = read(write(tmp_path / f"small-{name}", 20))
    rows, broken, large = read(write(tmp_path / f"large-{name}", 60))
    assert (rows, broken) == (60 * 1024, 0)
    assert large - small < 25


def test_a_quote_that_is_never_closed_does_not_load_the_file(tmp_path):
    *_, small = read(write(tmp_path / "small.csv", 20))
    rows, broken, large = read(write(tmp_path / "large.csv", 60, 'https://b.example/,"open\n'))
    assert (rows, broken) == (60 * 1024 + 1, 1)
    assert large - small < 60


def test_long_rows_make_short_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr("linksift.io.exports._CHUNK_CHARS", 1_000)
    (tmp_path / "x.csv").write_text("url,anchor\n" + f"https://a.example/,{'x' * 400}\n" * 10)
    with open_export(tmp_path / "x.csv") as reader:
        assert [len(chunk.raw) for chunk in reader.chunks()] == [3, 3, 3, 1]


def test_wide_tables_make_short_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr("linksift.io.exports._CHUNK_CELLS", 10)
    (tmp_path / "x.csv").write_text("url,a,b,c\n" + "https://a.example/,1,2,3\n" * 5)
    with open_export(tmp_path / "x.csv") as reader:
        assert [len(chunk.raw) for chunk in reader.chunks()] == [2, 2, 1]


def rows_of(text):
    header, rows = header_and_rows(io.StringIO(text, newline=""), "x")
    return header, [(row.line, row.fields) for row in rows]


def test_an_open_quote_ends_where_it_has_run_on_for_too_long(monkeypatch):
    monkeypatch.setattr(csvrows, "_MAX_SPAN_LINES", 4)
    text = 'a,b\n1,"open\n' + "words\n" * 6 + "2,x\n"
    rows = rows_of(text)[1]
    assert rows[0][0] == 2
    assert rows[0][1][0] == "1"
    assert rows[-1] == (9, ["2", "x"])


def test_rows_with_line_breaks_after_an_open_quote_stay_whole():
    rows = rows_of('url,anchor\nhttps://a.example/,"open\nhttps://b.example/,"x\ny"\nhttps://c.example/,z\n')[1]
    assert rows[-2:] == [(3, ["https://b.example/", "x\ny"]), (5, ["https://c.example/", "z"])]


def test_a_header_over_two_lines():
    assert rows_of('url,"last\ncrawled"\nhttps://a.example/,x\n') == (
        ["url", "last\ncrawled"],
        [(3, ["https://a.example/", "x"])],
    )


def test_a_header_with_an_open_quote_takes_one_line():
    header, rows = rows_of('url,"anchor\nhttps://a.example/,x\nhttps://b.example/,y\n')
    assert header[0] == "url"
    assert [fields[0] for _, fields in rows] == ["https://a.example/", "https://b.example/"]


cell = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.lists(cell, min_size=3, max_size=3), max_size=12), st.integers(1, 40))
def test_every_line_is_in_one_row_whatever_breaks(rows, at):
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([["a", "b", "c"], *rows])
    text = buffer.getvalue()
    text = text[:at] + '"' + text[at:]
    lines = [line for line, _ in rows_of(text)[1]]
    assert lines == sorted(set(lines))
