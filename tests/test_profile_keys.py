"""What two links can have in common, and the ids and signatures of pages."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linksift.page import Limits, parse_page
from linksift.profile import keys, minhash, neighbours, page_footprint, trackers
from linksift.profile.keys import anchor_key, host_keys, is_name, path_key, title_key, url_keys
from linksift.text import tokens

WORDS = [f"word{number}" for number in range(400)]


@pytest.mark.parametrize("module", [keys, trackers])
def test_the_examples_in_the_docs_hold(module):
    assert doctest.testmod(module).failed == 0


def test_hosts_under_a_private_suffix_are_sites_of_one_owner():
    left, right = host_keys("ann.blogspot.com"), host_keys("bob.blogspot.com")
    assert left.site != right.site
    assert left.owner == right.owner == "blogspot.com"
    assert host_keys("www.shop.example.co.uk").site == host_keys("example.co.uk").owner == "example.co.uk"
    assert host_keys("192.0.2.7").tld is None


def test_one_page_has_one_key_in_every_spelling():
    spellings = ["https://www.one.example/a/", "http://one.example/a", "HTTP://One.Example:80/a#part"]
    assert len({url_keys(url).page for url in spellings[:2]}) == 1
    assert url_keys("https://one.example/a?b=1").page != url_keys("https://one.example/a").page
    assert url_keys("mailto:a@one.example") == url_keys(None) == keys.UrlKeys()


@pytest.mark.parametrize("path", ["", "/", "/blog/", "/2024/05/17/", "/showthread.php", "/a/b", "/about-us.html"])
def test_a_path_that_anybody_has_is_no_key(path):
    assert path_key(path) is None


def test_telling_paths_meet_whatever_their_ending_and_case():
    assert path_key("/Ten-Best_Ovens.PHP") == path_key("/ten-best_ovens/") == "/ten-best_ovens"
    assert path_key("/%D0%BA%D0%B0%D0%BA-%D0%BF%D0%B5%D1%87%D1%8C-%D1%85%D0%BB%D0%B5%D0%B1") == "/как-печь-хлеб"


@pytest.mark.parametrize("title", [None, "", "Home", "Web directory", "404 - Page not found on this site"])
def test_a_title_that_anybody_has_is_no_key(title):
    assert title_key(title) is None


def test_titles_meet_whatever_their_case_and_marks():
    assert title_key("Ten Best Bread Ovens!") == title_key("ten best – bread ovens")


def test_anchors_meet_without_image_mark_and_case():
    assert anchor_key("[image alt=Fresh  Bread]") == anchor_key("fresh bread") == "fresh bread"
    assert anchor_key("") == ""
    assert anchor_key(None) is None


@pytest.mark.parametrize(
    ("anchor", "named"),
    [("", True), ("Bakery One", True), ("https://www.bakery-one.example/shop", True), ("cheap bread", False)],
)
def test_the_targets_name_is_told(anchor, named):
    assert is_name(anchor_key(anchor), "bakery-one.example") is named


@given(st.text(max_size=300))
def test_keys_take_any_text(text):
    url_keys(text), url_keys(f"http://one.example/{text}"), title_key(text), anchor_key(text), path_key(text)
    is_name(anchor_key(text), "one.example")
    assert all(name and value for name, _, value in (item.partition(":") for item in trackers.tracker_ids(text)))


def test_ids_of_every_kind_are_found():
    code = """
    ga('create', 'UA-48151623-2'); gtag('config', 'G-7Q2LM4K9ZD'); gtag('config', 'AW-918273645');
    j.src = 'https://www.googletagmanager.com/gtm.js?id=GTM-K7Q2Z9'; google_ad_client = "ca-pub-7316298450173264";
    fbq('init', '731629845017326'); ttq.load('C4A7QK2M9ZL0PXR5'); ym(73162984, 'init', {}); hjid: 731629,
    https://www.clarity.ms/tag/k3j9x2m7qa https://hm.baidu.com/hm.js?3f9ac41b7e5d02c86a1f4b9e07d3c258
    https://js.users.51.la/73162984.js https://s4.cnzz.com/z_stat.php?id=731629845&web_id=1
    _Hasync.push(['Histats.start', '1,7316298,4,0']); var sc_project = 7316298; _qevents.push({qacct: "p-7Kq2Zx9LmW3aB"});
    https://www.amazon.com/dp/B000?ref=x&tag=oursite0a-20 https://mc.yandex.ru/watch/62983741
    """
    found = trackers.tracker_ids(code)
    kinds = sorted(item.split(":")[0] for item in found)
    assert kinds == sorted((
        "ua", "ga4", "ads", "gtm", "adsense", "facebook", "tiktok", "yandex", "yandex", "hotjar", "clarity", "baidu",
        "51la", "cnzz", "histats", "statcounter", "quantcast", "amazon",
    ))  # fmt: skip
    assert "ua:48151623" in found


@pytest.mark.parametrize(
    "code",
    [
        "UA-XXXXXXX-1",
        "UA-00000-1",
        "G-XXXXXXXXXX",
        "ca-pub-1234567890123456",
        "ca-host-pub-7316298450173264",
        "UA-52447-2",
    ],
)
def test_examples_and_ids_of_platforms_are_no_ids(code):
    assert trackers.tracker_ids(code) == frozenset()


def _page(*, cls="theme", script="", words=WORDS):
    items = "".join(f'<p class="{cls}-{name}">{word}</p>' for name, word in zip("abcdefghijkl", words, strict=False))
    return parse_page(f"<html><head><script>{script}</script></head><body>{items}</body></html>".encode(), Limits())


def _likeness(left, right):
    return np.mean(np.frombuffer(left, "<u4") == np.frombuffer(right, "<u4"))


def test_a_footprint_tells_template_text_and_trackers_apart():
    one = page_footprint(_page(script="ga('create', 'UA-48151623-2')"), WORDS)
    two = page_footprint(_page(script="ga('create', 'UA-48151623-9')", words=WORDS[20:]), WORDS[200:])
    three = page_footprint(_page(cls="other"), [*WORDS[:390], *WORDS[:10]])
    assert one.trackers == two.trackers == "ua:48151623"
    assert three.trackers == ""
    assert one.template_minhash == two.template_minhash
    assert _likeness(one.template_minhash, three.template_minhash) < 0.1
    assert _likeness(one.text_minhash, three.text_minhash) > 0.8
    assert one.text_minhash != three.text_minhash
    assert len(one.text_minhash) == minhash.SIGNATURE_BYTES


def test_numbers_in_class_names_are_the_pages_not_the_templates():
    one, two = (page_footprint(_page(cls=f"post-{number}"), WORDS) for number in (12, 977))
    assert one.template_minhash == two.template_minhash


def test_a_short_page_has_no_signatures():
    found = page_footprint(parse_page(b"<p class='a b'>Flour and water</p>", Limits()), ["flour", "and", "water"])
    assert found == ("", None, None)


def test_a_footprint_changes_nothing_and_stays_the_same():
    root = _page()
    assert page_footprint(root, WORDS) == page_footprint(root, WORDS) == page_footprint(_page(), WORDS)


@given(st.binary(max_size=400))
def test_any_page_has_a_footprint(html):
    root = parse_page(b"<html><body>" + html + b"</body></html>", Limits())
    page_footprint(root, tokens(html.decode("utf-8", "surrogateescape")))


@given(st.sets(st.integers(0, 400), min_size=1), st.sets(st.integers(0, 400), min_size=1))
def test_signatures_estimate_likeness(left, right):
    pair = [minhash.signature_bytes(np.array(sorted(members), dtype=np.uint64)) for members in (left, right)]
    true = len(left & right) / len(left | right)
    # Five standard errors of 128 hashes, and the error of hashing itself.
    assert abs(_likeness(*pair) - true) <= 0.25
    assert (left != right) or pair[0] == pair[1]


def test_signatures_do_not_depend_on_the_blocks():
    rng = np.random.default_rng(0)
    members = rng.integers(0, 2**63, 70_000, dtype=np.uint64)
    starts = np.array([0, 3, 40_000, 40_001])
    together = minhash.signatures(members, starts)
    ends = [*starts[1:], len(members)]
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        alone = np.frombuffer(minhash.signature_bytes(members[start:end]), "<u4")
        assert np.array_equal(together[number], alone)


def test_similar_signatures_find_each_other_across_sites():
    rng = np.random.default_rng(1)
    sets = [rng.integers(0, 2**63, 200, dtype=np.uint64) for _ in range(60)]
    copies = [np.concatenate([members[:190], rng.integers(0, 2**63, 10, dtype=np.uint64)]) for members in sets]
    values = np.array([np.frombuffer(minhash.signature_bytes(members), "<u4") for members in (*sets, *copies)])
    sites = np.arange(120)
    pairs = neighbours.similar_pairs(values, sites, bands=16, threshold=0.8)
    clusters = pairs.clusters()
    assert (clusters[:60] == clusters[60:]).mean() > 0.95
    assert len(set(clusters)) >= 60
    assert (pairs.best(np.zeros(120, dtype=int)) == 0).all()
    assert (pairs.best(sites) >= 0.8).mean() > 0.95


def test_thousands_of_copies_hang_together():
    value = np.frombuffer(minhash.signature_bytes(np.arange(50, dtype=np.uint64)), "<u4")
    pairs = neighbours.similar_pairs(np.tile(value, (5_000, 1)), np.arange(5_000) // 50, bands=16, threshold=0.8)
    assert len(set(pairs.clusters())) == 1
    assert len(pairs.left) <= 5_000 * 8
    assert (pairs.best(np.arange(5_000) // 50) == 1).mean() > 0.9
