import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from linksift.groups import components, link_groups

COLUMNS = ("link_id", "page_id", "page_url", "title", "group")


def groups(*rows, **options):
    """Group rows of (page URL, title, group); each is a page of its own."""
    frame = pd.DataFrame([(f"p{n}:0", f"p{n}", *row) for n, row in enumerate(rows)], columns=COLUMNS)
    return list(link_groups(frame, **options))


def test_components():
    assert list(components([["a", "a", None, "b"], [None, "x", None, "x"]])) == [0, 0, 1, 0]


def test_what_has_no_key_stands_alone():
    assert len(set(components([[None, None, None]]))) == 3


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([None, "x", "y"]))))
def test_rows_that_share_a_key_are_never_parted(rows):
    if not rows:
        return
    numbers = components([[row[0] for row in rows], [row[1] for row in rows]])
    for column in (0, 1):
        for key in {row[column] for row in rows} - {None}:
            assert len({numbers[at] for at, row in enumerate(rows) if row[column] == key}) == 1


def test_pages_of_one_site_belong_together():
    one, two, other = groups(
        ("https://a.example.org/x", None, None),
        ("https://b.example.org/y", None, None),
        ("https://example.net/", None, None),
    )
    assert one == two != other


def test_users_of_one_blog_host_do_not():
    one, two = groups(("https://a.blogspot.com/", None, None), ("https://b.blogspot.com/", None, None))
    assert one != two


def test_an_owner_joins_sites_but_an_unknown_one_does_not():
    rows = [("https://example.org/", None, "owner"), ("https://example.net/", None, "owner")]
    assert len(set(groups(*rows))) == 1
    assert len(set(groups(*((url, title, "unknown") for url, title, _ in rows)))) == 2


def test_a_footprint_joins_sites():
    title = "Buy {} links for your site today"
    rows = [("https://example.org/", title.format(1), None), ("https://example.net/", title.format(22), None)]
    assert len(set(groups(*rows))) == 1
    assert len(set(groups(*rows, footprints=False))) == 2


def test_a_shared_path_joins_sites():
    rows = [(f"https://example.{top}/some-long-article-about-bees/", None, None) for top in ("org", "net")]
    assert len(set(groups(*rows))) == 1


def test_short_titles_and_paths_join_nothing():
    rows = [("https://example.org/about", "About us", None), ("https://example.net/about", "About us", None)]
    assert len(set(groups(*rows))) == 2


def test_links_of_a_page_without_address_belong_together():
    frame = pd.DataFrame(
        [("p:0", "p", None, None, None), ("p:1", "p", None, None, None), ("q:0", "q", None, None, None)],
        columns=COLUMNS,
    )
    one, two, other = link_groups(frame)
    assert one == two != other


def test_names_do_not_depend_on_order_and_tell_nothing():
    rows = pd.DataFrame(
        [(f"p{n}:0", f"p{n}", f"https://example.{top}/", None, None) for n, top in enumerate(("org", "net", "org"))],
        columns=COLUMNS,
    )
    names = link_groups(rows)
    assert list(link_groups(rows.iloc[::-1])) == list(names[::-1])
    assert names.str.fullmatch("[0-9a-f]{12}").all()
