"""From any input to link tables: one row for each row, in order, and export rows joined to their pages."""

import gzip
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linksift import inputs
from linksift.errors import InputError
from linksift.extraction import IDENTITY, extract
from linksift.inputs import kind_of, read_links
from linksift.io.rawpage import raw_page
from linksift.io.tables import write_table

TARGET = "https://bakery.example/"
# The head's end is not written out, as HTML allows.
PAGE = f"""<title>A walk in the hills</title><article><p>We set out before dawn, and had <a href="{TARGET}">rye bread</a>
with us, from <a href="{TARGET}" rel="nofollow">the bakery</a> that a friend runs. On the way back we met a
<a href="https://mill.example/tour">miller</a>, who let us in.</p></article>
<footer><p><a href="{TARGET}"><img src="logo.png" alt=""></a></p></footer>"""
HEADER = "Source url,Source title,Target url,Anchor,External links,Internal links,Nofollow,Page ascore\n"


@pytest.fixture
def pages(tmp_path):
    """Two pages that can be read and one that cannot, as a Parquet file."""
    path = tmp_path / "pages.parquet"
    rows = [
        ("walk", "https://www.hills.example/walk/", PAGE.encode()),
        ("other", "https://other.example/list", b"<p>Nothing <a href='https://else.example/'>here</a>.</p>"),
        ("lost", "https://lost.example/", None),
    ]
    pd.DataFrame(rows, columns=["page_id", "url", "html"]).to_parquet(path)
    return path


@pytest.fixture
def read(tmp_path, contract):
    """Read an export of some rows, and return the joined link table."""

    def read(*rows, header=HEADER, **options):
        path = tmp_path / "export.csv"
        path.write_text(header + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        chunks = list(read_links(path, contract, **options))
        for chunk in chunks:
            assert chunk.own.index.equals(chunk.links.index)
            assert list(chunk.links.columns) == [*IDENTITY, *contract.names]
        return pd.concat([chunk.links for chunk in chunks])

    return read


def row(page="https://www.hills.example/walk/", target=TARGET, anchor="rye bread", nofollow="false", title="A walk"):
    return f"{page},{title},{target},{anchor},12,3,{nofollow},41"


# --- an export row and its page ---


def test_a_row_is_judged_from_its_page_where_that_is_there(read, pages, contract):
    joined = read(row(), pages=pages).iloc[0]
    alone = read(row()).iloc[0]
    assert (joined["basis"], alone["basis"]) == ("page", "row")
    assert joined["page_id"] == "walk"
    place = [name for name in contract.needing("page") if name.startswith(("place_", "area_", "block0_"))]
    assert joined[place].notna().all()
    assert alone[contract.needing("page")].isna().all()
    # What the row calls itself stays; what the page shows takes the place of what the row says.
    assert joined[["link_id", "page_url", "title", "target_url", "anchor"]].equals(
        alone[["link_id", "page_url", "title", "target_url", "anchor"]]
    )
    assert joined["title_words"] == 5
    assert alone["title_words"] == 2
    assert joined["row_external"] != 12


def test_a_joined_link_measures_as_the_page_alone(read, pages, contract):
    joined = read(row(anchor="miller", target="https://mill.example/tour"), pages=pages).iloc[0]
    table = pd.concat(extract([raw_page(PAGE.encode(), "https://www.hills.example/walk/", "walk", "walk")]))
    measured = table[table["anchor"] == "miller"].iloc[0]
    known_to_the_row = {feature.name for feature in contract.features if feature.family == "provider"}
    names = [name for name in contract.names if name not in {*known_to_the_row, "semrush_page_ascore"}]
    pd.testing.assert_series_equal(joined[names], measured[names], check_names=False, check_dtype=False)


def test_what_only_the_export_knows_stays(read, pages):
    assert read(row(), pages=pages)["semrush_page_ascore"].tolist() == [41]


@pytest.mark.parametrize(
    "page",
    [
        "https://www.hills.example/walk/",
        "http://hills.example/walk",
        "HTTPS://WWW.HILLS.EXAMPLE:443/walk#top",
    ],
)
@pytest.mark.parametrize("target", [TARGET, "http://www.bakery.example", "https://bakery.example/#order"])
def test_other_spellings_of_page_and_target_meet(read, pages, page, target):
    assert read(row(page, target), pages=pages)["basis"].tolist() == ["page"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"page": "https://nowhere.example/"}, "the page is not there"),
        ({"page": "https://www.hills.example/walk/?p=2"}, "another page"),
        ({"target": "https://elsewhere.example/"}, "the link is not on the page"),
        ({"target": "https://bakery.example/shop"}, "another page of the target"),
        ({"page": "https://lost.example/"}, "the page could not be read"),
        ({"target": ""}, "the row names no target"),
    ],
)
def test_what_is_not_found_is_judged_as_a_row(read, pages, changes, why):
    links = read(row(**changes), row(), pages=pages)
    assert links["basis"].tolist() == ["row", "page"], why
    assert links["page_id"].isna().tolist() == [True, False]
    assert links["title_words"].tolist() == [2, 5]


