import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linksift.errors import InputError
from linksift.io.csvrows import header_and_rows
from linksift.io.textfile import lines, open_text


def read(path):
    with open_text(path) as text:
        return "".join(lines(text, "x"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_are_found_from_the_bytes(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes("url,anchor\nhttps://a.example/,Grüße, привет 漢字\n".encode(encoding))
    assert read(path) == "url,anchor\nhttps://a.example/,Grüße, привет 漢字\n"


def test_bytes_that_are_no_utf8_are_kept(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"url,a\n" + bytes(range(0x80, 0x100)) + "\nжук\n".encode())
    text = read(path)
    assert len(text.split("\n")[1]) == 128
    assert "é" in text
    assert "€" in text
    assert "жук" in text


def test_nul_characters_are_dropped(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"url,anchor\nhttps://a.example/,a\0b\n")
    assert read(path).endswith("ab\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (gzip.compress(b""), "empty"),
        (b"PK\x03\x04abc", "save it as CSV"),
        (b"\xd0\xcf\x11\xe0abc", "save it as CSV"),
        (b"PAR1abc", "Parquet"),
        (bytes(range(32)) * 9, "binary"),
        (b"\x1f\x8b\x08garbage", "broken from the start"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path, content, message):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read(path)


def test_missing_file_and_folder_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "none.csv")
    with pytest.raises(InputError, match="folder"):
        read(tmp_path)


def test_a_line_without_end_is_refused(monkeypatch):
    monkeypatch.setattr("linksift.io.textfile.MAX_LINE_CHARS", 100)
    with pytest.raises(InputError, match="x:2"):
        list(lines(io.StringIO("short\n" + "a" * 200), "x"))


def rows_of(text):
    header, rows = header_and_rows(io.StringIO(text, newline=""), "x")
    return header, [(row.line, row.fields) for row in rows]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_delimiters(delimiter):
    text = f'a{delimiter}b\r\n"1{delimiter}2"{delimiter}"x\ny"\r\n\r\n3{delimiter}4'
    assert rows_of(text) == (["a", "b"], [(2, [f"1{delimiter}2", "x\ny"]), (5, ["3", "4"])])


def test_one_column_has_no_delimiter():
    assert rows_of("Linking page\nhttps://a.example/x,y;z\n") == (["Linking page"], [(2, ["https://a.example/x,y;z"])])


def test_an_open_quote_does_not_swallow_the_rows_after_it():
    text = 'url,anchor\nhttps://a.example/,"open\nhttps://b.example/,b\nhttps://c.example/,c\n'
    assert [fields[0] for _, fields in rows_of(text)[1]] == [
        "https://a.example/",
        "https://b.example/",
        "https://c.example/",
    ]


def test_a_short_row_with_a_line_break_stays_one_row():
    assert rows_of('a,b,c\n1,"x\ny"\n')[1] == [(2, ["1", "x\ny"])]


def test_fields_may_be_huge():
    assert len(rows_of("a,b\n1," + "x" * 1_000_000)[1][0][1][1]) == 1_000_000


cell = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.lists(cell, min_size=2, max_size=2), max_size=20))
def test_what_csv_wrote_is_read_back(rows):
    import csv

    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerow(["a", "b"])
    writer.writerows(rows)
    assert [fields for _, fields in rows_of(buffer.getvalue())[1]] == rows


@given(st.text(st.sampled_from('a,";\t\r\n h'), max_size=80))
def test_any_text_gives_rows_or_an_input_error(text):
    try:
        header, rows = rows_of(text)
    except InputError:
        assert not text.strip()
    else:
        assert header
        assert all(fields for _, fields in rows)
