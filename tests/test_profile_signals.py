"""The features of the family ``profile`` on exports and crawls that we made up."""

import datetime as dt
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linksift.errors import InputError
from linksift.profile import PROFILE_COLUMNS, profile_signals
from linksift.profile.footprint import text_signature
from linksift.profile.minhash import SIGNATURE_BYTES

TARGET = "https://bakery.example/"


def link(number, *, site=None, path=None, **more):
    """One link from a page of its own on a site of its own, with nothing in common with the others."""
    facts = {
        "link_id": f"link{number}",
        "page_url": f"https://{site or f'site{number}.example'}{path or f'/posts/own-article-number-{number}.html'}",
        "title": f"An article about bread with the number {number}",
        "target_url": TARGET,
        "anchor": f"anchor {number}",
        "first_seen": "2024-03-01",
    }
    return facts | more


def near(value):
    """Values are rounded to five decimals."""
    return pytest.approx(value, abs=1e-5)


def honest(n, **more):
    return [link(number, **more) for number in range(n)]


def measured(links, **options):
    table = profile_signals(pd.DataFrame(links), **options).set_index("link_id")
    assert list(table.columns) == list(PROFILE_COLUMNS)
    assert (table.dtypes == np.float32).all()
    return table


def day(number):
    return str(dt.date(2023, 1, 1) + dt.timedelta(days=number))


def test_one_row_per_link_in_order():
    links = pd.DataFrame(honest(30)[::-1])
    table = profile_signals(links)
    assert table["link_id"].tolist() == links["link_id"].tolist()
    assert list(table.index) == list(range(30))


def test_a_page_alone_says_nothing():
    table = measured([link(0), link(1, site="site0.example")])
    assert table.isna().all(axis=None)


def test_the_anchor_share_counts_sites_not_rows():
    links = honest(19) + [link(100 + n, site="site0.example", anchor="Anchor 1") for n in range(50)]
    table = measured(links)
    assert table.loc["link1", "profile_anchor_share"] == near(2 / 19)
    assert table.loc["link2", "profile_anchor_share"] == near(1 / 19)
    # 18 anchors of one site and one of two: of the twenty pairs.
    expected = -(18 / 20 * np.log2(1 / 20) + 2 / 20 * np.log2(2 / 20))
    assert table.loc["link2", "profile_anchor_entropy"] == near(expected)


def test_an_unknown_anchor_is_unknown_and_does_not_count():
    table = measured([*honest(12), link(12, anchor=None)])
    assert np.isnan(table.loc["link12", "profile_anchor_share"])
    assert np.isnan(table.loc["link12", "profile_sitewide_pages"])
    assert table.loc["link1", "profile_anchor_share"] == near(1 / 12)


def test_profiles_are_told_by_their_target():
    other = [link(100 + n, target_url="https://mill.example/x") for n in range(4)]
    table = measured(honest(12) + other)
    assert table.loc["link1", "profile_anchor_share"] == near(1 / 12)
    assert np.isnan(table.loc["link101", "profile_anchor_share"])


def test_an_export_without_targets_is_one_profile():
    table = measured(honest(12, target_url=None, anchor="bread"))
    assert (table["profile_anchor_share"] == 1).all()
    assert (table["profile_site_links"] == 1).all()


def test_the_share_of_a_top_level_domain():
    links = honest(15) + [link(100 + n, site=f"cheap{n}.com") for n in range(5)]
    table = measured(links)
    assert table.loc["link100", "profile_tld_share"] == 0.25
    assert table.loc["link0", "profile_tld_entropy"] == pytest.approx(
        -(0.75 * np.log2(0.75) + 0.25 * np.log2(0.25)), abs=1e-4
    )


def test_links_of_a_site_are_counted_once_each():
    again = [link(50, path="/posts/own-article-number-3.html", site="site3.example", anchor="anchor 3")]
    more = [link(60 + n, site="site3.example") for n in range(4)]
    table = measured(honest(12) + again + more)
    assert table.loc["link3", "profile_site_links"] == 5
    assert table.loc["link4", "profile_site_links"] == 1


def test_a_sitewide_link_stands_on_all_pages_of_its_site():
    footer = [link(100 + n, site="shop.example", path=f"/item-{n}", anchor="Our bakery") for n in range(8)]
    article = [link(200, site="shop.example", path="/story", anchor="the bread of my childhood")]
    table = measured(honest(12) + footer + article)
    assert table.loc["link100", "profile_sitewide_pages"] == 8
    assert table.loc["link100", "profile_sitewide_share"] == near(8 / 9)
    assert table.loc["link200", "profile_sitewide_share"] == near(1 / 9)
    assert np.isnan(table.loc["link0", "profile_sitewide_share"])


