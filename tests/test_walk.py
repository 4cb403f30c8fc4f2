import pytest
from hypothesis import given
from hypothesis import strategies as st

from linksift.areas import Area, AreaFinder, hides
from linksift.page import Limits, PageError, parse_page
from linksift.walk import split_rel, walk

URL = "https://page.example/blog/post"


@pytest.fixture(scope="module")
def see(contract):
    finder = AreaFinder(contract.lexicons)

    def see(body, *, url=URL, base=None):
        return walk(parse_page(f"<html><body>{body}".encode(), Limits()), url, base, finder)

    return see


@given(
    st.lists(st.sampled_from(["<a href=x>", "<a>", "</a>", "<p>", "</p>", "<div>", "t", "<svg><a href=y>", "<table>"]))
)
def test_ordinals_are_those_of_the_document(see, pieces):
    body = "".join(pieces)
    anchors = list(parse_page(f"<html><body>{body}".encode(), Limits()).iter("a"))
    links = see(body).links
    assert [anchors[link.ordinal].get("href") for link in links] == [link.href for link in links]
    assert [link.ordinal for link in links] == [at for at, element in enumerate(anchors) if element.get("href")]


@pytest.mark.parametrize(
    ("rel", "tokens"),
    [
        ("nofollow", ("nofollow",)),
        ("UGC,Sponsored nofollow", ("ugc", "sponsored", "nofollow")),
        (" , ", ()),
        (None, ()),
    ],
)
def test_rel(rel, tokens):
    assert split_rel(rel) == tokens


@pytest.mark.parametrize(
    ("body", "area"),
    [
        ("<main>{}</main>", Area.CONTENT),
        ("<header>{}</header>", Area.NAV),
        ("<address>{}</address>", Area.AUTHOR),
        ("<footer><p>{}</p></footer>", Area.FOOTER),
        ("<article><div class='comment-list'>{}</div></article>", Area.CONTENT | Area.COMMENT),
        ("<div id=userComments>{}</div>", Area.COMMENT),
        ("<div role=navigation>{}</div>", Area.NAV),
        ("<div itemscope itemtype='https://schema.org/Comment'>{}</div>", Area.COMMENT),
        ("<div class=sidebar></div>{}", Area(0)),
        ("<p>{}</p>", Area(0)),
        ("<div style='display: none'>{}</div>", Area.HIDDEN),
        ("<div hidden>{}</div>", Area.HIDDEN),
    ],
)
def test_areas(see, body, area):
    assert see(body.format("<a href='https://t.example/'>x</a>")).links[0].area == area


@pytest.mark.parametrize(
    ("style", "is_hiding"),
    [
        ("DISPLAY : NONE", True),
        ("visibility:hidden", True),
        ("opacity:0", True),
        ("opacity:0.5", False),
        ("font-size:0", True),
        ("font-size:1px", True),
        ("font-size:1em", False),
        ("font-size:1rem", False),
        ("font-size:10px", False),
        ("position:absolute;left:-9999px", True),
        ("margin-left:-15px", False),
        ("margin-left:-200px", False),
        ("margin-left:-9999px", True),
        ("text-indent:-999em", True),
        ("height:0;overflow:hidden", True),
        ("max-height:0px;overflow:hidden", True),
        ("height:1em;overflow:hidden", False),
        ("line-height:1;overflow:hidden", False),
        ("border-width:1px;overflow:hidden", False),
        ("width:100px;overflow:hidden", False),
        ("color:red", False),
    ],
)
def test_hiding_styles(style, is_hiding):
    assert hides(style) is is_hiding


def test_hidden_text_is_counted_but_not_seen(see):
    page = see("<p>seen</p><p style='display:none'>hidden</p><script>var x</script>")
    assert "seen" in page.text
    assert "hidden" not in page.text
    assert (page.chars, page.hidden_chars) == (10, 6)


def test_blocks(see):
    links = see(
        "<ul><li>abcd <a href='https://a.example/'>ef</a></li><li><a href='https://b.example/'>gh</a></li></ul>"
    ).links
    item = links[0].block
    assert (item.tag, item.chars, item.link_chars, item.n_links, item.sites) == ("li", 7, 2, 1, {"a.example"})
    whole = item.parent
    assert (whole.tag, whole.chars, whole.link_chars, whole.n_links) == ("ul", 9, 4, 2)
    assert whole.sites == {"a.example", "b.example"}


def test_text_around_a_link(see):
    first, second = see("<p>One <a href=/a>two</a> three <b><a href=/b>four</a></b>. Five</p>").links
    assert (first.left, first.text, first.right) == ("One", "two", "three four. Five")
    assert (second.left, second.text, second.right) == ("One two three", "four", ". Five")
    assert (first.emphasised, second.emphasised) == (False, True)


def test_the_context_of_a_link_after_a_long_text_is_near(see):
    link = see(f"<p>first {'word ' * 2000} last <a href=/a>x</a> next</p>").links[0]
    assert link.left.startswith("first")
    assert link.left.endswith("last")
    assert len(link.left) < 3000


