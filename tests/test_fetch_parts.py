"""The parts of the fetcher that need no server: bodies, robots.txt, Retry-After, link check, archive, state."""

import gzip
import time
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linksift.errors import InputError
from linksift.fetch import Asked, Settings, read_asked
from linksift.fetch.archive import ArchiveReader, ArchiveWriter, Exchange, pack
from linksift.fetch.bodies import check_coding, unpacked
from linksift.fetch.headers import retry_after
from linksift.fetch.links import count_found
from linksift.fetch.outcome import MEANING, FetchError, Outcome, Status
from linksift.fetch.robots import Robots
from linksift.fetch.rows import Capture, Known, Wanted
from linksift.fetch.state import State

PAGE = b"<!doctype html><title>bread</title>" + b"<p>bread and rolls</p>" * 50


def raw_deflate(data):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


CODINGS = {"": bytes, "identity": bytes, "gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress}


@given(st.binary(max_size=3000).map(b"<p>".__add__), st.sampled_from(sorted(CODINGS)))
def test_a_body_is_unpacked(data, coding):
    sent = CODINGS[coding](data)
    assert unpacked(sent, coding, len(data)) == data
    assert unpacked(sent, coding.upper(), len(data)) == data
    assert unpacked(sent, coding, 2, is_whole=False) == data[:2]


@given(st.binary(max_size=200), st.sampled_from(sorted(CODINGS)), st.binary(max_size=3))
def test_any_bytes_may_come(data, coding, head):
    for is_whole in (True, False):
        try:
            unpacked(head + data, coding, 10_000, is_whole=is_whole)
        except FetchError as error:
            assert error.status is Status.BROKEN


def test_raw_deflate_and_bodies_that_are_not_packed_as_stated():
    for coding, sent in (("deflate", raw_deflate(PAGE)), ("gzip", PAGE), ("deflate", PAGE)):
        assert unpacked(sent, coding, 10_000) == PAGE


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_stops_at_the_limit(coding):
    sent = CODINGS[coding](bytes(30_000_000))
    with pytest.raises(FetchError) as caught:
        unpacked(sent, coding, 1_000_000)
    assert caught.value.status is Status.TOO_LARGE
    assert len(unpacked(sent, coding, 1_000_000, is_whole=False)) == 1_000_000


@pytest.mark.parametrize("sent", [gzip.compress(PAGE)[:-20], b"\x1f\x8bgarbage here"])
def test_a_broken_body(sent):
    with pytest.raises(FetchError) as caught:
        unpacked(sent, "gzip", 10_000)
    assert caught.value.status is Status.BROKEN


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "\xff"])
def test_encodings_that_were_not_asked_for(coding):
    with pytest.raises(FetchError, match="not asked for"):
        check_coding(coding)


ROBOTS = b"""
User-agent: *
Disallow: /private
Crawl-delay: 2

User-agent: otherbot
Disallow: /

User-agent: LinkSift/1.0
Disallow: /shop*basket
Crawl-delay: 7
"""


def test_robots_of_our_own_name_win():
    robots = Robots.of_answer(200, ROBOTS)
    robots.check("http://a.test/private")
    assert robots.delay == 7
    with pytest.raises(FetchError, match="forbids"):
        robots.check("http://a.test/shop/my/basket")
    everybody = Robots.of_answer(200, ROBOTS.replace(b"LinkSift", b"somebody"))
    assert everybody.delay == 2
    everybody.check("http://a.test/shop/my/basket")
    with pytest.raises(FetchError):
        everybody.check("http://a.test/private/x")


@pytest.mark.parametrize(
    ("status", "is_open"),
    [(200, True), (404, True), (403, True), (401, True), (429, False), (500, False), (503, False)],
)
def test_robots_by_status(status, is_open):
    robots = Robots.of_answer(status, b"")
    if is_open:
        robots.check("http://a.test/")
        return
    with pytest.raises(FetchError) as caught:
        robots.check("http://a.test/")
    assert caught.value.status is Status.ROBOTS


def test_request_rate_is_a_delay_too():
    assert Robots.of_answer(200, b"User-agent: *\nRequest-rate: 1/5\n").delay == 5


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"User-agent: bot{i}\n" for i in range(12_000)) + "".join(f"Disallow: /{i}\n" for i in range(15_000)),
        "".join(f"User-agent: linksift{i}*\n" for i in range(12_000))
        + "".join(f"Disallow: /{i}\n" for i in range(15_000)),
        "User-agent: *\n" + "Disallow: /" + "*a" * 200_000 + "\n",
    ],
    ids=["agents", "like us", "wildcards"],
)
def test_hostile_robots_take_no_time(text):
    start = time.process_time()
    robots = Robots.of_answer(200, text.encode())
    robots.check("http://a.test/" + "a" * 8000)
    assert time.process_time() - start < 5


