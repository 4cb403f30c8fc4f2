"""The fetcher against real servers on loopback that behave badly, and well."""

import asyncio
import gzip
import ssl
import zlib
from itertools import pairwise

import pandas as pd
import pytest
import trustme
from fastwarc.warc import ArchiveIterator, WarcRecordType

from fetch_site import Names, Site, html, network, packed, quick, redirect, response
from linksift.errors import InputError
from linksift.fetch import Asked, Status, fetch, plan
from linksift.fetch.addresses import Guard
from linksift.fetch.archive import ArchiveWriter
from linksift.fetch.outcome import FetchError
from linksift.io.pages import read_pages

TARGET = "https://bakery.example/bread"
PAGE = response(html("A page", TARGET))
PLAIN = "text/plain"


class Fetched:
    """What one run left: counts, status table by path, the archive."""

    def __init__(self, folder, counts):
        self.counts = counts
        self.archive = folder / "pages.warc.gz"
        self.table = pd.read_csv(folder / "pages.status.csv")

    def __getitem__(self, path):
        rows = self.table[self.table["url"].str.endswith(path)]
        assert len(rows) == 1
        return rows.iloc[0]

    def status(self, path):
        return self[path]["status"]

    def pages(self):
        return [page.url.split("/", 3)[3] for page in read_pages(self.archive)]

    def records(self, kind=WarcRecordType.any_type):
        with self.archive.open("rb") as file:
            for record in ArchiveIterator(file, record_types=kind, parse_http=False):
                assert record.verify_block_digest()
                yield dict(record.headers.items()), record.reader.read()


@pytest.fixture
def run(tmp_path):
    """Fetch paths of a site (or whole URLs) into one archive, as often as it is called."""

    def run(site, *paths, names=None, target=TARGET, net=None, **settings):
        urls = [path if "//" in path else f"http://a.test:{site.port}{path}" for path in paths]
        net = net or network(names or {"a.test": ["127.0.0.1"], "b.test": ["127.0.0.1"]})
        counts = fetch(
            [Asked(url, target) for url in urls], tmp_path / "pages.warc.gz", quick(site, **settings), network=net
        )
        return Fetched(tmp_path, counts)

    return run


def pauses(times):
    return [later - earlier for earlier, later in pairwise(times)]


def dripping(seconds):
    async def answer(_, send):
        await send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        for _ in range(int(seconds * 20)):
            await send(b"<p>")
            await asyncio.sleep(0.05)

    return answer


async def endless_body(_, send):
    await send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        await send(b"<p>more</p>" * 5_000)


async def endless_headers(_, send):
    await send(b"HTTP/1.1 200 OK\r\n")
    number = 0
    while True:
        number += 1
        await send(b"".join(b"X-%d: y\r\n" % (number * 1000 + i) for i in range(100)))


async def long_header(_, send):
    await send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        await send(b"y" * 10_000)


async def says_more(_, send):
    await send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n<p>short")


async def hangs_up(_, send):
    pass


async def never_answers(_, send):
    await asyncio.sleep(30)


async def chunked(_, send):
    await send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
    for piece in (b"<p>one ", b"and two</p>"):
        await send(b"%x\r\n%s\r\n" % (len(piece), piece))
    return b"0\r\n\r\n"


async def broken_chunks(_, send):
    await send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n")


