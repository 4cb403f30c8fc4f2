"""Groups of links that share something within a burst, with the evidence."""

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linksift.profile import campaigns
from linksift.profile.campaigns import CAMPAIGN_COLUMNS
from linksift.profile.footprint import text_signature
from linksift.profile.runs import find_runs

TITLE = "Ten best bread ovens reviewed"
PATH = "/blog/ten-best-bread-ovens"


def day(number):
    return str(dt.date(2023, 1, 1) + dt.timedelta(days=number))


def link(number, *, site=None, path=None, **more):
    facts = {
        "link_id": f"link{number}",
        "page_url": f"https://{site or f'site{number}.example'}{path or f'/posts/own-article-number-{number}'}",
        "title": f"An article about bread with the number {number}",
        "target_url": "https://bakery.example/",
        "anchor": f"anchor {number}",
        "first_seen": day(0),
    }
    return facts | more


def background(n=80):
    return [link(number, first_seen=day(5 * number)) for number in range(n)]


def found(links, **options):
    table = campaigns(pd.DataFrame(links), **options)
    assert list(table.columns) == list(CAMPAIGN_COLUMNS)
    return table


def ids(row):
    return set(row["link_ids"])


def test_links_with_nothing_in_common_are_no_campaign():
    assert found(background()).empty
    assert campaigns(iter([])).empty


def test_a_shared_title_and_path_are_one_campaign():
    network = [link(1000 + n, title=TITLE, path=PATH, first_seen=day(100 + n)) for n in range(6)]
    table = found(background() + network)
    assert len(table) == 1
    row = table.iloc[0]
    assert ids(row) == {f"link{1000 + n}" for n in range(6)}
    assert (row["n_links"], row["n_sites"], row["busiest_week_sites"]) == (6, 6, 6)
    assert (row["first_seen"], row["last_seen"]) == (day(100), day(105))
    assert row["kinds"] == "path, title"
    assert {(item["kind"], item["value"], item["links"], item["sites"]) for item in row["evidence"]} == {
        ("title", TITLE, 6, 6),
        ("path", PATH, 6, 6),
    }


def test_two_sites_are_too_few_and_one_sites_pages_are_none():
    two = [link(1000 + n, title=TITLE, first_seen=day(100)) for n in range(2)]
    same_site = [link(1100 + n, site="site1000.example", title=TITLE, first_seen=day(100)) for n in range(9)]
    assert found(background() + two + same_site).empty


def test_a_path_alone_needs_more_sites_than_a_title():
    paths = [link(1000 + n, path=PATH, first_seen=day(100)) for n in range(5)]
    assert found(background() + paths[:4]).empty
    assert found(background() + paths).iloc[0]["kinds"] == "path"


def test_what_lies_months_apart_is_no_burst():
    apart = [link(1000 + n, title=TITLE, first_seen=day(60 * n)) for n in range(6)]
    assert found(background() + apart).empty
    two_bursts = [link(1000 + n, title=TITLE, first_seen=day(200 * (n % 2) + n)) for n in range(12)]
    table = found(background() + two_bursts)
    assert table["n_sites"].tolist() == [6, 6]
    assert table["campaign"].is_unique


def test_links_without_dates_make_campaigns_too():
    network = [link(1000 + n, title=TITLE, first_seen=None) for n in range(4)]
    row = found(background() + network).iloc[0]
    assert row["n_links"] == 4
    assert pd.isna(row["first_seen"])
    assert pd.isna(row["last_seen"])
    assert np.isnan(row["busiest_week_sites"])


def test_a_tracker_is_named():
    network = [link(1000 + n, trackers=f"ua:7 ga4:OWN{n}", first_seen=day(100 + n)) for n in range(4)]
    row = found([*background(), *network]).iloc[0]
    assert row["evidence"] == [{"kind": "tracker", "value": "ua:7", "links": 4, "sites": 4}]


def test_a_text_shows_one_of_its_pages():
    words = [f"w{number}" for number in range(300)]
    network = [link(1000 + n, text_minhash=text_signature(words[n:]), first_seen=day(100 + n)) for n in range(4)]
    row = found([*background(), *network]).iloc[0]
    assert row["kinds"] == "text"
    assert row["evidence"][0]["value"] == "https://site1000.example/posts/own-article-number-1000"


def test_a_template_counts_owners():
    signature = text_signature([f"w{number}" for number in range(300)])
    blogs = [
        link(1000 + n, site=f"ann{n}.blogspot.com", template_minhash=signature, first_seen=day(100)) for n in range(9)
    ]
    assert found(background() + blogs).empty
    network = [link(1100 + n, template_minhash=signature, first_seen=day(100)) for n in range(5)]
    assert found(background() + network).iloc[0]["kinds"] == "template"


def test_an_anchor_that_comes_in_a_burst():
    burst = [link(1000 + n, anchor="Cheap Ovens", first_seen=day(200 + n)) for n in range(8)]
    row = found(background() + burst).iloc[0]
    assert row["evidence"] == [{"kind": "anchor", "value": "Cheap Ovens", "links": 8, "sites": 8}]


@pytest.mark.parametrize("anchor", ["Bakery", "https://www.bakery.example/", "", None])
def test_the_usual_anchors_are_no_campaign(anchor):
    burst = [link(1000 + n, anchor=anchor, first_seen=day(200 + n)) for n in range(8)]
    assert found(background() + burst).empty


