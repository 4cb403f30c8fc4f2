"""Every export format, with the defects that its files are known for; all rows are made up."""

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linksift.errors import InputError
from linksift.io.columns import STRING, convert
from linksift.io.exports import read_export, sniff_format
from linksift.io.formats import COLUMNS, FORMATS, parse_columns
from linksift.io.headers import header_key

PAGE, TARGET = "https://bees.example/a", "https://shop.example/"


@pytest.fixture
def export(tmp_path):
    def write_and_read(content, name="x.csv", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_export(path, **options)

    return write_and_read


def table(header, *rows, delimiter=","):
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter).writerows([header.split("|"), *(row.split("|") for row in rows)])
    return buffer.getvalue()


LINKS = [
    (
        "semrush_backlink_audit",
        "Domain Authority Score|Page Authority Score|Source URL|Source Page Title|Source Domain|Target URL|Anchor|Anchor Type|"
        "Link Type|No Follow|Toxic Score|First Seen|Last Seen|Comment",
        f"4|2|{PAGE}|Bees|bees.example|{TARGET}|honey|money|img|true|95|2025-11-13|2025-12-13|",
        {"title": "Bees", "domain": "bees.example", "nofollow": True, "image": True, "semrush_toxic_score": 95.0,
         "semrush_domain_ascore": 4.0, "semrush_page_ascore": 2.0, "last_seen": "2025-12-13"},
    ),
    (
        "ahrefs_backlinks",
        "#|Referring page title|Referring page URL|Domain rating|UR|Target URL|Left context|Anchor|Right context|Type|Is spam|"
        "Nofollow|UGC|Sponsored|First seen|Lost|Page type|Links in group",
        f"1|Bees|{PAGE}|4.5|0.2|{TARGET}|we sell|honey|in jars|image|TRUE|FALSE|FALSE|TRUE|2021-09-11 11:40:43|"
        "2025-12-17 01:32:56||8",
        {"ahrefs_is_spam": True, "lost": True, "lost_date": "2025-12-17", "sponsored": True, "weight": 8.0,
         "left_context": "we sell", "right_context": "in jars", "image": True, "first_seen": "2021-09-11"},
    ),
    (
        "ahrefs_api_backlinks",
        "src_link_id|src_url|src_title|src_domain_dr|is_spam_domain|link_type|is_dofollow|is_nofollow|anchor|left_snippet|"
        "right_snippet|first_seen|last_seen|target_url",
        f"9|{PAGE}|Bees|12|False|text|True|False|honey|we sell|in jars|2026-01-02T03:04:05Z|2026-02-02T03:04:05Z|{TARGET}",
        {"ahrefs_is_spam": False, "nofollow": False, "image": False, "first_seen": "2026-01-02", "ahrefs_domain_rating": 12.0},
    ),
    (
        "majestic_backlinks",
        "Target URL|Source URL|Anchor Text|Source Crawl Date|Source First Found Date|FlagNoFollow|FlagImageLink|FlagRedirect|"
        "FlagFrame|FlagOldCrawl|FlagAltText|FlagMention|SourceCitationFlow|SourceTrustFlow|TargetCitationFlow|TargetTrustFlow",
        f"{TARGET}|{PAGE}|honey|2026-02-01|2025-02-01|+|||||-1||27|-1|9|9",
        {"nofollow": True, "image": False, "majestic_citation_flow": 27.0, "first_seen": "2025-02-01"},
    ),
    (
        "bing_backlinks", "Source Url|Anchor text|Target Url", f"{PAGE}|honey|{TARGET}", {"anchor": "honey"},
    ),
    (
        "moz_inbound_links",
        "URL|Title|Anchor Text|PA|DA|Spam Score|Linking Domains to Page|Target URL",
        f"{PAGE}|Bees|honey|31|40|7|2|{TARGET}",
        {"title": "Bees", "moz_page_authority": 31.0, "moz_domain_authority": 40.0, "moz_spam_score": 7.0},
    ),
    (
        "screaming_frog_inlinks",
        "Type|Source|Destination|Size (Bytes)|Alt Text|Anchor|Status Code|Status|Follow|Target|Rel|Path Type|Link Path|"
        "Link Position|Link Origin",
        f"Hyperlink|{PAGE}|{TARGET}|0|honey||200|OK|false|_self|nofollow ugc|Absolute|//body/a|Content|HTML",
        {"anchor": "honey", "image": True, "nofollow": True, "ugc": True, "sponsored": False},
    ),
    (
        "screaming_frog_inlinks",
        "Type|Source|Destination|Size (Bytes)|Alt Text|Anchor|Status Code|Status|Follow",
        f"HREF|{PAGE}|{TARGET}|69207||honey|200|OK|true",
        {"anchor": "honey", "image": False, "nofollow": False},
    ),
    (
        "dataforseo_backlinks",
        "url_from|url_to|domain_from|anchor|dofollow|attributes|item_type|group_count|backlink_spam_score|rank|is_lost|first_seen",
        f"{PAGE}|{TARGET}|bees.example|honey|false|ugc noopener|anchor|0|14|23|true|2019-11-29 17:02:29 +00:00",
        {"nofollow": True, "ugc": True, "sponsored": False, "lost": True, "dataforseo_spam_score": 14.0,
         "dataforseo_rank": 23.0, "first_seen": "2019-11-29"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "header", "row", "expected"), LINKS, ids=[link[0] for link in LINKS])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_links(export, name, header, row, expected, delimiter):
    result = export(table(header, row, delimiter=delimiter))
    found = result.links.loc[0]
    assert (result.format, result.level) == (name, "link")
    assert result.errors.tolist() == [None]
    assert (found.page_url, found.target_url, found.anchor) == (PAGE, TARGET, "honey")
    assert {column: found[column] for column in expected} == expected


def test_a_count_of_zero_or_less_than_zero_is_unknown_where_it_says_that_nothing_was_counted(export):
    majestic = next(link for link in LINKS if link[0] == "majestic_backlinks")
    dataforseo = next(link for link in LINKS if link[0] == "dataforseo_backlinks")
    assert export(table(*majestic[1:3])).links["majestic_trust_flow"].isna().all()
    assert export(table(*dataforseo[1:3])).links["weight"].isna().all()


DOMAINS = [
    ("semrush_refdomains", "Domain ascore|Domain|Backlinks|IP Address|Country|First seen|Last seen",
     "4|bees.example|886|192.0.2.1|us|2025-01-03|2026-02-06", {"weight": 886.0, "semrush_domain_ascore": 4.0}),
    ("ahrefs_refdomains", "Domain|DR|Dofollow ref. domains|Traffic |Links to target|First seen|Lost|Is spam",
     "bees.example|4.5|3|1200|2|2025-01-03||false",
     {"weight": 2.0, "ahrefs_domain_traffic": 1200.0, "ahrefs_is_spam": False, "lost": False}),
    ("majestic_refdomains",
     "Position|Domain|RefDomains|AlexaRank|CitationFlow|TrustFlow|BackLinks_shop.example|FirstLinkDate_shop.example|"
     "LastLinkDate_shop.example",
     "1|bees.example|504|-1|27|18|9379|08/05/2013 00:00|26/05/2013 00:00",
     {"weight": 9379.0, "first_seen": "2013-05-08", "last_seen": "2013-05-26", "majestic_trust_flow": 18.0}),
    ("moz_linking_domains", "Root Domain|DA|Spam Score", "bees.example|40|7", {"moz_spam_score": 7.0}),
    ("bing_refdomains", "Domain|Backlinks Count", "bees.example|12", {"weight": 12.0}),
    ("gsc_top_linking_sites", "Site|Linking pages|Target pages", "bees.example|1,240|12", {"weight": 1240.0}),
    ("gsc_top_linking_sites", "אתר|דפים מקשרים|דפי יעד", "bees.example|24\u00a0541|12", {"weight": 24541.0}),
    ("dataforseo_refdomains", "type|domain|rank|backlinks|backlinks_spam_score|lost_date",
     "x|bees.example|3|5|60|2025-01-03 01:02:03 +00:00", {"weight": 5.0, "lost": True, "lost_date": "2025-01-03"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "header", "row", "expected"), DOMAINS, ids=[domain[0] for domain in DOMAINS])
def test_linking_domains(export, name, header, row, expected):
    result = export(table(header, row))
    found = result.links.loc[0]
    assert (result.format, result.level, result.errors.tolist()) == (name, "domain", [None])
    assert found.domain == "bees.example"
    assert found.page_url is pd.NA
    assert {column: found[column] for column in expected} == expected


@pytest.mark.parametrize(
    ("name", "header", "row", "weight"),
    [
        ("gsc_top_linking_text", "Rank|Link text", "1|honey", None),
        ("ahrefs_anchors", "Anchor text|Ref. domains|Top DR|Ref. pages|Links to target|First seen|Lost", "honey|2|9|3|4|2025-01-03|", 4.0),
        ("bing_anchors", "Anchor|Backlinks Count", "honey|12", 12.0),
        ("dataforseo_anchors", "anchor|backlinks|backlinks_spam_score|first_seen", "honey|12|3|", 12.0),
    ],
)  # fmt: skip
def test_anchor_texts(export, name, header, row, weight):
    result = export(table(header, row))
    assert (result.format, result.level, result.errors.tolist()) == (name, "anchor", [None])
    assert result.links.loc[0, "anchor"] == "honey"
    assert result.links["weight"].isna().all() if weight is None else result.links.loc[0, "weight"] == weight


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("Target page|Incoming links|Linking sites", "own site: export Latest links"),
        ("Target page|Internal links", "own site: export Latest links"),
        ("Domain ascore|Domain|Links|First seen|Last seen", "your site links to"),
        ("URL|Title|PA|Total Links|Linking Domains to Page", "own site: export Inbound links"),
        ("Subnet|Ref. domains|Top DR|Links to target|New links", "networks, not pages"),
    ],
)
def test_an_export_of_something_else_is_refused_with_the_right_one(export, header, message):
    with pytest.raises(InputError, match=message):
        export(table(header, "|".join("1" for _ in header.split("|"))))


