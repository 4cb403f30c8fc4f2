import gzip

import pandas as pd
import pytest

from linksift.extraction import IDENTITY, Extractor, extract
from linksift.io.rawpage import RawPage
from linksift.page import Limits
from linksift.urls import registrable_domain

BODY = """<p>One <a href="https://a.example/">first</a>, <a href="/in">inside</a>, <a name="x"></a>
<a href="https://b.example/" rel="UGC nofollow">second</a></p>"""


def table(pages, **options):
    return pd.concat(extract(pages, **options), ignore_index=True)


@pytest.fixture
def pages(make_page):
    return [
        make_page(BODY, page_id="two-links"),
        make_page("<p>nothing here</p>", page_id="none"),
        make_page(b"", page_id="empty"),
        RawPage(None, "https://lost.example/", None, "the file is gone", "pages.csv:7"),
        make_page(BODY, None, page_id="no-address"),
        make_page(BODY, "https://b.example/post", page_id="of-b"),
    ]


def test_one_row_per_external_link_in_order(pages):
    found = table(pages)
    assert list(found["link_id"]) == [
        "two-links:0", "two-links:3", "none:no_links", "empty:error", "pages.csv:7:error", "no-address:0", "no-address:3",
        "of-b:0",
    ]  # fmt: skip
    assert list(found["status"]) == ["ok", "ok", "no_links", "error", "error", "ok", "ok", "ok"]
    assert list(found.columns[: len(IDENTITY)]) == list(IDENTITY)


def test_a_link_row(pages):
    first, second = table(pages[:1]).to_dict("records")
    assert (first["target_url"], first["anchor"], first["basis"]) == ("https://a.example/", "first", "page")
    assert (first["rel"], first["counts"]) == ("", True)
    assert (second["rel"], second["counts"]) == ("ugc nofollow", False)
    assert pd.isna(first["error"])


def test_a_page_without_links_is_judged_by_its_url(pages):
    row = table(pages[1:2]).iloc[0]
    assert (row["basis"], row["url_is_https"], row["page_url"]) == ("url", 1, "https://page.example/post")
    assert pd.isna(row["counts"])
    assert pd.isna(row["page_words"])


def test_what_failed_says_why(pages):
    found = table(pages[2:4])
    assert list(found["error"]) == ["the page is empty", "the file is gone"]
    assert found["url_length"].notna().all()


def test_without_an_address_the_canonical_one_holds(make_page):
    page = make_page(BODY, None, head='<link rel="canonical" href="https://b.example/post">')
    found = table([page])
    assert list(found["target_url"]) == ["https://a.example/"]
    assert found.loc[0, "page_url"] == "https://b.example/post"


@pytest.mark.parametrize(
    ("robots", "counts"),
    [
        ("nofollow", False),
        ("index, NONE", False),
        ("index,follow", True),
        ("index, max-image-preview:none", True),
        ("index, max-image-preview: none", True),
    ],
)
def test_robots_rules_of_a_page(make_page, robots, counts):
    metas = f'<meta name="robots" content="index"><meta name="googlebot" content="{robots}">'
    found = table([make_page(BODY, head=metas)])
    assert found.loc[0, "counts"] == counts


def test_links_past_the_limit_are_counted_in_a_row(make_page):
    body = "".join(f"<a href='https://t{n}.example/'>x</a>" for n in range(7))
    found = table([make_page(body)], limits=Limits(max_links=5))
    assert list(found["status"]) == ["ok"] * 5 + ["truncated"]
    assert "2 links" in found.loc[5, "error"]


def test_a_stored_gzip_body_is_opened(make_page):
    page = make_page(BODY)
    packed = RawPage("p", page.url, gzip.compress(page.html))
    assert list(table([packed])["target_url"]) == list(table([page])["target_url"])


def numbered(make_page, n):
    return [
        make_page(BODY + f"<p>Page {i} of casino {'bees ' * i}</p>", f"https://p{i}.example/", page_id=f"p{i:03}")
        for i in range(n)
    ]


def test_workers_and_order_change_no_byte(make_page, tmp_path):
    pages = numbered(make_page, 70)
    alone, together, turned = table(pages), table(pages, jobs=2), table(pages[::-1], jobs=2)
    pd.testing.assert_frame_equal(alone, together)
    pd.testing.assert_frame_equal(
        alone.sort_values("link_id", ignore_index=True), turned.sort_values("link_id", ignore_index=True)
    )
    for name, frame in (("a", alone), ("b", together)):
        frame.to_parquet(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_page_that_hangs_is_given_up_and_the_others_are_not(make_page):
    links = "".join(f"<a href='https://t{n}.example/'>word {n}</a> " for n in range(100_000))
    pages = numbered(make_page, 3)
    pages.insert(1, make_page(links, page_id="slow"))
    found = table(pages, jobs=1, limits=Limits(timeout=1.0))
    assert list(found["page_id"].unique()) == ["p000", "slow", "p001", "p002"]
    slow = found[found["page_id"] == "slow"]
    assert list(slow["status"]) == ["error"]
    assert "given up" in slow["error"].iloc[0]
    assert (found.loc[found["page_id"] != "slow", "status"] == "ok").all()


def test_on_shared_pages(shared):
    """Ids, and what is external, agree with an independent reading of real pages."""
    corpus = pd.read_parquet(shared / "corpus" / "pages-0.parquet", columns=["page_id", "url", "html"]).head(60)
    found = table([RawPage(page.page_id, page.url, page.html) for page in corpus.itertuples()])
    assert list(found["page_id"].unique()) == list(corpus["page_id"])
    links = found[found["status"] == "ok"]
    assert links["link_id"].is_unique
    known = links[links["page_url"].notna()]
    assert len(known) > 100
    assert (known["target_url"].map(registrable_domain) != known["page_url"].map(registrable_domain)).all()


def test_whatever_one_page_does_the_others_come_out(monkeypatch):
    extractor = Extractor()
    whole = extractor._featurizer.of_page

    def failing(document, links):
        if "bad" in document.head.title:
            raise RuntimeError("no such thing")
        return whole(document, links)

    monkeypatch.setattr(extractor._featurizer, "of_page", failing)
    html = b"<title>%s</title><p><a href='https://other.example/'>there</a></p>"
    pages = [
        RawPage(f"p{n}", f"https://{name}.example/", html % name.encode()) for n, name in enumerate(("bad", "good"))
    ]
    table = extractor.table(pages)
    assert table["status"].tolist() == ["error", "ok"]
    assert "RuntimeError: no such thing" in table["error"].iloc[0]