BAD = {
    "/drip": (dripping(10), "timeout"),
    "/silent": (never_answers, "timeout"),
    "/endless": (endless_body, "too_large"),
    "/headers": (endless_headers, "broken"),
    "/header": (long_header, "too_large"),
    "/announced": (response(b"", Content_Length=10**12), "too_large"),
    "/more": (says_more, "broken"),
    "/hangup": (hangs_up, "broken"),
    "/chunks": (broken_chunks, "broken"),
    "/garbage": (b"\x00\x01\x02 nonsense\r\n\r\n", "broken"),
    "/bomb": (packed(bytes(30_000_000)), "too_large"),
    "/cut": (response(gzip.compress(html("x"))[:-9], Content_Encoding="gzip"), "broken"),
    "/brotli": (response(b"\x0b\x02\x80hello\x03", Content_Encoding="br"), "broken"),
    "/loop": (redirect("/loop2"), "redirects"),
    "/loop2": (redirect("/loop"), "redirects"),
    "/self": (redirect("/self"), "redirects"),
    "/nowhere": (redirect("http://[::1"), "redirects"),
    "/scheme": (redirect("file:///etc/passwd"), "refused"),
    "/password": (redirect("http://me:pw@b.test/"), "refused"),
    "/port": (redirect("http://b.test:25/"), "refused"),
    "/meta": (redirect("http://169.254.169.254/latest/meta-data/"), "refused"),
    "/meta2": (redirect("http://0xa9fea9fe/"), "refused"),
    "/pdf": (response(b"%PDF", kind="application/pdf"), "not_html"),
    "/untyped": (response(b"<p>x", kind="None").replace(b"Content-Type: None\r\n", b""), "not_html"),
    "/gone": (response(b"no", status="410 Gone"), "http_error"),
    "/teapot": (response(b"no", status="418 Teapot"), "http_error"),
    "/unasked304": (response(b"", status="304 Not Modified"), "http_error"),
}
GOOD = {
    "/plain": (PAGE, None),
    "/packed": (packed(html("packed", TARGET)), None),
    "/deflated": (response(zlib.compress(html("x", TARGET)), Content_Encoding="deflate"), None),
    "/not-packed": (response(html("not gzip at all", TARGET), Content_Encoding="gzip"), None),
    "/chunked": (chunked, None),
    "/wrong-charset": (response("<p>Brötchen \xff".encode("latin-1"), kind="text/html; charset=utf-16"), None),
    "/odd-charset": (response(html("x"), kind="text/html; charset=nonsense"), None),
    "/ü?q=ä b": (None, None),
}


def test_bad_servers_cost_a_status_each_and_nothing_else(run):
    routes = {path: answer for path, (answer, _) in (BAD | GOOD).items()} | {"/%C3%BC?q=%C3%A4%20b": PAGE}
    with Site(routes) as site:
        paths = [path for pair in zip(BAD, list(GOOD) * 5, strict=False) for path in pair]
        fetched = run(site, *dict.fromkeys(paths), timeout=1.0, max_bytes=1_000_000, host_failures=99)
    assert {path: fetched.status(path) for path in BAD} == {path: status for path, (_, status) in BAD.items()}
    assert {path: fetched.status(path) for path in GOOD} == dict.fromkeys(GOOD, "ok")
    assert fetched.table["reason"].notna().sum() == len(BAD)
    pages = list(read_pages(fetched.archive))
    assert [page.error for page in pages] == [None] * len(GOOD)
    assert len(fetched.pages()) == len(GOOD)
    assert fetched["/packed"]["link_there"]
    assert not fetched["/wrong-charset"]["link_there"]


def test_the_archive_has_request_response_and_metadata(run):
    with Site({"/a": PAGE, "/b": PAGE, "/old": redirect("/a"), "/chunked": chunked}) as site:
        fetched = run(site, "/a", "/old", "/b", "/chunked", contact="me@example.org")
    records = list(fetched.records())
    kinds = [headers["WARC-Type"] for headers, _ in records]
    assert kinds[:4] == ["warcinfo", "response", "request", "metadata"]
    # /old is two exchanges; the page at its end and /b are copies of /a.
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "warcinfo": 1, "response": 3, "revisit": 2, "request": 5, "metadata": 5,
    }  # fmt: skip
    assert b"me@example.org" in records[0][1]
    request = records[2][1].decode()
    assert request.startswith("GET /a HTTP/1.1\r\n")
    assert "User-Agent: linksift/" in request
    assert not {"cookie", "authorization", "referer"} & {line.split(":")[0].lower() for line in request.splitlines()}
    response_ids = {
        headers["WARC-Record-ID"] for headers, _ in records if headers["WARC-Type"] in {"response", "revisit"}
    }
    assert {headers["WARC-Concurrent-To"] for headers, _ in records if "WARC-Concurrent-To" in headers} == response_ids
    assert any(b"via: http://a.test" in block and b"hopsFromSeed: R\r\n" in block for _, block in records)
    assert all(
        headers["WARC-IP-Address"] == "127.0.0.1" for headers, _ in records if headers["WARC-Type"] == "response"
    )
    last = next(block for headers, block in reversed(records) if headers["WARC-Type"] == "response")
    assert b"X-Crawler-Transfer-Encoding: chunked" in last
    assert b"Content-Length: 18\r\n\r\n<p>one and two</p>" in last
    # Revisits are pages for the reader all the same, and the redirected address leads to its page.
    pages = list(read_pages(fetched.archive))
    assert fetched.pages() == ["a", "a", "b", "chunked"]
    assert pages[1].aliases == (f"http://a.test:{site.port}/old",)
    assert len({page.page_id for page in pages[:3]}) == 1