@given(st.binary(max_size=500) | st.text(alphabet="user-agent: *disallow/\n#lnksft").map(str.encode))
def test_any_bytes_are_a_robots_file(body):
    robots = Robots.of_answer(200, body)
    assert robots.delay >= 0
    try:
        robots.check("http://a.test/x")
    except FetchError as error:
        assert error.status is Status.ROBOTS


def test_retry_after():
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert retry_after({"Retry-After": "17"}, now) == 17
    assert retry_after({"Retry-After": "Thu, 01 Jan 2026 12:01:00 GMT"}, now) == 60
    assert retry_after({"Retry-After": "Thu, 01 Jan 2025 12:01:00 GMT"}, now) == 0
    for nothing in ({}, {"Retry-After": "soon"}, {"Retry-After": "-5"}, {"Retry-After": "١٢"}):
        assert retry_after(nothing, now) is None


@given(
    st.text()
    | st.integers().map("Thu, 01 Jan 2026 12:01:00 {:+}".format)
    | st.from_regex(r"[0-9]{1,2} Jan [0-9]{1,9} [0-9:]+")
)
def test_retry_after_never_fails(text):
    waits = retry_after({"Retry-After": text}, datetime(2026, 1, 1, tzinfo=UTC))
    assert waits is None or waits >= 0


def test_links_are_found_as_predict_finds_them():
    html = (
        b'<base href="https://www.bakery.example/shop/"><a href="bread">1</a><a href="HTTP://bakery.example">2</a>'
        b'<area href="//other.example/map?x=1"><a href="http://[::1">broken</a>'
    )
    url = "https://blog.example/post"
    targets = ["http://bakery.example/shop/bread/", "https://www.bakery.example/", "https://other.example/map?x=1"]
    assert count_found(html, url, targets) == 3
    assert count_found(html, url, ["https://gone.example/", targets[0]]) == 1
    assert count_found(html, url, []) is None
    assert count_found(b"", url, targets) is None
    assert (
        count_found(
            "<meta charset=latin-1><a href=http://bäcker.example/>x</a>".encode("latin-1"),
            url,
            ["http://bäcker.example/"],
        )
        == 1
    )


def exchange(url="http://a.test/x", payload=PAGE, **changes):
    given = {
        "date": datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC), "ip": "192.0.2.1",
        "request": b"GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n",
        "head": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: \"1\"\r\n\r\n",
        "via": "http://a.test/old", "hops": 1, "millis": 12,
    }  # fmt: skip
    return Exchange(url, payload=payload, **(given | changes))


def write(writer, one, known=None):
    packed = pack(one, one.digest, known)
    return Known(packed.record_id, one.url, packed.date, writer.append(packed.data))


def test_an_archive_gives_back_what_it_took(tmp_path):
    path = tmp_path / "a.warc.gz"
    first, second = exchange(), exchange("http://b.test/copy", via=None, hops=0)
    with ArchiveWriter(path, 0, {"software": "test"}) as writer:
        known = write(writer, first)
        again = write(writer, second, known)
        length = writer.length
    assert path.stat().st_size == length
    with ArchiveReader(path) as reader:
        assert reader.read(known.position) == first
        assert reader.read(again.position) == second
        with pytest.raises(ValueError, match="no exchange"):
            reader.read(0)
    assert first.header("etag") == '"1"'


def test_an_archive_is_cut_where_a_run_was_killed(tmp_path):
    path = tmp_path / "a.warc.gz"
    one = exchange()
    with ArchiveWriter(path, 0, {}) as writer:
        known = write(writer, one)
        length = writer.length
    whole = path.read_bytes()
    path.write_bytes(whole + b"\x1f\x8bhalf a record")
    with ArchiveWriter(path, length, {}) as writer:
        assert writer.length == length
    assert path.read_bytes() == whole
    with ArchiveReader(path) as reader:
        assert reader.read(known.position) == one


