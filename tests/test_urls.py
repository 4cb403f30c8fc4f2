import pytest
from hypothesis import given
from hypothesis import strategies as st

from linksift.urls import (
    MAX_URL_CHARS,
    host_of,
    host_parts,
    is_ip,
    is_public_suffix,
    normalize_url,
    page_key,
    registrable_domain,
    split_url,
)

PIECES = st.sampled_from(
    ["http:", "//", "[", "]", ":", "@", "é", "xn--", ".", "co.uk", "a", "/", "?", "#", "\0", "99999", "%zz"]
)
URLS = st.one_of(
    st.text(), st.lists(PIECES).map("".join), st.lists(PIECES).map(lambda parts: "http://" + "".join(parts))
)


@given(URLS)
def test_nothing_raises(url):
    for function in (split_url, host_of, registrable_domain, is_public_suffix, is_ip, normalize_url, page_key):
        function(url)


@given(URLS)
def test_a_normal_form_is_its_own_normal_form(url):
    once = normalize_url(url)
    assert normalize_url(once) == once


@given(URLS)
def test_a_site_has_a_host(url):
    host = host_of(url)
    if host is not None:
        assert host == host.lower()
        assert host.endswith(registrable_domain(url))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Shop.Example.com./x", "shop.example.com"),
        ("//cdn.example.com/a.js", "cdn.example.com"),
        ("http://user:pw@example.com:8080/", "example.com"),
        ("http://[::1]:80/", "::1"),
        (" http://exa\nmple.com/", "example.com"),
        ("http://[bad", None),
        ("http://example.com:99999/", None),
        ("javascript:alert(1)", None),
        ("mailto:a@example.com", None),
        ("ftp://example.com/", None),
        ("http://./", None),
        ("/relative", None),
        ("", None),
        ("http://example.com/" + "a" * MAX_URL_CHARS, None),
    ],
)
def test_host_of(url, host):
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://a.b.example.co.uk/x", "example.co.uk"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("https://me.blogspot.com/", "me.blogspot.com"),
        ("https://blogspot.com/", "blogspot.com"),
        ("http://192.0.2.7:81/", "192.0.2.7"),
        ("localhost", "localhost"),
        ("http://[bad", None),
        (None, None),
    ],
)
def test_registrable_domain(url, site):
    assert registrable_domain(url) == site


@pytest.mark.parametrize(
    ("host", "is_suffix"),
    [
        ("co.uk", True),
        ("blogspot.com", True),
        ("com", True),
        ("localhost", True),
        ("example.com", False),
        ("10.0.0.1", False),
    ],
)
def test_is_public_suffix(host, is_suffix):
    assert is_public_suffix(host) is is_suffix


def test_private_suffixes_are_told():
    assert host_parts("me.github.io").is_private_suffix
    assert not host_parts("www.example.com").is_private_suffix


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("HTTP://Example.COM:80", "http://example.com/"),
        ("https://example.com:443/A?q=1#top", "https://example.com/A?q=1"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("http://u:p@[::1]:8080/x", "http://[::1]:8080/x"),
        (" tel:123 ", "tel:123"),
    ],
)
def test_normalize_url(url, normal):
    assert normalize_url(url) == normal


def test_page_key_joins_spellings():
    spellings = ("http://www.example.com/a/", "https://example.com/a", "https://EXAMPLE.com:443/a#x")
    assert {page_key(url) for url in spellings} == {"example.com/a"}
    assert page_key("http://example.com/a?b=1") != page_key("http://example.com/a")
