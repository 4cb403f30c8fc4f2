"""The real files of the tools, where they are at hand."""

import csv
import io

import pandas as pd
import pytest

from linksift.io.exports import open_export, read_export

FILES = {
    "ahrefs_backlinks_utf16.csv": "ahrefs_backlinks",
    "ahrefs_backlinks_via_sheets.csv": "ahrefs_backlinks",
    "gsc_latest_links_2020.csv": "gsc_latest_links",
    "gsc_latest_links_2026.csv": "gsc_latest_links",
    "gsc_top_linking_text.csv": "gsc_top_linking_text",
    "majestic_refdomains_2013.csv": "majestic_refdomains",
    "screaming_frog_all_inlinks.csv": "screaming_frog_inlinks",
    "screaming_frog_all_inlinks_b.csv": "screaming_frog_inlinks",
    "screaming_frog_all_inlinks_2017.csv": "screaming_frog_inlinks",
    "semrush_backlink_audit.csv": "semrush_backlink_audit",
    "semrush_backlinks.csv": "semrush_backlinks",
    "semrush_backlinks_small.csv": "semrush_backlinks",
    "semrush_refdomains.csv": "semrush_refdomains",
}


def rows_of(path):
    raw = path.read_bytes()
    is_utf16 = raw.startswith(b"\xff\xfe")
    text = raw.decode("utf-16" if is_utf16 else "utf-8-sig")
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter="\t" if is_utf16 else ",") if row]
    return rows[1:] if len(rows[0]) == 1 else rows


@pytest.mark.parametrize(("name", "known"), FILES.items())
def test_every_row_of_a_real_file_is_a_row(shared, name, known):
    path = shared / "exports" / name
    header, *rows = rows_of(path)
    result = read_export(path)
    assert result.format == known
    assert list(result.raw.columns) == header
    assert result.raw.fillna("").to_numpy().tolist() == [row + [""] * (len(header) - len(row)) for row in rows]
    is_broken = result.errors.notna()
    if known == "screaming_frog_inlinks":
        assert (is_broken == ~result.raw["Type"].isin(["Hyperlink", "HREF", "Iframe"])).all()
    else:
        assert not is_broken.any()
    if result.level != "anchor":
        assert (result.links["page_url"].notna() | result.links["domain"].notna())[~is_broken].all()


def test_dates_and_counts_of_real_files_are_read(shared):
    for name in FILES:
        with open_export(shared / "exports" / name) as reader:
            read = {reading.uniform for reading in reader.readings} & {"first_seen", "last_seen", "weight", "nofollow"}
            links = pd.concat(chunk.links for chunk in reader.chunks())
        usable = links[links["page_url"].notna() | links["domain"].notna()]
        assert usable[list(read)].notna().all(axis=None), name


def test_the_copy_of_a_screen_is_mended(shared):
    result = read_export(shared / "exports" / "ahrefs_ui_copy.xlsx")
    assert (result.format, result.level, len(result.raw)) == ("ahrefs_refdomains", "domain", 100)
    assert len(result.raw.columns) == 9
    assert not result.links["domain"].str.endswith("SPAM").any()
    assert result.links["ahrefs_is_spam"].sum() == 90
    assert (result.links["ahrefs_domain_rating"] <= 100).all()
    assert result.links[["weight", "first_seen"]].notna().all(axis=None)
    # What cannot be put together is said, and is the exception.
    assert 0 < result.errors.notna().sum() < 10
    assert result.errors.dropna().str.startswith("ahrefs_ui_copy.xlsx:All Links!").all()


def test_a_real_disavow_file_is_no_export(shared):
    for path in sorted((shared / "exports" / "disavow").iterdir()):
        with pytest.raises(ValueError, match=r"disavow file|no header|no export"):
            read_export(path)
