import csv
import gzip
import io
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linksift.errors import InputError
from linksift.io.exports import open_export, read_export
from linksift.io.formats import COLUMNS

SEMRUSH = (
    "Page ascore,Source title,Source url,Target url,Anchor,External links,Internal links,Nofollow,Sponsored,Ugc,"
    "Text,Frame,Form,Image,Sitewide,First seen,Last seen,New link,Lost link"
)
SEMRUSH_ROW = (
    '12,"Bees, and\nhoney",https://bees.example/a,https://target.example/,honey,"1,240",7,false,true,,'
    "true,false,false,False,TRUE,2024-01-02,2024-03-04,false,true"
)
AHREFS = [
    "Referring page title", "Referring page URL", "Language", "Platform", "Referring page HTTP code", "Domain rating",
    "UR", "Domain traffic", "Referring domains", "Linked domains", "External links", "Page traffic", "Keywords",
    "Target URL", "Left context", "Anchor", "Right context", "Type", "Nofollow", "UGC", "Sponsored", "First seen",
    "Last seen", "Lost", "Links in group",
]  # fmt: skip
AHREFS_ROW = [
    "Bees", "https://bees.example/a", "en, fr", "wordpress", "200", "4.5", "0.2", "3600", "2", "6", "16", "887", "7",
    "https://target.example/", "before", "", "after", "image", "true", "false", "false", "2021-09-11 11:40:43",
    "2026-02-06 04:08:05", "", "8",
]  # fmt: skip