def test_headings(see):
    before, inside, after = see(
        "<h2>Our <i>partners</i></h2><p><a href=/1>x</a></p><h3>Next <a href=/2>y</a></h3><a href=/3>z</a>"
    ).links
    assert (before.heading, before.in_heading) == ("Our partners", False)
    assert (inside.heading, inside.in_heading) == ("", True)
    assert (after.heading, after.in_heading) == ("Next y", False)


def test_images(see):
    alone, named, both = see(
        "<a href=/1><img src=x></a><a href=/2><img alt='A  bee'></a><a href=/3><img alt=bee> honey</a>"
    ).links
    assert (alone.anchor, alone.images) == ("[image alt=]", 1)
    assert named.anchor == "[image alt=A bee]"
    assert both.anchor == "honey"


def test_a_link_that_holds_blocks_has_their_text(see):
    link = see("<div><a href='https://c.example/'><h3>Card</h3><p>Text of it</p></a> after</div>").links[0]
    assert link.text == "CardText of it"
    assert link.block.tag == "div"
    assert (link.block.link_chars, link.block.n_links) == (14, 1)


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("https://t.example/x", "https://t.example/x"),
        ("//t.example/x", "https://t.example/x"),
        ("other", "https://page.example/blog/other"),
        ("/top?q#f", "https://page.example/top?q#f"),
        ("?q", "https://page.example/blog/post?q"),
        (" https://t.example/ ", "https://t.example/"),
        ("mailto:a@t.example", None),
        ("javascript:void(0)", None),
        ("http://[bad", None),
        ("//[bad", None),
        ("http://t.example:99999/", None),
    ],
)
def test_targets(see, href, url):
    assert see(f"<a href='{href}'>x</a>").links[0].url == url


def test_a_base_moves_relative_links(see):
    assert see("<a href=x>x</a>", base="https://other.example/dir/").links[0].url == "https://other.example/dir/x"


def test_where_the_host_is_unknown_relative_links_have_no_target(see):
    links = see("<a href=/x>x</a><a href='https://t.example/'>y</a><a href='//u.example/'>z</a>", url=None).links
    assert [link.url for link in links] == [None, "https://t.example/", "http://u.example/"]


def test_anchors_without_a_target_are_no_links(see):
    assert [link.ordinal for link in see("<a name=top></a><a href=''>x</a><a href=/y>y</a>").links] == [2]


def test_depth_counts_the_elements_around_and_the_link(see):
    assert see("<div><p><a href=/x>x</a></p></div>").links[0].depth == 5


@pytest.mark.parametrize(
    ("html", "error"),
    [
        (b"", "empty"),
        (b" \0\n", "empty"),
        (b"\x1f\x8bjunk", "gzip"),
        (b"<!-- nothing -->", "no HTML element"),
        (b"<div>" * 3_000, "nested"),
        (b"<dd>" * 3_000, "nested"),
        (b"<p>" + b"x" * 2_000, "over the limit"),
        (b"<p " + b" ".join(b"a%d" % n for n in range(200)) + b">", "attributes"),
        (b"<p x' " + b" ".join(b"a%d=1" % n for n in range(200)) + b">", "attributes"),
        (b"<p x='>' " + b"/".join(b"a%d='>'" % n for n in range(200)) + b">", "attributes"),
    ],
    ids=range(10),
)
def test_pages_beyond_a_limit(html, error):
    limits = Limits(max_bytes=20_000 if len(html) > 5_000 else 2_000, max_attributes=100)
    with pytest.raises(PageError, match=error):
        parse_page(html, limits)


def test_long_values_are_not_many_attributes():
    html = b"<p style='" + b"color: red; " * 500 + b'\' title="a b c = d">x</p><svg>' + b"<path d='M 0'/>" * 3_000
    assert parse_page(html, Limits(max_attributes=100)).find(".//p").text == "x"


@pytest.mark.parametrize(
    "codec", ["idna", "punycode", "rot13", "hex", "zlib", "undefined", "utf-16", "unicode_escape", "nonsense"]
)
def test_a_declared_charset_that_is_none_is_not_believed(codec):
    root = parse_page(f"<meta charset={codec}><p>caf\u00e9 \\x</p>".encode(), Limits())
    assert root.findtext(".//p") == "café \\x"


@pytest.mark.parametrize("charset", ["utf-8", "utf-16-le", "utf-16-be", "utf-16", "utf-8-sig"])
def test_encodings(charset):
    html = "<html><body><p>café naïve</p></body></html>"
    assert parse_page(html.encode(charset), Limits()).findtext(".//p") == "café naïve"


def test_declared_encodings():
    html = "<?xml version='1.0' encoding='windows-1251'?><html><body><p>казино</p></body></html>"
    assert parse_page(html.encode("cp1251"), Limits()).findtext(".//p") == "казино"