def test_every_format_is_found_by_its_own_names():
    for known in FORMATS:
        if known.required:
            columns = [names if isinstance(names, str) else names[0] for names in known.columns.values()]
            derived = [name for names, _ in known.derived.values() for name in names]
            assert sniff_format(sorted({*known.required, *columns, *derived})) is known


def test_formats_feed_only_columns_that_there_are():
    assert len({known.name for known in FORMATS}) == len(FORMATS)
    for known in FORMATS:
        assert {*known.columns, *known.derived} <= COLUMNS.keys()
        assert known.level != "none" or known.advice


# Headers in another language.


@pytest.mark.parametrize(
    ("name", "content", "column", "value"),
    [
        ("gsc_latest_links", f"Seite mit Link,Letztes Crawling\n{PAGE},2026-02-28\n", "last_seen", "2026-02-28"),
        ("gsc_latest_links", f"リンク元ページ,前回のクロール\n{PAGE},2026-02-28\n", "page_url", PAGE),
        ("gsc_more_sample_links", f"Page de lien\n{PAGE}?a=1,2\n", "page_url", f"{PAGE}?a=1,2"),
        ("gsc_top_linking_sites", "Witryna;Strony;Cele\nbees.example;1 240;3\nb.example;3;2\n", "weight", 1240.0),
        ("gsc_top_linking_text", "Rang,Linktext\n1,honey\n2,bees\n", "anchor", "honey"),
        (
            "screaming_frog_inlinks",
            "Tipo,Fuente,Destino,Tamaño,Alt,Ancla,Código,Estado,Seguir\n"
            f"Hipervínculo,{PAGE},{TARGET},0,,honey,200,OK,true\nCSS,{PAGE},{TARGET},0,,,200,OK,\n",
            "anchor",
            "honey",
        ),
    ],
)  # fmt: skip
def test_a_header_in_another_language_is_told_by_the_cells(export, name, content, column, value):
    result = export(content)
    assert result.format == name
    assert result.links.loc[0, column] == value
    assert list(result.raw.columns) == [cell.strip() for cell in content.split("\n", 1)[0].replace(";", ",").split(",")]


