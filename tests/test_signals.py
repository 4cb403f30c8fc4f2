"""A hand-made page, row or address for each feature of the newer families, and input that must break none."""

import math
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linksift.extraction import Extractor
from linksift.features import Featurizer
from linksift.features.hiding import hidden_names, is_same_colour
from linksift.features.language import same_language, stop_words
from linksift.features.provider import COUNTS, OTHERS, SCORES, row_metrics
from linksift.features.row import RowFacts
from linksift.features.scripts import script_shares
from linksift.features.target import divergence
from linksift.io.rawpage import RawPage
from linksift.lexicons import Covering, Lexicon
from test_features import check_ranges

LINK = '<a href="https://t.example/deep/page">honey</a>'
OTHER = "<a href='https://u.example/'>wax</a>"
ENGLISH = "The bees carry nectar to the hive and they fan it with their wings until it has turned into honey. "
GERMAN = "Die Bienen tragen den Nektar in den Stock und fächeln ihn mit den Flügeln, bis er zu Honig geworden ist. "
RUSSIAN = "Пчёлы приносят нектар в улей и машут крыльями, пока он не станет мёдом. "
STORY = f"<article><h1>Honey</h1><p>{ENGLISH * 6}</p><p>{ENGLISH * 3}{LINK} {ENGLISH * 3}</p></article>"
MENU = "<a href=/a>hives</a><a href=/b>frames</a><a href=/c>queens</a>"


@pytest.fixture(scope="module")
def extractor(contract):
    return Extractor(contract)


@pytest.fixture(scope="module")
def measure(extractor, make_page):
    """Features of the first external link of a page."""

    def measure(body, url="https://page.example/post", head=""):
        return extractor.table([make_page(body, url, head=head)]).iloc[0]

    return measure


def text(words):
    """A page whose main text is the given paragraph; its link has no words."""
    return f"<article><p>{words}</p></article><a href='https://t.example/'><img src=x></a>"