@pytest.fixture
def export(tmp_path):
    def write_and_read(content, name="x.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_export(path)

    return write_and_read


def test_semrush(export):
    result = export(f"{SEMRUSH}\r\n{SEMRUSH_ROW}\r\n")
    row = result.links.loc[0]
    assert result.format == "semrush_backlinks"
    assert list(result.raw.columns) == SEMRUSH.split(",")
    assert result.errors.tolist() == [None]
    assert (row.page_url, row.target_url, row.anchor) == ("https://bees.example/a", "https://target.example/", "honey")
    assert row.title == "Bees, and\nhoney"
    assert (row.n_external, row.n_internal, row.semrush_page_ascore) == (1240.0, 7.0, 12.0)
    assert not row.nofollow
    assert row.sponsored
    assert row.ugc is pd.NA  # an empty flag is unknown, not false
    assert (row.image, row.sitewide, row.lost) == (False, True, True)
    assert (row.first_seen, row.last_seen) == ("2024-01-02", "2024-03-04")


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-16", "\t"), ("utf-8", ",")])
def test_ahrefs(export, encoding, delimiter):
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([AHREFS, AHREFS_ROW])
    result = export(buffer.getvalue().encode(encoding))
    row = result.links.loc[0]
    assert result.format == "ahrefs_backlinks"
    assert (row.left_context, row.anchor, row.right_context) == ("before", "", "after")
    assert (row.image, row.lost, row.nofollow) == (True, False, True)
    assert (row.ahrefs_domain_rating, row.ahrefs_url_rating, row.ahrefs_domain_traffic) == (4.5, 0.2, 3600.0)
    assert (row.ahrefs_referring_domains, row.ahrefs_linked_domains, row.n_external) == (2.0, 6.0, 16.0)
    assert (row.http_status, row.language, row.weight) == ("200", "en, fr", 8.0)
    assert (row.first_seen, row.last_seen) == ("2021-09-11", "2026-02-06")
    assert np.isnan(row.n_internal)
    assert row.sitewide is pd.NA


@pytest.mark.parametrize(
    ("text", "name", "column", "value"),
    [
        ("Linking page,Last crawled\r\nhttps://a.example/,2026-02-28\r\n", "gsc_latest_links", "last_seen", "2026-02-28"),
        ("Linking page\nhttps://a.example/x,y\n", "gsc_more_sample_links", "page_url", "https://a.example/x,y"),
        ('Site,Linking pages,Target pages\na.example,"1,240",3\n', "gsc_top_linking_sites", "domain", "a.example"),
        ('Site,Linking pages,Target pages\na.example,"24\u00a0541",3\n', "gsc_top_linking_sites", "weight", 24541.0),
        ("URL;Anchor Text\nhttps://a.example/;x\n", "named_columns", "anchor", "x"),
        ("source_url\ttarget\nhttps://a.example/\thttps://t.example/\n", "named_columns", "target_url", "https://t.example/"),
        ("Domain,note\na.example,x\n", "named_columns", "domain", "a.example"),
        ("url,rel\nhttps://a.example/,UGC nofollow\n", "named_columns", "ugc", True),
        ("url,rel\nhttps://a.example/,noopener\n", "named_columns", "nofollow", False),
    ],
)  # fmt: skip
def test_other_formats(export, text, name, column, value):
    result = export(text)
    assert result.format == name
    assert result.links.loc[0, column] == value
    assert result.errors.isna().all()


def test_the_uniform_columns_are_always_there_with_the_same_types(export):
    wide, narrow = export(f"{SEMRUSH}\n{SEMRUSH_ROW}\n"), export("domain\na.example\n")
    assert list(wide.links.columns) == list(narrow.links.columns) == list(COLUMNS)
    assert wide.links.dtypes.tolist() == narrow.links.dtypes.tolist()


def test_a_row_of_the_wrong_width_is_kept_with_an_error(export):
    result = export("url,anchor,title\nhttps://a.example/,x\nhttps://b.example/,x,y,z\nhttps://c.example/,x,y\n")
    assert result.errors.tolist() == [
        "x.csv:2: row has 2 fields, the header has 3",
        "x.csv:3: row has 4 fields, the header has 3",
        None,
    ]
    assert result.lines.tolist() == [2, 3, 4]
    assert result.links["page_url"].tolist() == ["https://a.example/", "https://b.example/", "https://c.example/"]
    assert result.raw["title"].tolist() == [pd.NA, "y", "y"]


def test_a_row_with_a_field_too_many_keeps_only_what_can_be_told(export):
    header = "url,title,target_url,anchor,n_external,nofollow\n"
    shifted, right = (
        "https://a.example/,Bees, and honey,https://t.example/,honey,7,true",
        "https://b.example/,x,https://t.example/,y,7,true",
    )
    links = export(f"{header}{shifted}\n{right}\n").links
    assert links["page_url"].tolist() == ["https://a.example/", "https://b.example/"]
    assert links[["title", "target_url", "anchor", "n_external", "nofollow"]].isna().to_numpy().tolist() == [
        [True] * 5,
        [False] * 5,
    ]


def test_the_line_of_a_row_after_one_that_runs_over_several_lines(export):
    result = export('url,anchor\nhttps://a.example/,"x\ny\nz"\n\nnope,y\n')
    assert result.lines.tolist() == [2, 6]
    assert result.errors.tolist() == [None, "x.csv:6: 'nope' is no http(s) URL"]


def test_two_rows_with_a_stray_quote_each_stay_two_rows(export):
    result = export('url,anchor\nhttps://a.example/,"x\nhttps://b.example/,"y\nhttps://c.example/,z\n')
    assert result.links["page_url"].tolist() == ["https://a.example/", "https://b.example/", "https://c.example/"]


def test_a_domain_cell_may_hold_a_url(export):
    links = export("domain\nhttps://www.a.example/\nb.example/\nb.example/path\n").links
    assert links["domain"].tolist() == ["www.a.example", "b.example", pd.NA]


def test_a_good_domain_stays_where_the_url_is_broken(export):
    result = export("url,domain\nnope,a.example\n")
    assert result.links.loc[0, "domain"] == "a.example"
    assert "no http(s) URL" in result.errors[0]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://a.example/",
        "javascript:x",
        "a.example/page",
        "https://",
        "http://[",
        "https://a.example/" + "x" * 8192,
    ],
)
def test_an_impossible_url_is_an_error_of_its_row(export, url):
    result = export(f"url,anchor\n{url},x\nhttps://b.example/,y\n")
    assert result.errors[0]
    assert result.errors[1] is None
    assert result.links["page_url"].isna().tolist() == [True, False]
    assert result.raw.loc[0, "url"] == url


@pytest.mark.parametrize(
    "url",
    [
        "HTTPS://A.example",
        "http://münchen.example/ä",
        "https://user@a.example:8080/",
        " https://a.example/ ",
        "http://[::1]/",
    ],
)
def test_unusual_urls_are_possible(export, url):
    result = export(f"url,anchor\n{url},x\n")
    assert result.errors[0] is None
    assert result.links.loc[0, "page_url"] == url.strip()


def test_a_bad_domain_is_an_error(export):
    result = export("domain,x\n,1\nnot a domain,1\na.example,1\n")
    assert result.errors.notna().tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\n\n", "blank lines"),
        (SEMRUSH.encode(), "has a header but no rows"),
        (b"Source url,Target url,Anchor,Nofollow\n1,2,3,4\n" .replace(b"Source url", b"Src"), "semrush_backlinks.*Page ascore"),
        (b"PK\x03\x04", "save it as CSV"),
        (b"https://a.example/,x\nhttps://b.example/,y\n", "no header"),
        (b"domain:a.example\ndomain:b.example\n", "disavow file"),
        (b"<!doctype html><title>Sign in</title>\n<body>\n", "no export"),
        ((",".join(f"c{i}" for i in range(2000)) + ",url\n1\n").encode(), "2,001 columns"),
    ],
)  # fmt: skip
def test_refused(export, content, message):
    with pytest.raises(InputError, match=message):
        export(content)