def test_status_table(run):
    with Site({"/a": PAGE, "/old": redirect("/a", "301 Moved"), "/lost": response(html("x"))}) as site:
        fetched = run(site, "/a", "/old", "/lost", "/missing", "/a#twice", "ftp://a.test/")
    assert len(fetched.table) == 5
    assert fetched["/a"]["bytes"] == len(html("A page", TARGET))
    assert fetched["/old"][["status", "http_status", "redirects", "attempts"]].tolist() == ["ok", 200, 1, 2]
    assert fetched["/old"]["final_url"] == f"http://a.test:{site.port}/a"
    assert fetched.table["link_there"].tolist()[:3] == [True, True, False]
    assert fetched.table["link_there"].isna().tolist()[3:] == [True, True]
    assert fetched["/missing"][["status", "http_status"]].tolist() == ["http_error", 404]
    assert fetched.table["captured"].notna().tolist() == [True, True, True, False, False]
    assert fetched.counts == {Status.HTTP_ERROR: 1, Status.OK: 3, Status.REFUSED: 1}


def test_robots_are_obeyed(run):
    rules = response(b"User-agent: linksift\nDisallow: /no\nCrawl-delay: 0.3\n", kind=PLAIN)
    with Site({"/robots.txt": rules, "/yes": PAGE, "/also": PAGE, "/no": PAGE, "/way": redirect("/no")}) as site:
        fetched = run(site, "/no", "/yes", "/way", "/also")
    assert site.paths(robots=True) == ["/robots.txt", "/yes", "/way", "/also"]
    assert fetched.status("/no") == fetched.status("/way") == "robots"
    times = [request.time for request in site.requests]
    assert min(pauses(times)) >= 0.3


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ([response(b"", status="500 Oops")], "robots"),
        ([response(b"", status="429 Slow")], "robots"),
        ([response(b"", status="503 Later"), response(b"", kind=PLAIN)], "ok"),
        ([response(b"User-agent: *\nDisallow: /", kind=PLAIN, status="404 Not Found")], "ok"),
        ([redirect("/rules")], "robots"),
        ([redirect("/robots.txt")], "robots"),
        ([redirect("http://169.254.169.254/robots.txt")], "refused"),
        ([hangs_up], "broken"),
        ([response(b"User-agent: *\nDisallow: /\n" + b"# padding\n" * 200_000, kind=PLAIN)], "robots"),
        ([response(gzip.compress(b"User-agent: *\nDisallow: /\n"), kind=PLAIN, Content_Encoding="gzip")], "robots"),
        ([packed(bytes(30_000_000))], "ok"),
    ],
)  # fmt: skip
def test_robots_that_are_hard_to_get(run, answers, status):
    rules = response(b"User-agent: *\nDisallow: /\n", kind=PLAIN)
    with Site({"/robots.txt": answers, "/rules": rules, "/a": PAGE}) as site:
        assert run(site, "/a").status("/a") == status
    assert len(site.paths(robots=True)) <= 8


def test_robots_of_two_hosts_that_redirect_to_each_other(run):
    with Site() as site:
        site.routes["/robots.txt"] = lambda request, _: redirect(
            f"http://{'b' if request.headers['Host'].startswith('a') else 'a'}.test:{site.port}/robots.txt"
        )
        fetched = run(site, "/1", "/2", f"http://b.test:{site.port}/3")
    assert fetched.counts == {Status.ROBOTS: 3}


def test_one_request_at_a_time_per_host_and_a_pause_between_them(run):
    routes = {f"/{i}": PAGE for i in range(4)}
    with Site(routes, addresses=("127.0.0.1", "127.0.0.2")) as site:
        names = {"a.test": ["127.0.0.1"], "b.test": ["127.0.0.2"]}
        urls = [f"http://{host}.test:{site.port}/{i}" for host in "ab" for i in range(4)]
        run(site, *urls, names=names, delay=0.2)
    for host in ("a.test", "b.test"):
        times = [request.time for request in site.requests if request.headers["Host"].startswith(host)]
        assert len(times) == 5
        assert min(pauses(times)) >= 0.19
        assert len({request.connection for request in site.requests if request.headers["Host"].startswith(host)}) == 1
    assert site.most_at_once <= 2
    # Fair turns: neither host is done before the other has begun.
    order = [request.headers["Host"][0] for request in site.requests]
    assert order != sorted(order)