@pytest.mark.parametrize(
    ("body", "name", "value"),
    [
        ("<a rel='x,NoFollow' href='https://t.example'>x</a>", "rel_nofollow", 1),
        ("<a rel='sponsored noopener' href='https://t.example'>x</a>", "rel_sponsored", 1),
        ("<a rel=ugc href='https://t.example'>x</a>", "rel_ugc", 1),
        ("<a rel=ugc href='https://t.example'>x</a>", "link_followed", 0),
        (LINK, "link_followed", 1),
        (LINK, "link_page_nofollow", 0),
        (f"<div style='display:none'>{LINK}</div>", "link_hidden", 1),
        (f"<div class=accordion><p style='display:none'>{LINK}</p></div>", "link_hidden", 0),
        (f"<style>.gone {{display: none}}</style><p class='a gone'>{LINK}</p>", "link_hidden_by_rule", 1),
        (f"<style>.gone {{display: none}}</style><p class='a gone'>{LINK}</p>", "link_hidden", 1),
        (f"<style>.sr-only {{left: -9999px}}</style><p class=sr-only>{LINK}</p>", "link_hidden", 0),
        (f"<p style='color:#fff;background:white'>{LINK}</p>", "link_hidden_by_rule", 1),
        (f"<p style='color:red;background:white'>{LINK}</p>", "link_hidden_by_rule", 0),
        (f"<p>Sponsored: {LINK}</p>", "link_disclosed", 1),
        (f"<p>Sponsored: {LINK}</p>", "link_paid_but_followed", 1),
        ("<p>Sponsored: <a rel=sponsored href='https://t.example'>x</a></p>", "link_paid_but_followed", 0),
        ("<a href='https://t.example/?aff_id=3'>x</a>", "link_affiliate", 1),
        ("<a href='https://www.awin1.com/x'>x</a>", "link_affiliate", 1),
        ("<a href='https://t.example/?page=3'>x</a>", "link_affiliate", 0),
        (f"<div id=sideWidget>{LINK}</div>", "link_in_widget", 1),
        (f"<div class=user-profile>{LINK}</div>", "link_in_profile", 1),
        (f"<div class=listing>{LINK}</div>", "link_in_directory", 1),
        (f"{LINK}<a href='https://t.example/2'>wax</a>", "link_site_anchors", 2),
        (f"<p>casino casino bees bees {LINK}</p>", "link_money_share", 0.5),
        (STORY, "link_editorial", 1),
        (f"<div>{LINK}</div>", "link_editorial", 0),
        ("<a href='https://t.example'>мёд</a> honey and wax and more", "link_script_differs", 1),
        (f"{LINK}<a rel=sponsored href='https://u.example'>x</a>", "out_sponsored_share", 0.5),
        (f"{LINK}<a rel=ugc href='https://u.example'>x</a>", "out_ugc_share", 0.5),
        (f"{LINK}<a href='https://u.example/?btag=1'>x</a>", "out_affiliate_share", 0.5),
        (f"{LINK}<p>0123456789</p>{OTHER}", "out_link_gap", 10),
        (f"{LINK}, " * 20, "out_link_list", 1),
        (f"{LINK} {ENGLISH}" * 20, "out_link_list", 0),
        (LINK + OTHER, "out_topic_dispersion", 1),
        (LINK + LINK, "out_topic_dispersion", 0),
        ("<a href='https://t.example'>casino</a><a href='https://u.example'>viagra</a>", "out_trades", 2),
        ("<a href='https://t.example'>casino</a><a href='https://u.example'>viagra</a>", "out_trade_entropy", math.log(2)),
        (f"<p>{GERMAN * 4}</p>{LINK}", "lang_differs", 1),
        (f"<p>{ENGLISH * 4}</p>{LINK}", "lang_differs", 0),
        (f"<p>{RUSSIAN}</p><a href='https://t.example'>3</a>", "script_latin", 0),
        ("<p>мёд ab</p><a href='https://t.example'>3</a>", "script_main_share", 0.6),
        (text("a b c " * 20), "quality_single_words", 0),
        (text("a b c " * 20), "quality_top10_words", 1),
        (text(ENGLISH), "quality_repeated_6gram_chars", 0),
        (text(ENGLISH), "quality_top_4gram_chars", 0),
        (text(ENGLISH), "quality_lorem", 0),
        (text(f"Lorem ipsum {ENGLISH}"), "quality_lorem", 1),
        (text(f"{{ {ENGLISH}"), "quality_brace", 1),
        (text(f"{{good|fine|nice}} {ENGLISH}"), "quality_spintax", 1),
        (text(f"[insert keyword] {ENGLISH}"), "quality_leftovers", 1),
        (text(f"JavaScript is needed. {ENGLISH}"), "quality_javascript_lines", 1),
        (text(f"Read our privacy policy. {ENGLISH}"), "quality_policy_lines", 1),
        (text(f"🎯 {ENGLISH}"), "quality_emoji_lines", 1),
        (text(f"Rome, Paris, Berlin, Madrid, Lisbon. {ENGLISH}"), "quality_list_run", 4),
        (text("ONE TWO three four I am"), "quality_caps_words", 2 / 6),
        (text("#one #two three four"), "quality_hash_words", 0.5),
        (text("one... two three four"), "quality_ellipsis_words", 0.25),
        (text("call +44 20 7946 0958 now"), "quality_phones", 1 / 6),
        (text("as an ai language model bees fly"), "quality_machine_phrases", 1 / 7),
        (text("bees — wax"), "quality_dashes", 0.5),
        (text("one two three. one."), "quality_sentence_spread", 1),
        (text("one two three. four."), "quality_lix", 2),
        (f"<address>x</address><a href='mailto:a@b.example'>x</a><a href='tel:1'>x</a>{LINK}", "page_contact_kinds", 3),
        (f"<a href=/about>x</a>{LINK}", "page_about", 1),
        (f"<a href=/privacy>x</a>{LINK}", "page_privacy", 1),
        (f"{LINK}<a href='https://www.linkedin.com/in/x'>x</a>", "page_linkedin", 1),
        (f"{LINK}<a rel=author href=/me>x</a>", "page_byline", 1),
        (f"<ins class=adsbygoogle></ins><iframe src='//x.example/ads/1'></iframe>{LINK}", "page_ad_slots", 2),
        (f"<ins class=adsbygoogle></ins>{LINK}", "page_ads_per_100_words", 100),
        (f"<script>popunder()</script>{LINK}", "page_popunder", 1),
        (f"<script>window.location.href = 'x'</script>{LINK}", "page_script_redirect", 1),
        (f"<script>var x = window.location.href; if (location == 1) y()</script>{LINK}", "page_script_redirect", 0),
        (f"<script>ga('UA-123456-1'); ga('UA-123456-1'); x('GTM-ABC123')</script>{LINK}", "page_analytics_ids", 2),
        (f"<script>x='ca-pub-1234567890123456'</script>{LINK}", "page_ad_ids", 1),
        (f"<script>fbq('init')</script>{LINK}", "page_facebook_pixel", 1),
        (f"{MENU}<p>words</p>{LINK}", "hijack_topic", 0),
        ("<div style='display:none'><a href='https://t.example'>casino</a></div>", "hijack_hidden_trade", 1),
    ],
)  # fmt: skip
def test_pages_by_hand(measure, body, name, value):
    assert measure(body)[name] == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize(
    ("head", "name", "value"),
    [
        ("<meta name=robots content=nofollow>", "link_page_nofollow", 1),
        ("<title>Sponsored post</title>", "title_disclosure", 1),
        ("<title>Sponsored post</title>", "link_paid_but_followed", 1),
        ("<title>Free web directory</title>", "title_directory", 1),
        ("<title>Free web directory</title>", "page_directory", 1),
        ("<title>Мёд</title>", "script_title_differs", 1),
        ("<title>Мёд</title>", "anchor_script_differs", 1),
        ("<title>Мёд и воск</title>", "hijack_script", 1),
        ("<title>Best casino bonus</title>", "hijack_topic", 1),
        ("<title>Best casino bonus</title>", "hijack_signs", 1),
        ("<title>This domain is for sale</title>", "page_parked", 1),
        ("<title>Page not found</title>", "page_soft404", 1),
        ("<link rel='shortcut icon' href=x>", "page_favicon", 1),
        ("<link href='https://fonts.googleapis.com/css'>", "page_google_font", 1),
        ("<script src='https://www.googletagmanager.com/gtm.js'></script>", "page_gtm", 1),
        ("<script src='https://ad.doubleclick.net/x.js'></script>", "page_doubleclick", 1),
        ("<meta property=og:title content=x><meta name=twitter:card content=x>", "page_social_metas", 2),
        ("<meta name=generator content='Joomla! 5'>", "page_generator", 1),
        ("<meta name=generator content='Joomla! 5'>", "page_builder", 1),
        ("<meta property=article:published_time content=2024-01-01>", "page_date_published", 1),
        ("<meta name=viewport content=width>", "page_viewport", 1),
        ("", "page_canonical_none", 1),
        ("<link rel=canonical href='http://page.example/post/'>", "page_canonical_self", 1),
        ("<link rel=canonical href='https://page.example/other'>", "page_canonical_self", 0),
        ("<meta http-equiv=refresh content='0; url=https://z.example/'>", "page_refresh", 1),
        ("<meta http-equiv=refresh content='0; url=https://z.example/'>", "page_refresh_elsewhere", 1),
        ("<meta http-equiv=refresh content='0; url=/next'>", "page_refresh_elsewhere", 0),
        ("<meta http-equiv=refresh content='600'>", "page_refresh", 0),
    ],
)
def test_heads_by_hand(measure, head, name, value):
    assert measure(f"{MENU}{LINK}", head=head)[name] == value


