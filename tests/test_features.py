"""Every family on hand-made pages whose values are known, and on random ones."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linksift.extraction import IDENTITY, Extractor
from linksift.features import Featurizer
from linksift.features.row import RowFacts
from linksift.io.rawpage import RawPage

HEAD = """<title>Honey and wax | The Bee Post</title>
<meta name="description" content="Notes on casino bees"><meta name="keywords" content="bees, honey">
<meta name="author" content="A. Keeper"><meta name="generator" content="WordPress 6">
<link rel="canonical" href="https://example.org/2024/05/honey-and-wax">
<link rel="alternate" type="application/rss+xml" href="/feed">
<script src="https://www.googletagmanager.com/gtag/js?id=G-ABCDEF1"></script>
<script src="https://pagead2.googlesyndication.com/adsbygoogle.js"></script>
<script type="application/ld+json">{"@context": "https://schema.org"}</script>"""
STORY = "Bees carry nectar into the hive, and the workers fan it with their wings until it thickens into honey. " * 4
RICH = f"""<nav><a href="/">Home</a> <a href="/contact">Contact</a></nav>
<article><h1>Honey and wax</h1><p>{STORY}</p>
<p>We bought a frame from <a href="https://hives.example.com/frames" title="Frames" target="_blank" rel="noopener">the Hives
workshop</a>, and it held for years in our garden near the old river mill. {STORY}</p><p>{STORY}</p></article>
<footer><p>Powered by <a href="https://example.net/">Example</a></p></footer>"""
URL = "https://www.example.org/2024/05/honey-and-wax"
#: What a page cannot say without its row of an export, the target's text, a list of the user's own, or a second page.
NOT_OF_A_PAGE = {
    "semrush_page_ascore",
    "out_bad_neighbours",
    "relation_country_differs",
    "hijack_topic",
    "hijack_script",
}


@pytest.fixture(scope="module")
def extractor(contract):
    return Extractor(contract)


@pytest.fixture(scope="module")
def rich(extractor, make_page):
    return extractor.table([make_page(RICH, URL, head=HEAD)])


@pytest.fixture(scope="module")
def measure(extractor, make_page):
    """Features of the first external link of a page."""

    def measure(body, url="https://page.example/post", head=""):
        return extractor.table([make_page(body, url, head=head)]).iloc[0]

    return measure


def test_the_code_computes_what_the_catalogue_lists(rich, contract):
    link = rich.iloc[0]
    others = {feature.name for feature in contract.features if feature.family in ("provider", "target_text")}
    assert set(contract.names) - set(link[contract.names].dropna().index) == NOT_OF_A_PAGE | others | {"link_gap"}
    assert list(rich.columns) == [*IDENTITY, *contract.names]


def test_values_are_what_the_catalogue_says(rich, contract):
    check_ranges(rich, contract)


def check_ranges(table, contract):
    values = table[contract.names].to_numpy(dtype=float)
    low, high = np.array([(feature.low, feature.high) for feature in contract.features]).T
    kinds = np.array([feature.type for feature in contract.features])
    is_whole = np.isin(kinds, ("flag", "count"))
    wrong = np.isinf(values) | (values < low) | (values > high) | (is_whole & (values % 1 > 0))
    assert [name for name, is_wrong in zip(contract.names, wrong.any(axis=0), strict=True) if is_wrong] == []


RICH_VALUES = {
    "url_host_length": 15,
    "url_label_length": 7,
    "url_depth": 3,
    "url_slug_words": 3,
    "url_has_date": 1,
    "url_is_https": 1,
    "url_subdomain_length": 0,
    "row_external": 2,
    "row_internal": 2,
    "row_external_share": 0.5,
    "title_words": 6,
    "title_separators": 1,
    "title_in_url": 3 / 6,
    "anchor_words": 3,
    "anchor_names_target": 0,
    "anchor_is_image": 0,
    "anchor_other": 1,
    "out_links": 4,
    "out_external_sites": 2,
    "out_site_entropy": math.log(2),
    "out_followed_share": 1,
    "trade_described": 1 / 6,
    "trade_all": 0,
    "page_h1": 1,
    "page_scripts": 3,
    "page_script_sites": 2,
    "page_has_author": 1,
    "page_has_contact": 1,
    "page_has_feed": 1,
    "page_has_schema": 1,
    "page_ads": 1,
    "page_tracker": 1,
    "page_wordpress": 1,
    "page_has_language": 1,
    "page_canonical_elsewhere": 0,
    "place_in_main": 1,
    "place_new_window": 1,
    "place_has_title": 1,
    "place_rel_noopener": 1,
    "place_rank": 0,
    "area_content": 1,
    "area_footer": 0,
    "block_is_paragraph": 1,
    "block0_links": 1,
    "block1_links": 1,
    "context_left_words": 5,
    "context_bare": 0,
    "heading_words": 3,
    "sim_heading_title": 3 / math.sqrt(3 * 6),
}


@pytest.mark.parametrize("name", RICH_VALUES)
def test_values_by_hand(rich, name):
    assert rich.loc[0, name] == pytest.approx(RICH_VALUES[name], abs=1e-4)


def test_a_footer_credit(rich):
    credit = rich.iloc[1]
    assert credit["place_in_main"] == 0
    assert credit["area_footer"] == 1
    assert credit["context_mechanical"] == 1
    assert credit["place_rank"] == 0.5
    assert credit["anchor_names_target"] == 1


LINK = '<a href="https://t.example/">honey</a>'


@pytest.mark.parametrize(
    ("body", "name", "value"),
    [
        (f"<p>{LINK} {LINK}</p>", "place_same_site_links", 2),
        (f"<p>{LINK}</p><a href=/x>x</a><a href=/y>y</a>", "out_external_share", 1 / 3),
        (f"<p>{LINK}<a rel='x,nofollow' href='https://u.example'>x</a>", "out_followed_share", 0.5),
        (f"<p>{LINK}<a href='https://u.example'>honey</a>", "out_repeated_anchor_share", 0.5),
        (f"<p>{LINK}<a href='https://u.example'>best casino bonus</a>", "out_trade_anchor_share", 0.5),
        (f"<p>{LINK}<a href='https://u.example'>玩百家乐</a>", "out_trade_anchor_share", 0.5),
        (f"<p>{LINK}<a href='https://www.facebook.com/x'>f</a>", "out_platform_share", 0.5),
        (f"<p>{LINK}<a href='mailto:a@b.example'>mail</a>", "out_relative_share", 0.5),
        ("<p>abcde" + LINK, "out_anchor_chars", 0.5),
        (f"<p>casino casino bees bees {LINK}", "trade_gambling", 2 / 5),
        (f"<p>casino viagra bees bees {LINK}", "trade_distinct", 0),
        (f"<p>sponsored</p><p>{LINK}", "trade_disclosure", 1 / 2),
        (f"<p>abcde<i style='display:none'>abcde</i>{LINK}", "page_hidden_share", 1 / 3),
        (f"<script>window.location = 'x'</script>{LINK}", "page_redirects", 1),
        (f"<ul><li>{LINK}</li></ul>", "block_is_item", 1),
        (f"<table><tr><td>{LINK}</td></tr></table>", "block_is_cell", 1),
        (f"<table><tr><td>{LINK}</td></tr></table>", "block_in_table", 1),
        (f"<h2>{LINK}</h2>", "block_is_heading", 1),
        (f"<h2>{LINK}</h2>", "place_in_heading", 1),
        (f"<hr>{LINK}", "block_is_heading", 0),
        (f"<p><b>{LINK}</b></p>", "place_emphasised", 1),
        (f"<p>{LINK}</p>", "context_bare", 1),
        (f"<p>{LINK}</p>", "block0_link_density", 1),
        (f"<p>abcde{LINK}</p>", "block0_link_density", 0.5),
        (f"<p>play casino at {LINK}</p>", "context_trade_terms", 1),
        (f"<h3>Sponsored links</h3><p>{LINK}</p>", "heading_sold_links", 1),
        (f"<p>abcdeabcde{LINK}abcde</p>", "place_position", 0.5),
        (f"<div class=comment-list>{LINK}</div>", "area_comment", 1),
        ("<a class=footer href='https://t.example'>x</a>", "area_of_link_itself", 1),
        ("<a href='https://t.example'><img alt=bee></a>", "anchor_is_image", 1),
        ("<a href='https://t.example'>click here</a>", "anchor_is_generic", 1),
        ("<a href='https://t.example'>»</a>", "anchor_is_generic", 1),
        ("<a href='https://t.example'></a>", "anchor_is_empty", 1),
        ("<a href='https://t.example'>www.t.example</a>", "anchor_is_url", 1),
        ("<a href='https://example.com'>The Ex-ample</a>", "anchor_names_target", 1),
        ("<a href='https://t.example'>BEES 24</a>", "anchor_upper", 1),
        ("<a href='https://t.example'>Ⓐ Ⅷ a</a>", "anchor_upper", 0),
        ("<a href='https://casino.example'>x</a>", "anchor_trade_in_target", 1),
    ],
)
def test_pages_by_hand(measure, body, name, value):
    assert measure(body)[name] == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize(
    ("url", "name", "value"),
    [
        ("http://192.0.2.1/", "url_is_ip", 1),
        ("http://xn--bcher-kva.example/", "url_is_punycode", 1),
        ("http://a.example:8080/", "url_has_port", 1),
        ("https://me.blogspot.com/", "url_private_suffix", 1),
        ("https://a.ac.uk/", "url_institution", 1),
        ("https://a.top/", "url_tld_new", 1),
        ("https://a.com/", "url_tld_new", 0),
        ("https://a.de/", "url_tld_country", 1),
        ("https://a.com/", "url_is_home", 1),
        ("https://a.com/?p=1", "url_is_home", 0),
        ("https://a.com/?p=1&q=2", "url_query_params", 2),
        ("https://a.com/forum/viewtopic", "url_path_forum", 1),
        ("https://a.com/tag/bees", "url_path_tag", 1),
        ("https://bestcasino24.com/", "url_host_trade", 1),
        ("https://strngth.com/", "url_host_consonant_run", 7),
        ("https://aabb.com/", "url_host_entropy", 1),
        ("https://www.youtube.com/x", "url_platform", 1),
        ("https://a.com/12ab", "url_path_digits", 2 / 5),
        ("https://a.com/one-two_three.html", "url_slug_words", 3),
    ],
)
def test_urls_by_hand(contract, url, name, value):
    assert Featurizer(contract).of_url(url)[name] == pytest.approx(value)


@pytest.mark.parametrize("url", [None, "", "not a url", "http://[bad", "mailto:a@b.example"])
def test_an_unknown_url_has_no_value(contract, url):
    assert Featurizer(contract).of_url(url) == {}


def test_a_row_says_only_what_it_says(contract):
    values = Featurizer(contract).of_row(RowFacts(page_url="https://a.example/", anchor="bees"))
    table = Featurizer(contract).frame([values])
    assert table.loc[0, "anchor_words"] == 1
    unknown = [
        "title_words",
        "row_external",
        "row_external_share",
        "anchor_names_target",
        "sim_anchor_title",
        "text_words",
    ]
    assert table.loc[0, unknown].isna().all()


def test_the_text_of_a_target_is_used(contract, make_page):
    body = "<p>Queens and drones <a href='http://www.t.example/a/'>x</a></p>"
    told = Extractor(contract, targets={"t.example/a": "queens drones"}).table([make_page(body)])
    assert told.loc[0, "sim_target_text"] == 1
    assert Extractor(contract).table([make_page(body)]).loc[0, "sim_target_text"] == 0


def test_where_the_host_is_unknown_internal_and_external_are_unknown(measure):
    link = measure(f"<p>{LINK}<a href=/x>x</a>", url=None)
    assert math.isnan(link["out_external"])
    assert math.isnan(link["row_external"])
    assert (link["out_absolute"], link["out_links"]) == (1, 2)


@pytest.mark.parametrize(
    ("canonical", "value"),
    [("https://other.example/", 1), ("https://other.example.org/x", 0), ("post.html", None), ("/post", None)],
)
def test_canonical_elsewhere(measure, canonical, value):
    found = measure(LINK, "https://www.example.org/", head=f"<link rel=canonical href='{canonical}'>")[
        "page_canonical_elsewhere"
    ]
    assert math.isnan(found) if value is None else found == value


def test_a_name_outside_the_contract_is_a_slip(contract):
    with pytest.raises(KeyError, match="nonsense"):
        Featurizer(contract).frame([{"nonsense": 1.0}])


TAGS = [
    "<p>",
    "</p>",
    "<div class=footer>",
    "</div>",
    "<ul><li>",
    "<h2>",
    "<table><td>",
    "<b>",
    "<svg>",
    "<script>",
    "<br>",
    "<img alt=x>",
]
HREFS = [
    "https://a.example/",
    "//b.example",
    "/in",
    "http://[bad",
    "javascript:x",
    "http://ä.example/?a=b",
    "https://casino.top",
]
ANCHOR = st.builds(
    "<a href='{}' rel='{}'>{}</a>".format, st.sampled_from(HREFS), st.text(max_size=5), st.text(max_size=20)
)
SOUP = st.lists(st.one_of(st.sampled_from(TAGS), ANCHOR, st.text(max_size=30), st.just("casino 百家乐 ")), max_size=30)
LAX = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@LAX
@given(SOUP, st.one_of(st.none(), st.sampled_from(HREFS), st.text(max_size=30)), st.text(max_size=20))
def test_no_page_breaks_the_contract(extractor, contract, pieces, url, title):
    html = f"<title>{title}</title>{''.join(pieces)}".encode("utf-8", "ignore")
    table = extractor.table([RawPage("p", url, html)])
    assert len(table) >= 1
    assert list(table.columns) == [*IDENTITY, *contract.names]
    check_ranges(table, contract)


@LAX
@given(st.binary(max_size=300))
def test_no_bytes_break_it(extractor, contract, html):
    check_ranges(extractor.table([RawPage("p", None, html)]), contract)


TEXT = st.one_of(st.none(), st.text(max_size=40))
COUNT = st.one_of(st.just(math.nan), st.integers(0, 10**7).map(float))


@LAX
@given(TEXT, TEXT, st.one_of(TEXT, st.sampled_from(HREFS)), TEXT, COUNT, COUNT)
def test_no_row_breaks_it(contract, url, title, target, anchor, external, internal):
    featurizer = Featurizer(contract)
    facts = RowFacts(url, title, target, anchor, n_external=external, n_internal=internal)
    check_ranges(featurizer.frame([featurizer.of_row(facts)]), contract)