@pytest.mark.parametrize(
    ("anchor", "rel", "in_footer"),
    [
        ("rye bread", "", False),
        ("the bakery", "nofollow", False),
        ("", "", True),  # the image without a word
        ("[image alt=]", "", True),
        ("an anchor that the page no longer has", "", False),  # then the first
    ],
)
def test_of_several_links_the_one_with_the_rows_anchor_is_taken(read, pages, anchor, rel, in_footer):
    found = read(row(anchor=anchor), pages=pages).iloc[0]
    assert found["basis"] == "page"
    assert found["rel"] == rel
    assert bool(found["area_footer"]) == in_footer
    assert found["counts"] == (rel == "")


def test_an_image_is_found_by_its_alternative_text(read, tmp_path):
    html = f"<p><a href='{TARGET}'>our bread</a> <a href='{TARGET}' rel='ugc'><img alt='A loaf'></a></p>".encode()
    pd.DataFrame({"url": ["https://a.example/"], "html": [html]}).to_parquet(tmp_path / "image.parquet")
    links = read(
        *(row("https://a.example/", anchor=text) for text in ("A loaf", "our bread")), pages=tmp_path / "image.parquet"
    )
    assert links["rel"].tolist() == ["ugc", ""]


def test_a_row_that_names_no_anchor_gets_the_first_link(read, pages):
    found = read(f"https://www.hills.example/walk/,{TARGET}", header="url,target_url\n", pages=pages).iloc[0]
    assert (found["basis"], bool(found["area_footer"]), found["rel"]) == ("page", False, "")


def test_each_row_finds_its_own_link(read, pages):
    links = read(row(anchor="the bakery"), row(anchor="rye bread"), row(anchor="the bakery"), pages=pages)
    assert links["counts"].tolist() == [False, True, False]
    assert links["link_id"].tolist() == ["row-1", "row-2", "row-3"]


def test_whether_a_link_counts_is_the_pages_word(read, pages):
    said_otherwise = [row(anchor="rye bread", nofollow="true"), row(anchor="the bakery", nofollow="false")]
    assert read(*said_otherwise)["counts"].tolist() == [False, True]
    assert read(*said_otherwise, pages=pages)["counts"].tolist() == [True, False]


def test_a_folder_of_pages_with_their_urls(read, tmp_path):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "one.html").write_text(PAGE)
    (tmp_path / "urls.csv").write_text("file,url\none.html,https://www.hills.example/walk/\n")
    found = read(row(), pages=tmp_path / "saved", urls=tmp_path / "urls.csv")
    assert found["basis"].tolist() == ["page"]
    assert read(row(), pages=tmp_path / "saved")["basis"].tolist() == ["row"], "without a URL no row is met"


def test_workers_give_the_same(read, pages):
    pd.testing.assert_frame_equal(
        read(row(), row(anchor=""), pages=pages, jobs=1), read(row(), row(anchor=""), pages=pages)
    )