def test_archives_are_read_by_warcio(tmp_path):
    warcio = pytest.importorskip("warcio.archiveiterator")
    path = tmp_path / "a.warc.gz"
    one = exchange()
    with ArchiveWriter(path, 0, {"software": "test"}) as writer:
        known = write(writer, one)
        write(writer, one, known)
    kinds = []
    with path.open("rb") as file:
        for record in warcio.ArchiveIterator(file, check_digests="raise"):
            kinds.append(record.rec_type)
            assert record.rec_headers.protocol == "WARC/1.1"
            content = record.content_stream().read()
            if record.rec_type == "response":
                assert content == PAGE
            if record.rec_type == "revisit":
                assert record.rec_headers.get_header("WARC-Refers-To") == f"<{known.record_id}>"
                assert record.rec_headers.get_header("WARC-Refers-To-Target-URI") == one.url
    assert kinds == ["warcinfo", "response", "request", "metadata", "revisit", "request", "metadata"]


def wanted(*urls):
    return [Wanted(url, url, url.split("/")[2], None, None) for url in urls]


URLS = [f"http://{host}.test/{i}" for host, count in (("small", 1), ("large", 4)) for i in range(count)]


def test_state_goes_on_where_it_was(tmp_path):
    path = tmp_path / "s"
    with State(path) as state:
        state.begin(wanted(*URLS), max_per_host=3, resume=False, earlier=0)
        assert state.counts() == {None: 4, Status.SKIPPED: 1}
        assert state.next_host() == "large.test"
        row = state.next_page("large.test", 0)
        state.finish_page(row.id, Outcome(Status.OK), Capture("2026", row.url, (7, 9), '"e"', None))
        state.commit(length=100)
        later = state.next_page("large.test", row.id)
        state.finish_page(later.id, Outcome(Status.OK), None)
    with State(path) as state:
        assert state.is_running
        assert state.length == 100
        state.begin(wanted(*URLS), max_per_host=4, resume=True, earlier=0)
        assert state.counts() == {None: 4, Status.OK: 1}
        assert state.hosts() == [("large.test", 3), ("small.test", 1)]
        state.end()
    with State(path) as state:
        state.begin(wanted(*URLS[1:]), max_per_host=4, resume=False, earlier=100)
        assert state.counts() == {None: 4}
        row = state.next_page("large.test", 0)
        assert row.capture == Capture("2026", URLS[1], (7, 9), '"e"', None)
        assert state.count_captures() == 1
        state.begin(wanted(*URLS), max_per_host=4, resume=False, earlier=0)
        assert state.count_captures() == 0


def test_state_takes_all_or_nothing(tmp_path):
    def broken():
        yield from wanted(*URLS)
        raise InputError("the input breaks off")

    with State(tmp_path / "s") as state:
        with pytest.raises(InputError):
            state.begin(broken(), max_per_host=9, resume=False, earlier=0)
        assert state.counts() == {}
        assert not state.is_running


def test_two_processes_do_not_share_a_state(tmp_path):
    with State(tmp_path / "s"), pytest.raises(InputError, match="another linksift fetch"):
        State(tmp_path / "s")


def test_a_file_that_is_no_state(tmp_path):
    (tmp_path / "s").write_bytes(b"something else that is long enough to be no database at all" * 20)
    with pytest.raises(InputError, match="no state"):
        State(tmp_path / "s")


def test_what_is_asked(tmp_path):
    urls = tmp_path / "urls.txt"
    urls.write_text("# mine\n\nhttp://a.test/1\n  https://b.test/2,3  \n", encoding="utf-8")
    assert list(read_asked(urls).items) == [Asked("http://a.test/1"), Asked("https://b.test/2,3")]
    export = tmp_path / "links.csv"
    export.write_text("source_url,target_url\nhttp://a.test/1,http://t.test/\n,http://t.test/\n", encoding="utf-8")
    asked = read_asked(export)
    assert list(asked.items) == [Asked("http://a.test/1", "http://t.test/")]
    assert asked.left_out == 1


def test_files_that_name_no_page(tmp_path):
    (tmp_path / "empty.txt").write_text("# nothing\n", encoding="utf-8")
    (tmp_path / "domains.csv").write_text("domain\na.test\n", encoding="utf-8")
    for name in ("empty.txt", "domains.csv", "missing.csv"):
        with pytest.raises(InputError):
            list(read_asked(tmp_path / name).items)


def test_the_user_agent_names_us():
    assert Settings().user_agent.startswith("linksift/")
    assert Settings(contact="me@example.org").user_agent.endswith(" (+me@example.org)")


def test_reasons_hold_nothing_that_a_terminal_obeys():
    assert (
        FetchError(Status.BROKEN, "a\x1b[2Jb\udcff").reason == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}"
    )


def test_the_documentation_says_what_every_status_means():
    text = (Path(__file__).parents[1] / "docs" / "fetch.md").read_text(encoding="utf-8")
    assert list(MEANING) == list(Status)
    assert [status for status, meaning in MEANING.items() if f"| `{status}` | {meaning} |" not in text] == []