def test_pages_of_a_platform_belong_to_many_authors():
    many = [link(100 + n, site="forum.example", path=f"/user-{n}", anchor="Our bakery") for n in range(8)]
    table = measured(honest(12) + many, platforms=["forum.example"])
    assert np.isnan(table.loc["link100", "profile_sitewide_share"])
    assert np.isnan(table.loc["link100", "profile_sitewide_pages"])
    assert table.loc["link100", "profile_site_links"] == 8


def test_the_shipped_platforms_are_the_default():
    many = [link(100 + n, site="www.reddit.com", path=f"/r/bread/{n}", anchor="Our bakery") for n in range(8)]
    assert np.isnan(measured(honest(12) + many).loc["link100", "profile_sitewide_share"])


def test_one_path_on_many_sites():
    network = [link(100 + n, path="/blog/ten-best-bread-ovens/") for n in range(4)]
    homes = [link(200 + n, path="/") for n in range(4)]
    table = measured(honest(12) + network + homes)
    assert table.loc["link100", "profile_path_sites"] == 3
    assert table.loc["link0", "profile_path_sites"] == 0
    assert np.isnan(table.loc["link200", "profile_path_sites"])


def test_one_title_on_many_sites():
    network = [link(100 + n, title="Ten best bread ovens – reviewed") for n in range(4)]
    own = [link(150, site="site100.example", title="Ten best bread ovens reviewed")]
    table = measured([*honest(12), *network, *own, link(200, title="Home")])
    assert table.loc["link100", "profile_title_sites"] == 3
    assert table.loc["link150", "profile_title_sites"] == 3
    assert table.loc["link0", "profile_title_sites"] == 0
    assert np.isnan(table.loc["link200", "profile_title_sites"])


def test_hosts_under_a_private_suffix_are_sites_of_their_own():
    blogs = [link(100 + n, site=f"ann{n}.blogspot.com", title="Ten best bread ovens") for n in range(4)]
    assert measured(honest(12) + blogs).loc["link100", "profile_title_sites"] == 3


def test_shared_trackers_join_sites_in_a_chain():
    links = honest(12, trackers="")
    chain = [link(100, trackers="ua:1 ga4:A"), link(101, trackers="ga4:A gtm:B"), link(102, trackers="gtm:B")]
    table = measured([*links, *chain, link(103, trackers="ua:9"), link(104)])
    assert (table.loc[["link100", "link101", "link102"], "profile_tracker_sites"] == 2).all()
    assert table.loc["link103", "profile_tracker_sites"] == table.loc["link0", "profile_tracker_sites"] == 0
    assert np.isnan(table.loc["link104", "profile_tracker_sites"])


def test_a_tracker_on_one_platform_may_be_the_platforms():
    blogs = [link(100 + n, site=f"ann{n}.blogspot.com", trackers="ua:1") for n in range(4)]
    table = measured(honest(12, trackers="") + blogs)
    assert table.loc["link100", "profile_tracker_sites"] == 0


def _text(seed, changed=0):
    words = [f"w{number}" for number in np.random.default_rng(seed).integers(0, 5_000, 300)]
    return text_signature([*words[: 300 - changed], *(f"x{number}" for number in range(changed))])


def test_near_duplicate_texts_on_many_sites():
    links = [link(n, text_minhash=_text(n)) for n in range(12)]
    copies = [link(100 + n, text_minhash=_text(99, changed=5 * n)) for n in range(4)]
    own = [link(150, site="site0.example", text_minhash=_text(0, changed=3))]
    table = measured([*links, *copies, *own, link(200, text_minhash=None)])
    assert table.loc["link100", "profile_text_sites"] == 3
    assert table.loc["link0", "profile_text_sites"] == table.loc["link150", "profile_text_sites"] == 0
    assert np.isnan(table.loc["link200", "profile_text_sites"])


def test_template_clusters_count_owners():
    links = [link(n, template_minhash=_text(n)) for n in range(12)]
    network = [link(100 + n, template_minhash=_text(99)) for n in range(4)]
    blogs = [link(200 + n, site=f"ann{n}.blogspot.com", template_minhash=_text(98)) for n in range(4)]
    table = measured(links + network + blogs)
    assert table.loc["link100", "profile_template_sites"] == 3
    assert table.loc["link200", "profile_template_sites"] == 0


def _page_links(number, targets, **more):
    """Links of one page to sites of their own."""
    return [
        link(f"{number}-{target}", site=f"site{number}.example", path="/p", anchor=f"see {target}",
             target_url=f"https://shop{target}.example/", **more)
        for target in targets
    ]  # fmt: skip