def test_gzip_and_broken_gzip(export):
    rng = np.random.default_rng(1)
    text = "url,anchor\n" + "".join(f"https://a.example/{rng.integers(10**12)},x\n" for _ in range(20_000))
    packed = gzip.compress(text.encode())
    whole = export(packed, "x.csv.gz")
    broken = export(packed[: len(packed) // 2], "x.csv.gz")
    assert len(whole.raw) == 20_000
    assert 5_000 < len(broken.raw) < 20_000
    assert "gzip" in broken.errors.iloc[-1]
    assert broken.errors.iloc[:-1].isna().all()
    assert broken.links["page_url"].iloc[:5000].tolist() == whole.links["page_url"].iloc[:5000].tolist()


def test_a_gzip_that_breaks_early_keeps_the_rows_before(export):
    packed = gzip.compress(b"url,anchor\n" + b"".join(b"https://a.example/%d,x\n" % i for i in range(50)))
    result = export(packed[:-20], "x.csv.gz")
    assert len(result.raw) > 5
    assert result.errors.notna().tolist() == [False] * (len(result.raw) - 1) + [True]


def test_a_gzip_that_breaks_within_the_header_is_refused(export):
    header = gzip.compress(b"url,anchor,title\n" * 3, mtime=0)
    with pytest.raises(InputError, match="gzip stream"):
        export(header[:12], "x.csv.gz")


def test_a_file_of_two_encodings_loses_no_byte(export):
    result = export("url,anchor\nhttps://a.example/,жук\n".encode() + b"https://b.example/,caf\xe9\n")
    assert result.links["anchor"].tolist() == ["жук", "café"]


def test_pieces_make_the_same_table_as_the_whole(tmp_path, monkeypatch):
    path = tmp_path / "x.csv"
    path.write_text("url,anchor\n" + "".join(f"https://a.example/{i},{i}\n" for i in range(10)) + "nope,x\n")
    whole = read_export(path)
    monkeypatch.setattr("linksift.io.exports._CHUNK_ROWS", 4)
    with open_export(path) as reader:
        pieces = list(reader.chunks())
    assert [len(piece.raw) for piece in pieces] == [4, 4, 3]
    for name in ("raw", "links"):
        pd.testing.assert_frame_equal(pd.concat(getattr(piece, name) for piece in pieces), getattr(whole, name))
    assert pd.concat(piece.errors for piece in pieces).equals(whole.errors)


def test_stdin(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"url\nhttps://a.example/\n")))
    assert read_export("-").links["page_url"].tolist() == ["https://a.example/"]


def test_a_column_that_stands_twice_gets_another_name(export):
    result = export("url,anchor,Anchor,anchor\nhttps://a.example/,x,y,z\n")
    assert list(result.raw.columns) == ["url", "anchor", "Anchor", "anchor.1"]
    assert result.links.loc[0, "anchor"] == "x"


def test_the_result_can_be_written(export, tmp_path):
    result = export(f"{SEMRUSH}\n{SEMRUSH_ROW}\n")
    result.links.to_parquet(tmp_path / "x.parquet")
    assert len(pd.read_parquet(tmp_path / "x.parquet")) == 1


cell = st.one_of(
    st.sampled_from(["", "https://a.example/", "true", "1,5", "-1", "nan", "inf", "1e999", '"', "\n", "\u00a0"]),
    # Control characters make a short file a binary one.
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
)


@given(st.lists(st.lists(cell, min_size=5, max_size=5), min_size=1, max_size=10))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_in_are_rows_out(tmp_path, rows):
    path = tmp_path / "h.csv"
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, quoting=csv.QUOTE_ALL)
        writer.writerows([["url", "domain", "nofollow", "n_external", "first_seen"], *rows])
    result = read_export(path)
    assert result.raw.to_numpy().tolist() == rows
    assert len(result.links) == len(result.errors) == len(rows)
    assert (result.links["n_external"].dropna() >= 0).all()


@given(
    st.one_of(st.binary(max_size=300), st.binary(max_size=200).map(lambda b: b"url,anchor\nhttps://a.example/,x\n" + b))
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_an_export_or_an_input_error(tmp_path, content):
    path = tmp_path / "b.csv"
    path.write_bytes(content)
    try:
        result = read_export(path)
    except InputError as error:
        assert str(error)
    else:
        assert len(result.raw) == len(result.errors)