def test_only_an_export_is_joined(pages, contract, tmp_path):
    table = pd.concat(extract([raw_page(PAGE.encode(), "https://a.example/", "a")], contract=contract))
    write_table(table, tmp_path / "table.parquet")
    for name in ("pages.parquet", "table.parquet"):
        with pytest.raises(InputError, match="leave out --pages"):
            list(read_links(tmp_path / name, contract, pages=pages))


# --- one row for each row ---


def test_every_row_comes_back_once_and_in_order(read, pages, monkeypatch):
    monkeypatch.setattr(inputs, "_CHUNK_ROWS", 3)
    kinds = [
        row(),
        "no url,T,,a,,,,",
        row(page=""),
        "https://short.example/",
        row(),
        f"{row()},one field more",
        row(anchor=""),
    ]
    for options in ({}, {"pages": pages}):
        links = read(*kinds * 3, **options)
        assert links["link_id"].tolist() == [f"row-{number}" for number in range(1, 22)]
        bad = [False, True, True, True, False, True, False]
        assert links["error"].notna().tolist() == bad * 3
        assert links["page_url"].isna().tolist() == [False, True, True, False, False, False, False] * 3


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["https://www.hills.example/walk/", "https://b.example/x?y=1", "mailto:x", "http://[", ""]) | st.text(max_size=20),
            st.sampled_from([TARGET, "", "//bakery.example"]) | st.text(max_size=20),
            st.text(max_size=20),
        ),
        min_size=1,
        max_size=8,
    )
)  # fmt: skip
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_the_cells_each_row_comes_back(tmp_path, contract, pages, rows):
    frame = pd.DataFrame(rows, columns=["page_url", "target_url", "anchor"])
    path = tmp_path / "any.csv"
    try:
        path.write_text(frame.to_csv(index=False), encoding="utf-8")
        chunks = list(read_links(path, contract, pages=pages))
    except (UnicodeEncodeError, InputError):  # a lone surrogate is no text; a NUL is no CSV
        return
    links = pd.concat([chunk.links for chunk in chunks])
    assert links["link_id"].tolist() == [f"row-{number}" for number in range(1, len(links) + 1)]
    assert len(links) == sum(len(chunk.own) for chunk in chunks)
    assert not np.isinf(links[contract.names].to_numpy(dtype=float, na_value=np.nan)).any()
    assert set(links["basis"]) <= {"page", "row", "url"}


@pytest.mark.parametrize(
    ("header", "cells", "basis"),
    [
        ("url,anchor", "https://a.example/x,here", "row"),
        ("url,title", "https://a.example/x,Title", "row"),
        ("url,target_url", f"https://a.example/x,{TARGET}", "url"),
        ("Linking page,Last crawled", "https://a.example/x,2026-10-01", "url"),
        ("domain", "a.example", "url"),
    ],
)
def test_what_a_row_is_judged_from(read, header, cells, basis):
    links = read(cells, header=f"{header}\n")
    assert links["basis"].tolist() == [basis]
    assert links["url_host_length"].tolist() == [len("a.example")]


@pytest.mark.parametrize(
    ("flags", "counts"),
    [
        ("false,,", True),
        ("true,,", False),
        ("false,true,", False),
        ("false,,true", False),
        (",true,", False),
        (",,", pd.NA),
        (",false,false", pd.NA),
    ],
)
def test_one_flag_settles_that_a_link_does_not_count(read, flags, counts):
    found = read(f"https://a.example/,{flags}", header="url,nofollow,sponsored,ugc\n")["counts"].iloc[0]
    assert found is counts or found == counts


def test_a_target_text_takes_the_place_of_the_targets_url(read):
    texts = {"bakery.example": "Walk and bread"}
    plain, told = read(row(title="A walk to the bread")), read(row(title="A walk to the bread"), targets=texts)
    assert plain["sim_target_title"].iloc[0] < told["sim_target_title"].iloc[0] == np.float32(0.66667)


# --- feature tables ---


@pytest.fixture
def table(contract):
    links = pd.concat(extract([raw_page(PAGE.encode(), "https://a.example/", "a", "a")], contract=contract))
    return links.reset_index(drop=True)


def again(path, contract):
    return pd.concat([chunk.links for chunk in read_links(path, contract)])