def test_complete_hyperlinks_that_other_sites_have_too():
    links = [row for n in range(12) for row in _page_links(n, range(10 * n, 10 * n + 5))]
    farm = [row for n in range(100, 104) for row in _page_links(n, [900, 901, 902, 903, 1000 + n])]
    few = _page_links(200, [900, 901])
    table = measured(links + farm + few)
    assert table.loc["link100-900", "profile_overlap_share"] == near(4 / 5)
    assert table.loc["link100-900", "profile_overlap_jaccard"] == pytest.approx(4 / 6, abs=0.2)
    assert table.loc["link0-1", "profile_overlap_share"] == table.loc["link0-1", "profile_overlap_jaccard"] == 0
    assert np.isnan(table.loc["link200-900", "profile_overlap_share"])


def test_links_within_a_site_are_no_overlap():
    links = [row for n in range(12) for row in _page_links(n, range(10 * n, 10 * n + 2))]
    inside = [
        link(f"{n}-in", site=f"site{n}.example", path="/p", target_url=f"https://site{n}.example/") for n in range(12)
    ]
    assert measured(links + inside)["profile_overlap_share"].isna().all()


def test_links_to_platforms_are_no_overlap():
    links = [row for n in range(12) for row in _page_links(n, range(10 * n, 10 * n + 5))]
    share = [
        link(f"{n}-{name}", site=f"site{n}.example", path="/p", anchor=name, target_url=f"https://{name}.com/")
        for n in range(12)
        for name in ("facebook", "twitter", "youtube")
    ]
    assert (measured(links + share).loc["link0-1":"link0-4", "profile_overlap_share"] == 0).all()


