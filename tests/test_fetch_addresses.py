"""Which URLs and addresses may be asked."""

import asyncio
import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetch_site import Names
from linksift.fetch.addresses import CheckedResolver, Guard, kind_of_address, numeric_address, parse_url
from linksift.fetch.outcome import FetchError

PUBLIC = Guard(allow_private=False, ports=frozenset((80, 443)))
PRIVATE = Guard(allow_private=True, ports=frozenset((80, 443)))

REFUSED = {
    "http://127.0.0.1/": "loopback",
    "http://127.1/": "loopback",
    "http://2130706433/": "loopback",
    "http://0x7f000001/": "loopback",
    "http://0x7f.0.0.1/": "loopback",
    "http://0177.0.0.1/": "loopback",
    "http://017700000001/": "loopback",
    "http://127.0.0.1./": "loopback",
    "http://１２７.０.０.１/": "loopback",
    "http://①②⑦.⓪.⓪.①/": "loopback",
    "http://[::1]/": "loopback",
    "http://[::ffff:127.0.0.1]/": "loopback",
    "http://[::ffff:7f00:1]/": "loopback",
    "http://[0:0:0:0:0:ffff:7f00:1]/": "loopback",
    "http://[::127.0.0.1]/": "loopback",
    "http://[64:ff9b::7f00:1]/": "loopback",
    "http://[2002:7f00:1::]/": "loopback",
    "http://10.1.2.3/": "private",
    "http://192.168.0.1/": "private",
    "http://172.16.0.1/": "private",
    "http://100.64.0.1/": "private",
    "http://198.18.0.1/": "private",
    "http://[fd00::1]/": "private",
    "http://[2002:a00:1::]/": "private",
    "http://169.254.1.1/": "link-local",
    "http://[fe80::1]/": "link-local",
    "http://[fe80::1%25eth0]/": "link-local",
    "http://224.0.0.1/": "multicast",
    "http://[ff02::1]/": "multicast",
    "http://169.254.169.254/latest/meta-data/": "metadata",
    "http://[::ffff:169.254.169.254]/": "metadata",
    "http://0xa9fea9fe/": "metadata",
    "http://100.100.100.200/": "metadata",
    "http://168.63.129.16/": "metadata",
    "http://[fd00:ec2::254]/": "metadata",
    "http://0.0.0.0/": "reserved",
    "http://0/": "reserved",
    "http://255.255.255.255/": "reserved",
    "http://[::]/": "reserved",
    "http://[fec0::1]/": "reserved",
    "http://[2001:db8::1]/": "reserved",
    "http://user@example.com/": "user name",
    "http://example.com@127.0.0.1/": "user name",
    "http://example.com:80@10.0.0.1/": "user name",
    "http://:pw@example.com/": "user name",
    "http://@example.com/": "user name",
    "http://example.com\\@127.0.0.1/": "user name",
    "http://127.0.0.1\\.example.com/": "loopback",
    "http://%31%32%37.0.0.1/": "neither a name",
    "http://.../": "no http",
    "http://example.com:8080/": "port 8080",
    "http://example.com:0/": "port 0",
    "https://example.com:22/": "port 22",
    "ftp://example.com/": "no http",
    "file:///etc/passwd": "no http",
    "gopher://127.0.0.1:70/": "no http",
    "javascript:alert(1)": "no http",
    "example.com/page": "no http",
    "http://": "no http",
    "": "no http",
    "http://[::1": "no http",
    "http://example.com:99999/": "no http",
    "http://" + "a" * 9000 + ".example/": "longer than",
    "http://" + "a." * 200 + "example/": "too long",
}


@pytest.mark.parametrize(("text", "why"), REFUSED.items(), ids=lambda value: value[:40])
def test_refused(text, why):
    with pytest.raises(FetchError, match=why) as caught:
        PUBLIC.check_url(parse_url(text))
    assert caught.value.status == "refused"


@pytest.mark.parametrize(
    "text",
    ["http://example.com/", "https://example.com:443/a?b=c", "http://93.184.216.34/", "http://[2606:4700::1111]/",
     "http://[64:ff9b::5db8:d822]/", "http://bücher.example/ä", "HTTP://EXAMPLE.COM"],
)  # fmt: skip
def test_allowed(text):
    PUBLIC.check_url(parse_url(text))


@pytest.mark.parametrize("text", ["http://127.0.0.1/", "http://10.0.0.1/", "http://[::1]/", "http://[fd00::1]/"])
def test_private_addresses_where_they_are_allowed(text):
    PRIVATE.check_url(parse_url(text))


@pytest.mark.parametrize(
    "text",
    ["http://169.254.169.254/", "http://[fd00:ec2::254]/", "http://224.0.0.1/", "http://169.254.1.1/", "http://0/"],
)
def test_some_addresses_are_never_allowed(text):
    with pytest.raises(FetchError):
        PRIVATE.check_url(parse_url(text))


def test_a_url_goes_over_the_wire_as_it_came():
    kept = "http://example.com/a%2Fb/%7e?q=%20+&r=/"
    assert str(parse_url(f" {kept}#part\n")) == kept
    assert str(parse_url("http://BÜCHER.example:80/ä b?ü")) == "http://xn--bcher-kva.example/%C3%A4%20b?%C3%BC"


@given(st.text() | st.text(alphabet="htps:/@[]\\.%0123456789abcdef ").map("http://".__add__))
def test_parsing_refuses_or_gives_ascii(text):
    try:
        url = parse_url(text)
    except FetchError:
        return
    assert str(url).isascii()
    assert url.scheme in {"http", "https"}
    assert url.raw_host
    assert parse_url(str(url)) == url


@given(st.ip_addresses(v=4))
def test_every_notation_of_a_number_is_the_same_address(address):
    number = int(address)
    spellings = [str(number), hex(number), oct(number).replace("0o", "0"), str(address), f"::ffff:{address}"]
    kinds = set()
    for spelling in spellings:
        found = numeric_address(spelling)
        assert found is not None
        kinds.add(kind_of_address(found))
    assert kinds == {kind_of_address(address)}


@given(st.ip_addresses())
def test_what_is_not_global_is_never_asked(address):
    if not address.is_global or address.is_multicast:
        assert kind_of_address(address) is not None


def test_names_that_lead_to_a_bad_address_are_refused():
    names = Names({"good.test": ["93.184.216.34"], "bad.test": ["10.0.0.1"], "both.test": [["93.184.216.34", "::1"]]})
    resolver = CheckedResolver(names, PUBLIC)
    assert asyncio.run(resolver.resolve("good.test", 80))[0]["host"] == "93.184.216.34"
    for name in ("bad.test", "both.test"):
        with pytest.raises(FetchError):
            asyncio.run(resolver.resolve(name, 80))


def test_the_socket_is_made_for_checked_addresses_only():
    for where, family in ((("127.0.0.1", 80), socket.AF_INET), (("::1", 80, 0, 0), socket.AF_INET6)):
        info = (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", where)
        with pytest.raises(FetchError, match="loopback"):
            PUBLIC.make_socket(info)
        PRIVATE.make_socket(info).close()


def test_numbers_are_numbers():
    assert numeric_address("example.com") is None
    assert numeric_address("1.2.3.4.5") is None
    assert numeric_address("127.1") == ipaddress.ip_address("127.0.0.1")