def test_an_anchor_that_always_comes_is_no_campaign():
    steady = [link(1000 + n, anchor="good bread", first_seen=day(6 * n)) for n in range(60)]
    assert found(background() + steady).empty


def test_an_anchor_that_grows_with_the_profile_is_no_campaign():
    growth = [link(2000 + n, first_seen=day(200 + n % 10)) for n in range(200)]
    usual = [link(1000 + n, anchor="good bread", first_seen=day(40 * n)) for n in range(10)]
    more = [link(1100 + n, anchor="good bread", first_seen=day(200 + n)) for n in range(10)]
    assert found(background() + growth + usual + more).empty
    assert len(found(background() + usual + more)) == 1


def test_an_anchor_of_half_the_time_is_no_burst():
    long = [link(1000 + n, anchor="good bread", first_seen=day(5 * n)) for n in range(40)]
    assert found(background() + long).empty


def test_a_common_anchor_does_not_swallow_a_network():
    network = [link(1000 + n, title=TITLE, anchor="cheap ovens", first_seen=day(200 + n)) for n in range(4)]
    burst = [link(1100 + n, anchor="cheap ovens", first_seen=day(200 + n % 6)) for n in range(20)]
    table = found(background() + network + burst)
    assert table["kinds"].tolist() == ["anchor", "title"]
    assert table["n_links"].tolist() == [24, 4]


def test_one_network_with_many_titles_is_one_campaign():
    sites = [f"net{n}.example" for n in range(6)]
    rows = itertools.product(enumerate(sites), range(4))
    network = [
        link(
            f"{at}-{title}",
            site=site,
            path=f"/p{at}{title}",
            title=f"{TITLE} part {title}",
            first_seen=day(100 + 40 * title),
        )
        for (at, site), title in rows
    ]
    table = found(background() + network)
    assert table["n_links"].tolist() == [24]
    assert len(table.iloc[0]["evidence"]) == 4


def test_pages_of_platforms_do_not_join_networks():
    sites = ["one.example", "two.example", "three.example"]
    groups = [
        [
            link(f"{title}-{site}", site=site, path=f"/p{title}", title=f"{TITLE} part {title}", first_seen=day(100))
            for site in sites
        ]
        for title in range(2)
    ]
    assert len(found(background() + list(itertools.chain(*groups)))) == 1
    assert len(found(background() + list(itertools.chain(*groups)), platforms=sites)) == 2


def test_the_order_of_the_links_and_chunks_make_no_difference():
    network = [link(1000 + n, title=TITLE, path=PATH, trackers="ua:7", first_seen=day(100 + n)) for n in range(6)]
    links = pd.DataFrame(background() + network)
    expected = campaigns(links)
    pd.testing.assert_frame_equal(campaigns(links.iloc[at : at + 7] for at in range(0, len(links), 7)), expected)
    shuffled = campaigns(links.sample(frac=1, random_state=1))
    assert ids(shuffled.iloc[0]) == ids(expected.iloc[0])
    pd.testing.assert_frame_equal(shuffled.drop(columns="link_ids"), expected.drop(columns="link_ids"))


def test_a_campaign_keeps_its_name_when_links_come_in():
    network = [link(1000 + n, title=TITLE, first_seen=day(100 + n)) for n in range(6)]
    assert found(network[:5]).iloc[0]["campaign"] == found(background() + network).iloc[0]["campaign"]


@given(
    st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 4), st.integers(-1, 60)), max_size=40), st.integers(1, 20)
)
def test_runs_are_groups_without_gaps(rows, gap):
    groups, members, days = (
        (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)) if rows else [np.empty(0, int)] * 3
    )
    runs = find_runs(groups, members, days, gap=gap, least=2)
    for run in set(runs[runs >= 0].tolist()):
        inside = runs == run
        assert len(set(groups[inside])) == 1
        assert len(set(members[inside]) - {-1}) >= 2
        assert np.diff(np.sort(days[inside])).max(initial=0) <= gap
    assert (runs[(groups < 0) | (members < 0)] == -1).all()


_words = st.sampled_from([TITLE, "Four words are enough", "Home", "", None])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 12), _words, _words, st.one_of(st.integers(0, 300).map(day), st.none())),
        min_size=1,
        max_size=120,
    )
)
def test_every_campaign_adds_up(rows):
    links = pd.DataFrame(
        link(number, site=f"site{site}.example", title=title, anchor=anchor, first_seen=seen)
        for number, (site, title, anchor, seen) in enumerate(rows)
    )
    table = campaigns(links)
    assert table["campaign"].is_unique
    for _, row in table.iterrows():
        members = links[links["link_id"].isin(row["link_ids"])]
        assert len(members) == row["n_links"] == len(row["link_ids"])
        assert members["page_url"].str.split("/").str[2].nunique() == row["n_sites"] >= 3
        assert max(item["sites"] for item in row["evidence"]) <= row["n_sites"]


def test_a_real_export(shared):
    raw = pd.read_parquet(shared / "links" / "semrush_backlinks.parquet")
    raw = raw[raw["profile"] == raw["profile"].value_counts().index[3]]
    names = {
        "Source url": "page_url",
        "Source title": "title",
        "Target url": "target_url",
        "Anchor": "anchor",
        "First seen": "first_seen",
    }
    links = raw.rename(columns=names).assign(link_id=[f"row-{number}" for number in range(len(raw))])
    table = campaigns(links)
    assert table["n_sites"].is_monotonic_decreasing
    assert set(itertools.chain.from_iterable(table["link_ids"])) <= set(links["link_id"])