def test_repeated_text(measure):
    link = measure(text("one two three four five six seven eight nine ten. " * 5))
    assert [link[f"quality_repeated_{n}gram_chars"] for n in range(6, 11)] == [1] * 5
    assert link["quality_top_4gram_chars"] == pytest.approx(5 * 15 / (5 * 39), abs=1e-4)
    assert link["quality_trigram_entropy"] > 2
    assert link["quality_compression"] > 3
    # Ten words, each five times: the frequencies do not fall with the rank.
    assert link["quality_zipf_slope"] == 0
    assert math.isnan(measure(text("bees and wax"))["quality_zipf_slope"])


def test_english_uses_its_stop_words(measure):
    link = measure(f"<p>{ENGLISH * 4}</p>{LINK}")
    assert link["lang_stop_words"] > 0.4
    assert link["lang_stop_distinct"] >= 5
    assert 0 < link["lang_stop_coverage"] < 0.1
    assert link["lang_distance"] > 0
    assert math.isnan(measure(LINK)["lang_stop_words"])


def test_gaps_between_links(extractor, make_page):
    table = extractor.table([make_page(f"{LINK}<p>01234</p>{OTHER}")])
    assert math.isnan(table.loc[0, "link_gap"])
    assert table.loc[1, "link_gap"] == 5


def test_a_spam_trade_on_a_lent_host(measure):
    head = "<title>Online casino</title>"
    assert measure(LINK, "https://www.some.edu/x", head)["page_parasite"] == 1
    assert measure(LINK, "https://page.example/x", head)["page_parasite"] == 0


def test_users_fill_the_list_of_bad_neighbours(contract, make_page):
    own = replace(contract, lexicons=dict(contract.lexicons) | {"bad_neighbours": Lexicon.parse("x", "u.example")})
    page = make_page(LINK + OTHER)
    assert Extractor(own).table([page]).loc[0, "out_bad_neighbours"] == 0.5
    assert math.isnan(Extractor(contract).table([page]).loc[0, "out_bad_neighbours"])


