"""Pages made to break a reader: each ends in time, with a row, and the page after it is read."""

import gzip
import random
import time

import pytest

from linksift.extraction import Extractor
from linksift.io.rawpage import RawPage

LINK = b"<a href='https://t.example/'>honey</a>"
NOISE = random.Random(0).randbytes(200_000)  # noqa: S311 - the same noise each time, no secret
LINKS = b"".join(b"<a href='https://s%d.example/'>word %d</a> " % (n, n) for n in range(5_000))
NAMES = [b"a%d" % n for n in range(100_000)]
SECONDS = 20

#: Page, and the statuses of its rows.
PAGES = {
    "nested": (b"<div>" * 100_000 + LINK, {"error"}),
    "nested within the limit": (b"<div>" * 1_900 + LINKS, {"ok"}),
    "nested inline": (b"<b>" * 100_000 + LINK, {"error"}),
    "nested cells": (b"<table><tr><td>" * 50_000 + LINK, {"error"}),
    "never closed": (b"<p>" * 100_000 + LINK, {"ok"}),
    "never closed items": (b"<ul>" + b"<li><a href='https://t.example/'>x</a>" * 3_000, {"ok"}),
    "an open tag": (b"<p>x" + LINK + b"<a href='https://t.example/", {"ok"}),
    "only <": (b"<" * 1_000_000, {"no_links"}),
    "only <p": (b"<p " * 500_000, {"error"}),
    "50 MB": (b"<p>words</p>" * 4_200_000, {"error"}),
    "9 MB without a space": (b"<p>" + b"a" * 9_000_000 + LINK, {"ok"}),
    "9 MB paragraph with links": (b"<p>" + b"word " * 1_500_000 + LINKS, {"ok"}),
    "attributes": (b"<p " + b"=1 ".join(NAMES) + b">x" + LINK, {"error"}),
    "attributes without values": (b"<p " + b" ".join(NAMES) + b">x" + LINK, {"error"}),
    "attributes behind >": (b"<p x='>' " + b" ".join(NAMES) + b">x" + LINK, {"error"}),
    "attributes behind a stray quote": (b'<p x" ' + b" ".join(NAMES) + b'">x' + LINK, {"error"}),
    "attributes with odd names": (b"<p a\"b='c' <='x' @c=y =z 9=9 xmlns:f=b \xc3\xa9=1 a:b:c=1>t</p>" + LINK, {"ok"}),
    "odd elements": (b"<f:b><x-y></x-y><a:b c:d=e>t</a:b></f:b><svg:svg/>" + LINK, {"ok"}),
    "huge style": (b"<p style='" + b"height:0;" * 400_000 + b"'>x" + LINK, {"ok"}),
    "huge class": (b"<p class='" + b"aB" * 2_000_000 + b"'>x" + LINK, {"ok"}),
    "huge target": (b"<p><a href='http://a.example/" + b"a" * 4_000_000 + b"'>x</a>" + LINK, {"ok"}),
    "huge title": (b"<title>" + b"Word | " * 700_000 + b"</title><p>" + LINKS, {"ok"}),
    "huge heading": (b"<h1>" + b"word " * 200_000 + b"</h1><p>" + LINKS, {"ok"}),
    "huge colspan": (b"<table><tr><td colspan=999999999>x</td><td rowspan=-1>" + LINK + b"</table>", {"ok"}),
    "robots": (b"<meta name=robots content=a>" * 300_000 + LINK, {"ok"}),
    "NUL bytes": (b"\0".join([b"<p>a</p>"] * 1_000) + LINK, {"ok"}),
    "only NUL bytes": (b"\0" * 100_000, {"error"}),
    "UTF-16 without a mark": (("<p>é " + LINK.decode()).encode("utf-16-le"), {"ok"}),
    "XML declaration": (
        b"<?xml version='1.0' encoding='latin-1'?><html xmlns='http://www.w3.org/1999/xhtml'>" + LINK,
        {"ok"},
    ),
    "a charset that is none": (b"<meta charset=zlib>" + LINK, {"ok"}),
    "a slow charset": (b"<meta charset=punycode>" + b"-zz9" * 500_000 + LINK, {"ok"}),
    "entities": (b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><p>&b;&#xD800;&#0;</p>" + LINK, {"ok"}),
    "gzip": (gzip.compress(b"<p>" + LINK), {"ok"}),
    "cut gzip": (gzip.compress(NOISE)[:-30], {"no_links", "error"}),
    "gzip bomb": (gzip.compress(b"\0" * 100_000_000), {"error"}),
    "damaged gzip": (b"\x1f\x8bjunk", {"error"}),
    "empty": (b"", {"error"}),
    "only a comment": (b"<!-- x -->", {"error"}),
    "binary": (NOISE, {"no_links", "error"}),
    "plain text": (b"just text", {"no_links"}),
    "100,000 links": (b"<p>" + LINK * 100_000, {"ok", "truncated"}),
    "spaces between links": (b"<p>" + b"<b> </b>" * 300_000 + LINKS, {"ok"}),
    "500,000 line breaks": (b"<br>" * 500_000 + LINK, {"ok"}),
    "no http": (b"<a href='javascript:alert(1)'>x</a><a href='data:text/html,x'>y</a>", {"no_links"}),
    "IDN": ("<a href='https://bücher.example/'>b</a><a href='https://xn--bcher-kva.example/'>b</a>".encode(), {"ok"}),
    "malformed URLs": (
        b"<a href='http://[bad'>x</a><a href='//[b'>y</a><a href='http://a.b:99999/'>z</a>",
        {"no_links"},
    ),
    "malformed base": (b"<base href='http://[bad'><a href='/x'>x</a>" + LINK, {"ok"}),
}


@pytest.fixture(scope="module")
def extractor(contract):
    return Extractor(contract)


@pytest.mark.parametrize("name", PAGES)
def test_a_hostile_page_ends_in_a_row(extractor, name):
    html, statuses = PAGES[name]
    start = time.monotonic()
    found = extractor.table([RawPage("bad", "https://page.example/", html), RawPage("good", None, b"<p>" + LINK)])
    assert time.monotonic() - start < SECONDS
    bad, good = found[found["page_id"] == "bad"], found[found["page_id"] == "good"]
    assert set(bad["status"]) <= statuses
    assert len(bad) >= 1
    assert list(good["anchor"]) == ["honey"]
    if "error" in set(bad["status"]):
        assert bad["error"].str.len().between(5, 200).all()