@pytest.mark.parametrize(
    "content",
    [
        "Zielseite,Eingehende Links,Websites\nhttps://shop.example/,3,4\n",
        "Wort,Zahl\nhoney,3\nbees,4\n",
        "a,b,c\n1.5,2.5,3.5\n",
        f"{PAGE},2026-02-28\n{PAGE},2026-02-28\n",
    ],
)
def test_cells_of_another_look_are_not_taken_for_an_export(export, content):
    with pytest.raises(InputError):
        export(content)


# Lines above the header.


@pytest.mark.parametrize(
    "above",
    [
        "Moz\nReport, Inbound Links\nSite,shop.example\nDate,2026-01-01\n\n",
        '"Moz, Inbound links"\n',
        "sep=,\n",
    ],
)
def test_lines_above_the_header_are_left_out_and_said(export, above):
    header, row = next((link[1], link[2]) for link in LINKS if link[0] == "moz_inbound_links")
    result = export(above + table(header, row))
    assert result.format == "moz_inbound_links"
    assert len(result.raw) == 1
    assert result.lines.tolist() == [above.count("\n") + 2]


def test_the_title_of_the_old_screaming_frog(export):
    header, row = next((link[1], link[2]) for link in LINKS[7:] if link[0] == "screaming_frog_inlinks")
    assert export('"All Inlinks"\n' + table(header, row)).links.loc[0, "page_url"] == PAGE


def test_a_separator_line_above_named_columns(export):
    assert export(f"sep=;\nurl;anchor\n{PAGE};a,b\n").links.loc[0, "anchor"] == "a,b"