@pytest.mark.parametrize(
    ("anchor", "kind"),
    [
        ("", "empty"), ("[image alt=bees]", "image"), ("www.t.example", "url"), ("click here", "generic"),
        ("Honey Farm", "brand"), ("Honey Farm casino", "compound"), ("casino bonus", "money"),
        ("the casino of bees", "part_money"), ("notes on bees", "other"),
    ],
)  # fmt: skip
def test_each_anchor_is_of_one_class(contract, anchor, kind):
    values = Featurizer(contract).of_row(RowFacts(target_url="https://honey-farm.com/", anchor=anchor))
    assert [name for name in values if name.startswith("anchor_class_") and values[name] == 1] == [
        f"anchor_class_{kind}"
    ]


def test_the_title_of_a_target_is_a_brand(contract):
    facts = RowFacts(
        target_url="https://hf.example/", anchor="Bee & Sons", target_text="Bee & Sons | Honey\nWe sell it."
    )
    assert Featurizer(contract).of_row(facts)["anchor_class_brand"] == 1


def test_without_a_target_no_brand_is_known(contract):
    values = Featurizer(contract).of_row(RowFacts(anchor="notes on bees"))
    assert math.isnan(values["anchor_class_brand"])
    assert math.isnan(values["anchor_class_other"])


@pytest.mark.parametrize(
    ("facts", "name", "value"),
    [
        ({"anchor": "»", "target_url": "https://t.example"}, "anchor_is_mark", 1),
        ({"anchor": "casino bees", "target_url": "https://t.example"}, "anchor_money_share", 0.5),
        ({"anchor": "sponsored", "target_url": "https://t.example"}, "anchor_disclosure", 1),
        ({"target_url": "https://t.example/"}, "target_is_home", 1),
        ({"target_url": "https://t.example/a/b"}, "target_depth", 2),
        ({"page_url": "https://bee.de/", "target_url": "https://bee.fr/x"}, "relation_same_label", 1),
        ({"page_url": "https://bee.de/", "target_url": "https://bee.fr/x"}, "relation_country_differs", 1),
        ({"page_url": "https://bee.de/", "target_url": "https://wax.de/x"}, "relation_same_suffix", 1),
        ({"page_url": "https://bee.com/", "target_url": "https://wax.de/x"}, "relation_country_differs", math.nan),
    ],
)
def test_rows_by_hand(contract, facts, name, value):
    assert Featurizer(contract).of_row(RowFacts(**facts))[name] == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize(
    ("url", "name", "value"),
    [
        ("https://bee24.com/", "url_label_digits", 2),
        ("https://s3.bee.com/", "url_subdomain_digits", 1),
        ("https://bееs.com/", "url_mixed_script", 1),
        ("https://пчела.com/", "url_mixed_script", 0),
        ("https://seo-links.top/", "url_seo_new_tld", 1),
        ("https://seo-links.com/", "url_seo_new_tld", 0),
    ],
)
def test_hosts_by_hand(contract, url, name, value):
    assert Featurizer(contract).of_url(url)[name] == value


def test_what_the_target_says(contract, make_page):
    told = f"Honey\n{ENGLISH * 4}"
    body = f"<p>{ENGLISH * 4}</p><p>honey {LINK} honey</p>"
    page = make_page(body, "https://page.example/honey", head="<title>Honey</title>")
    near = Extractor(contract, targets={"t.example/deep/page": told}).table([page]).iloc[0]
    far = Extractor(contract, targets={"t.example/deep/page": f"Мёд\n{RUSSIAN * 4}"}).table([page]).iloc[0]
    for name in ("anchor", "url", "title", "page", "context"):
        assert near[f"target_kl_{name}"] < far[f"target_kl_{name}"]
        assert near[f"target_cos_{name}"] > far[f"target_cos_{name}"] == 0
    assert (near["target_title_overlap"], far["target_title_overlap"]) == (1, 0)
    assert (near["target_lang_differs"], far["target_lang_differs"]) == (0, 1)
    assert (near["target_script_differs"], far["target_script_differs"]) == (0, 1)
    assert near["target_title_context"] == 1
    unknown = Extractor(contract).table([page]).iloc[0]
    assert unknown[[name for name in contract.names if contract.by_name[name].family == "target_text"]].isna().all()