@pytest.mark.parametrize("name", ["t.parquet", "t.csv", "t.jsonl", "parts/"])
def test_a_table_comes_back_as_it_was_written(table, tmp_path, contract, name):
    write_table(table, f"{tmp_path}/{name}")
    back = again(f"{tmp_path}/{name}", contract)
    assert back["link_id"].tolist() == table["link_id"].tolist()
    assert back["counts"].tolist() == table["counts"].tolist()
    np.testing.assert_array_equal(back[contract.names].to_numpy("float32"), table[contract.names].to_numpy("float32"))


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_infinity_is_unknown_and_the_row_says_so(table, tmp_path, contract, name):
    table.loc[1, ["title_words", "block0_chars"]] = [np.inf, -np.inf]
    table.loc[2, "title_words"] = np.inf
    table.loc[2, "error"] = "seen before"
    write_table(table, tmp_path / name)
    back = again(tmp_path / name, contract)
    said = "taken as unknown"
    assert back["error"].iloc[1] == f"infinite value in title_words, block0_chars: {said}"
    assert back["error"].iloc[2] == f"seen before; infinite value in title_words: {said}"
    assert back["error"].iloc[[0, 3]].isna().all()
    assert back["title_words"].isna().tolist() == [False, True, True, False]
    assert back["block0_chars"].isna().tolist() == [False, True, False, False]
    assert (back["status"] == "ok").all()
    untouched = [name for name in contract.names if name not in ("title_words", "block0_chars")]
    np.testing.assert_array_equal(back[untouched].to_numpy("float32"), table[untouched].to_numpy("float32"))


def test_a_table_of_features_alone_gets_what_it_lacks(table, tmp_path, contract):
    write_table(table[contract.names], tmp_path / "bare.parquet")
    back = again(tmp_path / "bare.parquet", contract)
    assert back["link_id"].tolist() == ["row-1", "row-2", "row-3", "row-4"]
    assert set(back["basis"]) == {"page"}
    assert set(back["status"]) == {"ok"}
    assert back["page_url"].isna().all()


def test_long_tables_come_in_chunks(table, tmp_path, contract, monkeypatch):
    monkeypatch.setattr(inputs, "_CHUNK_ROWS", 3)
    write_table(table, tmp_path / "t.parquet")
    chunks = list(read_links(tmp_path / "t.parquet", contract))
    assert [len(chunk.links) for chunk in chunks] == [3, 1]
    assert list(chunks[0].own.columns) == ["page_id", "page_url", "target_url", "anchor", "rel"]


def test_what_is_no_table_of_links_is_named(tmp_path, contract, table):
    pd.DataFrame({"colour": ["red"]}).to_parquet(tmp_path / "other.parquet")
    write_table(table.head(0), tmp_path / "empty.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no more")
    for name, said in (("other", "colour"), ("empty", "no row"), ("broken", "not a Parquet file")):
        with pytest.raises(InputError, match=rf"{name}\.parquet: .*{said}"):
            list(read_links(tmp_path / f"{name}.parquet", contract))


# --- kinds ---


def test_inputs_are_told_apart(tmp_path, table, pages):
    write_table(table, tmp_path / "table.csv")
    write_table(table, f"{tmp_path}/parts/")
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "a.html").write_text(PAGE)
    (tmp_path / "export.csv").write_text(HEADER + row())
    (tmp_path / "export.csv.gz").write_bytes(gzip.compress((HEADER + row()).encode()))
    kinds = {
        "pages": ["pages.parquet", "html", "html/a.html", "crawl.warc.gz"],
        "table": ["table.csv", "parts", "rows.jsonl"],
        "export": ["export.csv", "export.csv.gz", "missing.csv"],
    }
    for kind, names in kinds.items():
        assert [kind_of(tmp_path / name) for name in names] == [kind] * len(names)


def test_an_export_is_read_from_stdin(monkeypatch, contract):
    stdin = io.TextIOWrapper(io.BytesIO((HEADER + row()).encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    (chunk,) = read_links("-", contract)
    assert chunk.links["anchor"].tolist() == ["rye bread"]
    assert chunk.own["Anchor"].tolist() == ["rye bread"]
