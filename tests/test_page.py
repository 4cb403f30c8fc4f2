"""The tree of a page: its head ends where a browser ends it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from linksift.areas import AreaFinder
from linksift.page import Limits, PageError, parse_page
from linksift.walk import walk

LINK = '<p>We had <a href="https://bakery.example/">rye bread</a> there.</p>'


def tree(html):
    return parse_page(html.encode(), Limits())


def words(html):
    return " ".join(walk(tree(html), None, None, AreaFinder({})).text.split())


@pytest.mark.parametrize(
    "tag", ["article", "main", "section", "nav", "header", "figure", "div", "center", "my-element"]
)
@pytest.mark.parametrize(
    "start", ["<title>T</title>", "<!doctype html><meta charset='utf-8'><title>T</title>", "<head><title>T</title>"]
)
def test_a_page_may_leave_out_its_body_tag(tag, start):
    html = f"{start}<{tag}>{LINK}</{tag}>"
    (link,) = walk(tree(html), None, None, AreaFinder({})).links
    assert (link.anchor, link.left, link.right) == ("rye bread", "We had", "there.")
    assert words(html) == "We had rye bread there."


def test_text_keeps_its_order():
    html = "<head><title>T</title><header>one</header> two <meta name='a' content='b'> three</head><body> four<p>five</p></body>"
    assert words(html) == "one two three four five"
    head = tree(html).find("head")
    assert [child.tag for child in head] == ["title"]


def test_what_belongs_to_the_head_stays_there():
    html = "<head><title>T</title><style>p{}</style><noscript><img src='x'></noscript><script>1</script></head><body>B</body>"
    root = tree(html)
    assert [child.tag for child in root.find("head")] == ["title", "style", "noscript", "script"]
    assert words(html) == "B"


part = st.sampled_from(
    ["<head>", "</head>", "<body>", "</body>", "<html>", "<title>t</title>", "<main>", "</main>", "<p>", "<meta a=b>", "<x-y>", "<a href=/>", "w "]
)  # fmt: skip


@given(st.lists(part, min_size=1, max_size=12).map("".join))
@settings(max_examples=200, deadline=None)
def test_no_element_is_lost(html):
    try:
        root = tree(html)
    except PageError:
        return
    plain = etree.fromstring(html.encode(), parser=etree.HTMLParser(huge_tree=True))
    order = [element.tag for element in plain.iter() if element.tag != "body"]
    assert [element.tag for element in root.iter() if element.tag != "body"] == order
    assert "".join(root.itertext()).split() == "".join(plain.itertext()).split()
    foreign = [child.tag for child in root.iterfind("head/*") if child.tag in ("main", "x-y", "a")]
    assert foreign == []
