"""What people copied from the screen of Ahrefs into a spreadsheet; all rows are made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linksift.io.csvrows import Row
from linksift.io.exports import open_export, read_export
from linksift.io.uicopy import mended_header, mended_rows

NAMES = ["Domain", "DR", "Dofollow ref. domains", "Traffic", "Links to target", "First seen"]
TWICE = [*NAMES[:4], "", NAMES[4], NAMES[5], *NAMES[:4], "", NAMES[4], NAMES[5]]


def mended(*cells, names=NAMES):
    row = next(mended_rows([Row(2, list(cells))], names))
    return row.fields, row.problem


def test_the_header_that_stands_twice():
    assert mended_header(TWICE) == NAMES


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["78", "165", "0", "1"], ["78", "165", "0", "1"]),
        (["4.5", "2", "165", "0", "1"], ["4.5", "2165", "0", "1"]),
        (["78", "3", "083", "1", "002", "7"], ["78", "3083", "1002", "7"]),
        (["78", "1", "234", "567", "0", "1"], ["78", "1234567", "0", "1"]),
        (["67", "639", "2", "581", "4"], ["67", "639", "2581", "4"]),
    ],
)
def test_numbers_that_were_split_are_put_together(cells, numbers):
    fields, problem = mended("", "bees.example", *cells, "", "2026-07-21")
    assert fields == ["bees.example", *numbers, "2026-07-21"]
    assert problem is None


def test_what_can_be_put_together_in_two_ways_is_left_out():
    fields, problem = mended("bees.example", "78", "5", "839", "594", "1", "2026-07-21")
    assert fields == ["bees.example", "78", "", "", "1", "2026-07-21"]
    assert "left unknown" in problem


@pytest.mark.parametrize("cells", [["78", "1", "2026-07-21"], ["78", "x", "1", "2", "2026-07-21"], ["9"] * 60])
def test_a_row_that_cannot_be_read_keeps_its_domain(cells):
    fields, problem = mended("bees.example", *cells)
    assert fields[0] == "bees.example"
    assert fields[1:5] == [""] * 4
    assert problem


def test_a_copy_in_a_csv_with_the_badge_and_a_bare_date(tmp_path):
    path = tmp_path / "x.csv"
    rows = [",bees.exampleSPAM,4,1,200,0,3,46224", ",b.example,4,12,0,3,46224", ",c.example,4,5,839,594,1,46224"]
    path.write_text(",".join(TWICE) + "\n\n" + "\n".join(rows) + "\n")
    with open_export(path) as reader:
        result = reader.read()
    assert list(result.raw.columns) == NAMES
    assert result.links["domain"].tolist() == ["bees.example", "b.example", "c.example"]
    assert result.links["ahrefs_is_spam"].isna().tolist() == [False, True, True]
    assert result.links["ahrefs_is_spam"][0]
    assert result.links["first_seen"].tolist() == ["2026-07-21"] * 3
    assert result.links["weight"].tolist() == [3.0, 3.0, 1.0]
    assert result.errors[:2].isna().all()
    assert result.errors[2].startswith("x.csv:5: numbers were split")
    assert any("copied from a screen" in note for note in reader.notes)


def test_an_untouched_export_is_left_alone(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("Domain,DR,Links to target,Lost\nbees.example,4.5,,\n")
    result = read_export(path)
    assert result.raw.loc[0].tolist() == ["bees.example", "4.5", "", ""]
    assert not result.links.loc[0, "lost"]


counts = st.lists(st.integers(0, 10**9), min_size=3, max_size=3)


@given(st.integers(0, 100), counts)
def test_a_number_that_is_told_is_the_right_one(rating, numbers):
    cells = [str(rating), *(piece for number in numbers for piece in f"{number:,}".split(","))]
    fields, problem = mended("bees.example", *cells, "2026-07-21")
    told = [(found, str(number)) for found, number in zip(fields[1:5], [rating, *numbers], strict=True) if found]
    assert all(found == number for found, number in told)
    assert (problem is None) == (len(told) == 4)


@given(st.lists(st.text(max_size=6), max_size=30))
def test_any_cells_make_one_row_of_the_right_width(cells):
    fields, _ = mended("bees.example", *cells)
    assert len(fields) == len(NAMES)