def test_divergence():
    assert divergence(Counter("ab"), Counter("ab")) == 0
    assert divergence(Counter("ab"), Counter("bc")) < divergence(Counter("ab"), Counter("cd"))
    assert math.isnan(divergence(Counter(), Counter("a")))


def test_what_a_provider_says(contract):
    class Row:
        ahrefs_domain_rating = 55.0
        ahrefs_domain_traffic = 0.0
        ahrefs_linked_domains = 30.0
        ahrefs_referring_domains = 10.0
        ahrefs_url_rating = None
        http_status = "404"
        lost = True
        first_seen, last_seen = "2024-01-01", "2024-01-31"

    values = Featurizer(contract).of_row(RowFacts(metrics=row_metrics(Row())))
    assert values["ahrefs_rating_without_traffic"] == 1
    assert values["ahrefs_linked_per_referring"] == 3
    assert values["ahrefs_referring_domains"] == pytest.approx(math.log(11))
    assert (values["row_status_error"], values["row_lost"], values["row_days_seen"]) == (1, 1, 30)
    assert math.isnan(values["ahrefs_url_rating"])
    assert math.isnan(values["row_sitewide"])
    assert row_metrics(object()) == {}


def test_no_providers_metric_is_on(contract):
    assert not [feature.name for feature in contract.features if feature.family == "provider" and feature.on]


def test_selectors_that_hide_for_a_while_only_do_not_count():
    css = "/* x */ @import 'a'; .a, p#b {display:none} .c:hover {display:none} .d .e {display:none}"
    assert hidden_names(css + " @media print { .f {display:none} .g {color:red} } .h{visibility:hidden}") == {
        "a",
        "b",
        "h",
    }
    assert not is_same_colour("color:#fff")


def test_scripts_and_languages():
    assert script_shares("12 !") == {}
    assert script_shares("ねこ 猫") == {"east asian": 1}
    assert same_language("pt-BR", "pt")
    assert not same_language("de", "en")
    assert same_language(None, "en") is None
    assert "und" in stop_words("de")
    assert stop_words("xx") == frozenset()


def test_covering_counts_each_word_once():
    covering = Covering([Lexicon.parse("a", "free spins\nspins"), Lexicon.parse("b", "spins win")])
    assert covering.covered(["my", "free", "spins", "win", "now"]) == 3


PIECES = st.sampled_from([
    "<style>.x{display:none", "}</style>", "<div class='x widget'>", "</div>", "<p style='color:#fff;background:#fff'>", "</p>",
    "<article><p>", "<script>location.replace('", "</script>", "<ins class=adsbygoogle>", "<iframe src=/ads/>",
    "<meta http-equiv=refresh content='99999999;url=//[x'>", "<link rel='canonical icon' href='http://[x'>", LINK, OTHER, MENU,
    ENGLISH, RUSSIAN, GERMAN, "百家乐在线 " * 40, "{a|b}", "[insert x]", "one, two, three, four, five", "sponsored casino",
    "<a href='https://u.example/?aff=1' rel='ugc,sponsored'>казино</a>", "<a href='https://[x'>x</a>", "🎯 \u202e", "—", "…",
])  # fmt: skip
LAX = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TEXT = st.text(max_size=60)


@LAX
@given(st.lists(PIECES | TEXT, max_size=40), TEXT, st.none() | TEXT | st.just("https://casino.edu/x"), st.none() | TEXT)
def test_no_page_and_no_target_breaks_the_contract(contract, pieces, title, url, told):
    html = f"<html lang='{title[:3]}'><title>{title}</title>{''.join(pieces)}".encode("utf-8", "ignore")
    targets = {"t.example/deep/page": told, "u.example": ENGLISH * 3} if told is not None else None
    check_ranges(Extractor(contract, targets=targets).table([RawPage("p", url, html)]), contract)


NUMBER = st.floats(0, 1e15) | st.just(math.nan)


@LAX
@given(TEXT, TEXT, TEXT, st.none() | TEXT, st.fixed_dictionaries(dict.fromkeys((*SCORES, *COUNTS), NUMBER)))
def test_no_row_breaks_the_contract(contract, title, anchor, target, told, metrics):
    facts = RowFacts("https://xn--a.example/", title, target, anchor, target_text=told, metrics=metrics)
    featurizer = Featurizer(contract)
    check_ranges(featurizer.frame([featurizer.of_row(facts)]), contract)


def test_every_metric_has_a_column(contract):
    assert set(SCORES + COUNTS) <= set(contract.names)
    assert set(OTHERS) == {"sitewide", "lost", "http_status", "days_seen"}