def test_a_redirect_waits_for_its_host(run):
    routes = {f"/{i}": redirect(f"http://b.test:8/x{i}") for i in range(3)} | {f"/x{i}": PAGE for i in range(3)}
    with Site(routes) as site:
        for path in list(routes)[:3]:
            routes[path] = redirect(f"http://b.test:{site.port}/x{path[1:]}")
        site.routes = routes
        fetched = run(site, "/0", "/1", "/2", delay=0.2)
    assert fetched.counts == {Status.OK: 3}
    times = [request.time for request in site.requests if request.headers["Host"].startswith("b.test")]
    assert len(times) == 4
    assert min(pauses(times)) >= 0.19


def test_cap_per_host(run):
    routes = {f"/{i}": PAGE for i in range(5)}
    with Site(routes) as site:
        fetched = run(site, *routes, max_per_host=2)
        assert fetched.counts == {Status.OK: 2, Status.SKIPPED: 3}
        assert "cap of 2" in fetched["/4"]["reason"]
        assert len(site.paths()) == 2


def test_retry_after_is_waited_for(run):
    answers = [response(b"", status="429 Too Many Requests", Retry_After=1), PAGE]
    with Site({"/a": answers}) as site:
        fetched = run(site, "/a")
    assert fetched["/a"][["status", "attempts"]].tolist() == ["ok", 2]
    assert site.requests[-1].time - site.requests[-2].time >= 1


def test_a_host_that_asks_for_a_long_wait_is_left_alone(run):
    with Site({"/a": response(b"", status="503 Later", Retry_After=3600), "/b": PAGE}) as site:
        fetched = run(site, "/a", "/b")
    assert fetched.counts == {Status.THROTTLED: 2}
    assert site.paths() == ["/a"]
    assert "3,600 s" in fetched["/b"]["reason"]


def test_a_crawl_delay_that_is_too_long(run):
    rules = response(b"User-agent: *\nCrawl-delay: 999\n", kind=PLAIN)
    with Site({"/robots.txt": rules, "/a": PAGE}) as site:
        assert run(site, "/a").status("/a") == "skipped"
    assert site.paths() == []


def test_back_off_and_giving_up(run):
    routes = {
        "/always": response(b"", status="429 Slow"),
        "/twice": [response(b"", status="500 Oops")] * 2 + [PAGE],
        "/bad": response(b"", status="502 Bad"),
    }
    with Site(routes) as site:
        fetched = run(site, "/always", "/twice", "/bad", backoff=0.1)
    assert fetched["/always"][["status", "attempts", "http_status"]].tolist() == ["throttled", 3, 429]
    assert fetched["/twice"][["status", "attempts"]].tolist() == ["ok", 3]
    assert fetched["/bad"][["status", "attempts", "http_status"]].tolist() == ["http_error", 3, 502]
    times = [request.time for request in site.requests if request.path == "/always"]
    assert times[1] - times[0] >= 0.1
    assert times[2] - times[1] >= 0.2


def test_a_host_that_is_down(run):
    with Site() as site:
        port = site.port
    fetched = run(
        site, *(f"http://a.test:{port}/{i}" for i in range(9)), "http://nobody.test/", ports=frozenset((port, 80))
    )
    assert fetched.counts == {Status.CONNECT: 9, Status.DNS: 1}


def test_a_host_that_hangs_is_given_up(run):
    with Site({f"/{i}": never_answers for i in range(9)}) as site:
        fetched = run(site, *site.routes, timeout=0.2)
    assert fetched.counts == {Status.TIMEOUT: 9}
    assert len(site.paths()) == 3


class OnlyOne(Guard):
    """Takes 127.0.0.1 for a public address, and every other loopback address for what it is."""

    def __init__(self, port):
        super().__init__(allow_private=False, ports=frozenset((port,)))
        self.seen = []

    def check_address(self, text):
        self.seen.append(text)
        if text != "127.0.0.1":
            super().check_address(text)


def test_redirects_to_private_addresses(run):
    with Site(addresses=("127.0.0.1", "127.0.0.2")) as site:
        inside = {"/name": "inner.test", "/number": "127.0.0.2", "/hex": "0x7f000002", "/v6": "[::1]"}
        site.routes = {path: redirect(f"http://{host}:{site.port}/secret") for path, host in inside.items()}
        net = network({"a.test": ["127.0.0.1"], "inner.test": ["127.0.0.2"]}, guard=OnlyOne(site.port))
        fetched = run(site, *inside, net=net)
    assert {fetched.status(path) for path in inside} == {"refused"}
    assert "/secret" not in site.paths()
    assert {request.headers["Host"].split(":")[0] for request in site.requests} == {"a.test"}