def test_a_row_is_not_taken_for_a_header(export):
    with pytest.raises(InputError, match="no export"):
        export(f"x,y,z\n{PAGE},a,b\nurl,domain,anchor\n")


# Rows that are no links.


@pytest.mark.parametrize("kind", ["CSS", "JavaScript", "Image", "HTML Canonical", "XML Sitemap"])
def test_rows_that_are_no_links_say_so_and_hold_nothing(export, kind):
    header, row = next((link[1], link[2]) for link in LINKS if link[0] == "screaming_frog_inlinks")
    result = export(table(header, row, row.replace("Hyperlink", kind)))
    assert result.errors[0] is None
    assert (
        result.errors[1] == f"x.csv:3: is no link: {kind.casefold()}, which is a part of a page or a notice to crawlers"
    )
    assert result.links.loc[1].isna().all()
    assert result.raw.loc[1, "Type"] == kind


def test_a_mention_is_no_link(export):
    header, row = next((link[1], link[2]) for link in LINKS if link[0] == "majestic_backlinks")
    result = export(table(header, row.replace("|-1||27", "||x|27")))
    assert "a mention" in result.errors[0]


# What people say of their columns.


def test_named_columns_win_over_the_header(export):
    content = f"Quelle;Ziel;Linktext, kurz;rel;Bewertung\n{PAGE};{TARGET};honey;nofollow;7\n"
    result = export(content, columns=parse_columns('url=quelle,target_url=Ziel,"anchor=Linktext, kurz",rel=rel'))
    row = result.links.loc[0]
    assert (result.format, row.page_url, row.target_url, row.anchor, row.nofollow) == (
        "mapped_columns",
        PAGE,
        TARGET,
        "honey",
        True,
    )


def test_a_column_that_is_not_there_is_said(export):
    with pytest.raises(InputError, match=r"no column 'Seite', as --columns says. Columns found: Quelle, x"):
        export(f"Quelle,x\n{PAGE},1\n", columns={"page_url": "Seite"})


@pytest.mark.parametrize("text", ["", "url", "url=", "nonsense=x", "=x"])
def test_bad_pairs(text):
    if text:
        with pytest.raises(InputError):
            parse_columns(text)
    else:
        assert parse_columns(text) == {}


def test_an_unknown_header_names_the_nearest_format_and_the_way_out(export):
    with pytest.raises(InputError) as caught:
        export(f"Source,Destination,Anchor,Datum\n{PAGE},{TARGET},honey,1\n")
    message = str(caught.value)
    assert "Screaming Frog, All Inlinks (screaming_frog_inlinks), which also has: Follow, Type." in message
    option = message.split("--columns '")[1].split("'")[0]
    assert (
        export(f"Source,Destination,Anchor,Datum\n{PAGE},{TARGET},honey,1\n", columns=parse_columns(option)).links.loc[
            0, "anchor"
        ]
        == "honey"
    )


# Cells.


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("2026-02-28", "2026-02-28"),
        ("2026-02-28T01:02:03Z", "2026-02-28"),
        ("2026-13-28", None),
        ("Sep 15, 2026", "2026-09-15"),
        ("15 September 2026", "2026-09-15"),
        ("15.9.2026", "2026-09-15"),
        ("31.2.2026", None),
        ("46224", "2026-07-21"),
        ("46224.5", "2026-07-21"),
        ("9/8/2026", None),
        ("99999", None),
        ("soon", None),
        ("", None),
    ],
)  # fmt: skip
def test_dates(cell, date):
    found = convert(pd.Series([cell], dtype=STRING), "date")[0]
    assert found == date if date else found is pd.NA


@pytest.mark.parametrize(
    ("cell", "flag"), [("WAHR", True), ("faux", False), (" TRUE ", True), ("0", False), ("maybe", None)]
)
def test_flags(cell, flag):
    found = convert(pd.Series([cell], dtype=STRING), "flag")[0]
    assert found is pd.NA if flag is None else bool(found) is flag


@given(st.lists(st.text(max_size=40), min_size=1), st.sampled_from(["text", "word", "flag", "number", "date"]))
def test_any_cell_becomes_a_value_or_unknown(cells, kind):
    found = convert(pd.Series(cells, dtype=STRING), kind)
    assert len(found) == len(cells)
    assert kind != "number" or (found.dropna() >= 0).all()
    assert kind != "date" or found.dropna().str.fullmatch(r"\d{4}-\d\d-\d\d").all()


@given(st.lists(st.text(max_size=20), min_size=1, max_size=8))
def test_any_header_is_read_without_harm(header):
    known = sniff_format(header)
    assert known is None or known.missing(header) == []


@given(st.text(max_size=30))
def test_a_header_key_is_stable(name):
    assert header_key(header_key(name)) == header_key(name)