def _steady(weeks=40):
    """Two new sites a week."""
    return [link(n, first_seen=day(7 * (n // 2) + 3 * (n % 2))) for n in range(2 * weeks)]


def test_a_burst_stands_out_from_the_weeks_before():
    burst = [link(1000 + n, first_seen=day(290 + n % 4), anchor="cheap ovens") for n in range(30)]
    table = measured(_steady() + burst)
    assert (table.loc["link1000":"link1029", "profile_burst_z"] > 15).all()
    assert table.loc["link60", "profile_burst_z"] < 2
    assert table.loc["link1000", "profile_burst_share"] == near(30 / 110)
    assert (table.loc["link1000":"link1029", "profile_anchor_burst_sites"] == 30).all()
    assert table.loc["link60", "profile_anchor_burst_sites"] == 1


def test_chance_alone_is_no_burst():
    even = [link(n, first_seen=day(7 * (n // 9))) for n in range(9 * 30)]
    table = measured(even + [link(1000 + n, first_seen=day(7 * 30)) for n in range(12)])
    # Three above nine, whose chance deviation is three.
    assert table.loc["link1000", "profile_burst_z"] == 1


def test_many_links_of_one_site_are_no_burst():
    crawl = [link(1000 + n, site="shop.example", first_seen=day(290)) for n in range(300)]
    assert measured(_steady() + crawl).loc["link1000", "profile_burst_z"] < 2


def test_a_burst_across_the_end_of_a_week_is_one():
    for start in range(7):
        burst = [link(1000 + n, first_seen=day(280 + start + n % 7)) for n in range(28)]
        assert measured(_steady() + burst)["profile_burst_z"].max() > 12


def test_without_history_nothing_is_unusual():
    table = measured(_steady(weeks=12))
    assert np.isnan(table.loc["link0", "profile_burst_z"])
    # The weeks before the profile's first say nothing either.
    assert table.loc["link23", "profile_burst_z"] == 0
    few = measured(_steady(weeks=60)[::10])
    assert few.filter(like="burst").isna().all(axis=None)


def test_undated_links_have_no_burst():
    table = measured(
        [*_steady(), link(900, first_seen=None), link(901, first_seen="1970-01-01"), link(902, first_seen="soon")]
    )
    assert table.loc[["link900", "link901", "link902"]].filter(like="burst").isna().all(axis=None)
    links = pd.DataFrame(_steady()).drop(columns="first_seen")
    assert profile_signals(links).filter(like="burst").isna().all(axis=None)


def test_the_top_level_domains_of_a_burst():
    burst = [link(1000 + n, site=f"cheap{n}.com", first_seen=day(270)) for n in range(18)]
    table = measured(_steady() + burst)
    assert table.loc["link1000", "profile_burst_tld_share"] == near(18 / 20)
    assert table.loc["link30", "profile_burst_tld_share"] == 1


@pytest.mark.parametrize(
    "convert",
    [
        pd.to_datetime,
        lambda days: pd.to_datetime(days).dt.tz_localize("Europe/Berlin"),
        lambda days: pd.to_datetime(days).dt.date,
        lambda days: days.astype("string[pyarrow]"),
        lambda days: days + " 12:30:00",
        lambda days: pd.to_datetime(days).astype("timestamp[ms][pyarrow]"),
        lambda days: pd.to_datetime(days).astype("date32[day][pyarrow]"),
    ],
)
def test_dates_of_any_type(convert):
    links = pd.DataFrame(_steady())
    expected = profile_signals(links)
    pd.testing.assert_frame_equal(profile_signals(links.assign(first_seen=convert(links["first_seen"]))), expected)


def _mixed():
    rng = np.random.default_rng(3)
    links = _steady() + [
        link(
            1000 + n,
            site=f"ann{n % 7}.blogspot.com",
            title="Ten best bread ovens",
            anchor=f"ovens {n % 3}",
            first_seen=day(int(d)),
        )
        for n, d in enumerate(rng.integers(0, 290, 60))
    ]
    for number, row in enumerate(links):
        row |= {
            "trackers": f"ua:{number % 40}",
            "text_minhash": _text(number % 50),
            "template_minhash": _text(number % 20),
        }
    return pd.DataFrame(links)


def test_chunks_give_what_the_whole_gives():
    links = _mixed()
    parts = (links.iloc[start : start + 13] for start in range(0, len(links), 13))
    pd.testing.assert_frame_equal(profile_signals(parts), profile_signals(links))


def test_the_order_of_the_links_makes_no_difference():
    links = _mixed()
    shuffled = profile_signals(links.sample(frac=1, random_state=0)).set_index("link_id")
    pd.testing.assert_frame_equal(shuffled.loc[links["link_id"]], profile_signals(links).set_index("link_id"))


def test_an_empty_table_has_the_columns():
    links = pd.DataFrame(honest(1)).iloc[:0]
    assert list(profile_signals(links).columns) == ["link_id", *PROFILE_COLUMNS]
    assert profile_signals(iter([])).empty


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda links: links.drop(columns="link_id"), "lacks the column link_id"),
        (lambda links: links.assign(link_id=None), "has no link_id"),
        (lambda links: links.assign(link_id="same"), "'same' stands twice"),
        (lambda links: links.assign(text_minhash=b"short"), f"has 5 bytes, not {SIGNATURE_BYTES}"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(change, message):
    with pytest.raises(InputError, match=message):
        profile_signals(change(pd.DataFrame(honest(3))))


_cells = st.one_of(
    st.none(), st.text(max_size=30), st.integers(), st.floats(), st.binary(max_size=5), st.sampled_from([pd.NA, pd.NaT])
)
_urls = st.one_of(
    st.sampled_from(
        ["https://a.example/one-two-three", "http://b.com/", "https://c.blogspot.com/x", "//d.org", "http://[::1]/"]
    ),
    _cells,
)
_rows = st.lists(
    st.fixed_dictionaries(
        {
            "page_url": _urls,
            "title": _cells,
            "target_url": _urls,
            "anchor": _cells,
            "first_seen": st.one_of(st.dates().map(str), _cells),
            "trackers": _cells,
            "text_minhash": st.one_of(st.none(), st.integers(0, 5).map(_text)),
        }
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(_rows)
def test_any_cells_give_values_in_range(rows):
    links = pd.DataFrame(
        rows, columns=["page_url", "title", "target_url", "anchor", "first_seen", "trackers", "text_minhash"]
    )
    links["link_id"] = [f"link{number}" for number in range(len(links))]
    table = profile_signals(links)
    assert len(table) == len(links)
    values = table[list(PROFILE_COLUMNS)]
    assert not np.isinf(values.to_numpy()).any()
    for name in PROFILE_COLUMNS:
        known = values[name].dropna()
        assert name == "profile_burst_z" or (known >= 0).all(), name
        assert not name.endswith(("_share", "_jaccard")) or (known <= 1).all(), name


def test_a_real_export(shared):
    raw = pd.read_parquet(shared / "links" / "semrush_backlinks.parquet").head(9_000)
    names = {
        "Source url": "page_url",
        "Source title": "title",
        "Target url": "target_url",
        "Anchor": "anchor",
        "First seen": "first_seen",
    }
    links = raw.rename(columns=names).assign(link_id=[f"row-{number}" for number in range(len(raw))])
    table = profile_signals(links)
    assert table["link_id"].tolist() == links["link_id"].tolist()
    seen = table.notna().mean()
    assert seen["profile_tld_share"] > 0.9
    assert seen["profile_title_sites"] > 0.5
    assert seen[["profile_tracker_sites", "profile_text_sites", "profile_template_sites"]].max() == 0


def test_the_benchmark_measures_a_table(tmp_path):
    path = tmp_path / "links.parquet"
    pd.DataFrame(_steady()).drop(columns="link_id").to_parquet(path)
    measure = runpy.run_path(str(Path(__file__).parents[1] / "benchmarks" / "profile.py"))["measure"]
    assert measure("signals", path, 2, None)["links"] == 160
    assert measure("digest", path, 1, "anchor")["links"] == 80