def test_a_name_that_changes_its_answer(run):
    """The address that was checked is the one that is connected to; the changed one is checked as well."""
    closing = response(html("x"), Connection="close")
    with Site(
        {"/1": closing, "/2": closing, "/robots.txt": response(b"", Connection="close")}, ("127.0.0.1", "127.0.0.2")
    ) as site:
        names = Names({"a.test": ["127.0.0.1", "127.0.0.1", "127.0.0.2"]})
        guard = OnlyOne(site.port)
        fetched = run(site, "/1", "/2", net=network(names, guard=guard))
    assert fetched.status("/1") == "ok"
    assert fetched.status("/2") == "refused"
    assert "127.0.0.2 is a loopback address" in fetched["/2"]["reason"]
    assert site.paths() == ["/1"]
    # One look-up for each connection: nothing asks a second time between the check and the connection.
    assert names.asked == ["a.test"] * 3
    assert guard.seen == ["127.0.0.1"] * 4 + ["127.0.0.2"]


def test_the_last_look_is_at_the_socket(run):
    class Lying(OnlyOne):
        """Sees nothing wrong until the socket is made."""

        def check_address(self, text):
            self.seen.append(text)
            if len(self.seen) > 1:
                raise FetchError(Status.REFUSED, f"{text} is a private address")

    with Site({"/1": PAGE}) as site:
        fetched = run(site, "/1", net=network({"a.test": ["127.0.0.1"]}, guard=Lying(site.port)))
    assert fetched.status("/1") == "refused"
    assert site.requests == []


def test_private_addresses_are_refused_without_the_option(run):
    with Site({"/1": PAGE}) as site:
        fetched = run(site, "/1", f"http://127.0.0.1:{site.port}/2", allow_private=False)
    assert fetched.counts == {Status.REFUSED: 2}
    assert site.requests == []


def server_tls(authority, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_tls_is_verified_and_a_failure_is_recorded(run):
    authority, stranger = trustme.CA(), trustme.CA()
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    with (
        Site({"/1": PAGE}, tls=server_tls(authority, "a.test")) as good,
        Site({"/1": PAGE}, tls=server_tls(stranger, "b.test")) as unknown,
        Site({"/1": PAGE}, tls=server_tls(authority, "other.test")) as misnamed,
        Site(greeting=b"HTTP/1.1 400 Speak plainly\r\n\r\n") as no_tls,
    ):
        sites = {"a.test": good, "b.test": unknown, "c.test": misnamed, "d.test": no_tls}
        urls = [f"https://{name}:{site.port}/1" for name, site in sites.items()]
        net = network({name: ["127.0.0.1"] for name in sites}, tls=trust)
        fetched = run(good, *urls, net=net, ports=frozenset(site.port for site in sites.values()))
    assert fetched.table["status"].tolist() == ["ok", "tls", "tls", "tls"]
    assert "certificate" in fetched.table["reason"][1]
    assert "c.test" in fetched.table["reason"][2]
    assert unknown.requests == misnamed.requests == []


def test_cookies_are_neither_kept_nor_sent(run):
    with Site({"/a": response(html("x"), Set_Cookie="id=1; Path=/"), "/b": redirect("/a"), "/c": PAGE}) as site:
        run(site, "/a", "/b", "/c")
    assert not any("Cookie" in request.headers for request in site.requests)


def test_the_second_run_asks_only_for_changes(run):
    tagged = html("tagged", TARGET)

    def answer(request, _):
        same = request.headers.get("If-None-Match") == '"v1"' and "If-Modified-Since" not in request.headers
        return response(b"", status="304 Not Modified", ETag='"v1"') if same else response(tagged, ETag='"v1"')

    date = "Thu, 01 Jan 2026 00:00:00 GMT"

    def dated(request, _):
        same = request.headers.get("If-Modified-Since") == date
        return response(b"", status="304 Not Modified") if same else response(html("dated"), Last_Modified=date)

    routes = {
        "/tagged": answer, "/copy": response(tagged), "/old": redirect("/dated"), "/dated": dated,
        "/changes": [response(html("first")), response(html("second"))],
        "/dies": [PAGE, response(b"", status="404 Not Found")], "/fails": [PAGE, hangs_up],
    }  # fmt: skip
    paths = ["/tagged", "/copy", "/old", "/changes", "/dies", "/fails"]
    with Site(routes) as site:
        first = run(site, *paths)
        assert first.counts == {Status.OK: 6}
        second = run(site, *paths)
        third = run(site, *paths)
    assert second.status("/tagged") == second.status("/old") == "not_modified"
    assert second["/tagged"]["link_there"]
    assert second["/tagged"]["captured"] == first["/tagged"]["captured"]
    assert second.status("/changes") == "ok"
    assert second.status("/dies") == "http_error"
    assert second.status("/fails") == "broken"
    # The new archive stands alone: what has not changed is in it, and what could not be had; what is gone is not.
    for fetched in (second, third):
        pages = {page.url.rsplit("/", 1)[1]: page.html for page in read_pages(fetched.archive)}
        assert set(pages) == {"tagged", "copy", "dated", "changes", "fails"}
        assert b"second" in pages["changes"]
        assert pages["tagged"] == pages["copy"] == tagged
    profiles = [headers["WARC-Profile"].rsplit("/", 1)[1] for headers, _ in second.records(WarcRecordType.revisit)]
    assert sorted(set(profiles)) == ["identical-payload-digest", "server-not-modified"]
    assert profiles.count("server-not-modified") == 2


def test_a_page_that_moved_is_not_asked_conditionally(run):
    with Site({"/a": [response(html("1"), ETag='"1"'), redirect("/b")], "/b": PAGE}) as site:
        run(site, "/a")
        assert run(site, "/a").status("/a") == "ok"
    assert "If-None-Match" in site.requests[-2].headers
    assert "If-None-Match" not in site.requests[-1].headers


def test_an_archive_that_is_not_ours_is_left_alone(run, tmp_path):
    (tmp_path / "pages.warc.gz").write_bytes(b"precious")
    with Site({"/a": PAGE}) as site, pytest.raises(InputError, match="did not write it"):
        run(site, "/a")
    assert (tmp_path / "pages.warc.gz").read_bytes() == b"precious"
    assert site.requests == []


def test_an_archive_that_was_taken_away_is_made_anew(run, tmp_path):
    with Site({"/a": response(html("x"), ETag='"1"')}) as site:
        run(site, "/a")
        (tmp_path / "pages.warc.gz").unlink()
        assert run(site, "/a").status("/a") == "ok"
    assert not any("If-None-Match" in request.headers for request in site.requests)


def test_a_plan_asks_nothing_and_leaves_nothing(run, tmp_path):
    routes = {f"/{i}": PAGE for i in range(3)}
    with Site(routes) as site:
        asked = [Asked(f"http://a.test:{site.port}/{i}") for i in range(5)] + [Asked("http://10.0.0.1:1/"), Asked("x")]
        settings = quick(site, max_per_host=4, delay=10, allow_private=False)
        found = plan(asked, tmp_path / "pages.warc.gz", settings)
        assert (found.pages, found.hosts, found.refused, found.skipped, found.conditional) == (4, 1, 2, 1, 0)
        assert found.largest == (("a.test", 4),)
        assert found.seconds >= 40
        assert list(tmp_path.iterdir()) == []
        assert site.requests == []
        run(site, *routes)
        before = (tmp_path / "pages.warc.gz.state").read_bytes()
        assert plan(asked, tmp_path / "pages.warc.gz", settings).conditional == 3
        assert (tmp_path / "pages.warc.gz.state").read_bytes() == before


def test_one_page_that_breaks_our_code_costs_no_other(run, monkeypatch):
    from linksift.fetch import crawl

    def broken(html, *_):
        if b"second" in html:
            raise RuntimeError("a bug")

    monkeypatch.setattr(crawl, "count_found", broken)
    with Site({"/1": response(html("first")), "/2": response(html("second")), "/3": response(html("third"))}) as site:
        fetched = run(site, "/1", "/2", "/3")
    assert [fetched.status(path) for path in ("/1", "/2", "/3")] == ["ok", "broken", "ok"]
    assert "a bug" in fetched["/2"]["reason"]


def test_a_full_disk_ends_the_run_and_it_can_go_on(run, monkeypatch):
    real = ArchiveWriter.append

    def full(writer, data):
        if writer.length > 2_000:
            raise OSError(28, "No space left on device")
        return real(writer, data)

    paths = [f"/{number}" for number in range(6)]
    with Site({path: response(html(path)) for path in paths}) as site:
        with monkeypatch.context() as patch, pytest.raises(InputError, match="No space left"):
            patch.setattr(ArchiveWriter, "append", full)
            run(site, *paths)
        assert run(site, *paths).counts == {Status.OK: 6}
