import gzip
import hashlib
import io
import os
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linksift.errors import InputError
from linksift.io.pages import RawPage, count_pages, read_pages

PAGES = Path(__file__).parents[1].parent / "shared" / "corpus" / "pages-0.parquet"
HTML = b"<html><body><p>Bees <a href='https://t.example/'>honey</a></p>" + b"wax " * 200 + b"</body></html>"
ID = hashlib.sha256(HTML).hexdigest()[:16]
TYPE = ("Content-Type", "text/html; charset=utf-8")


def record(url, body=HTML, headers=(TYPE,), kind="response", status="200 OK"):
    http = "".join(f"{key}: {value}\r\n" for key, value in headers)
    payload = f"HTTP/1.1 {status}\r\n{http}\r\n".encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:0>\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n"
        f"WARC-Target-URI: {url}\r\nContent-Type: application/http\r\nContent-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload + b"\r\n\r\n"


def chunked(body, size=100):
    pieces = (body[i : i + size] for i in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def written(path, content):
    path.write_bytes(content)
    return path


def parquet(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.string(), pa.dictionary(pa.int32(), pa.string())])
def test_parquet(tmp_path, kind):
    html = pa.array([HTML, None, b""], pa.binary()).cast(pa.string()).cast(kind)
    path = parquet(tmp_path / "p.parquet", html=html, url=["https://a.example/", "", None], other=[1, 2, 3])
    assert list(read_pages(path)) == [
        RawPage(ID, "https://a.example/", HTML, None, "p.parquet:1"),
        RawPage(None, None, None, "the row has no html", "p.parquet:2"),
        RawPage(hashlib.sha256(b"").hexdigest()[:16], None, b"", None, "p.parquet:3"),
    ]
    assert count_pages(path) == 3


def test_parquet_ids_are_kept_and_url_may_be_missing(tmp_path):
    path = parquet(tmp_path / "p.parquet", html=[HTML, HTML], page_id=["mine", None])
    assert [(page.page_id, page.url) for page in read_pages(path)] == [("mine", None), (ID, None)]


def test_parquet_order_over_batches(tmp_path):
    path = parquet(tmp_path / "p.parquet", html=[b"%d" % i for i in range(200)])
    assert [page.html for page in read_pages(path)] == [b"%d" % i for i in range(200)]


def test_parquet_without_html_names_its_columns(tmp_path):
    with pytest.raises(InputError, match="columns found: body, url"):
        read_pages(parquet(tmp_path / "p.parquet", body=["x"], url=["y"]))


def test_parquet_of_wrong_type_or_without_rows(tmp_path):
    with pytest.raises(InputError, match="binary or text"):
        read_pages(parquet(tmp_path / "p.parquet", html=[1]))
    with pytest.raises(InputError, match="no rows"):
        read_pages(parquet(tmp_path / "p.parquet", html=pa.array([], pa.binary())))


def test_damaged_parquet(tmp_path):
    content = parquet(tmp_path / "p.parquet", html=[os.urandom(5000) for _ in range(300)]).read_bytes()
    with pytest.raises(InputError, match="damaged"):
        read_pages(written(tmp_path / "cut.parquet", content[:-100]))
    broken = content[:4] + bytes(500) + content[504:]
    with pytest.raises(InputError, match="damaged after row 0"):
        list(read_pages(written(tmp_path / "broken.parquet", broken)))


@pytest.mark.parametrize("pack", [lambda parts: b"".join(parts), lambda parts: b"".join(map(gzip.compress, parts))])
def test_warc(tmp_path, pack):
    parts = [
        b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n\r\n",
        record("https://a.example/"),
        record("https://a.example/", kind="request"),
        record("<https://b.example/>", headers=(("Content-Type", "application/xhtml+xml"),)),
        record("https://c.example/i.png", headers=(("Content-Type", "image/png"),)),
        record("https://d.example/", status="404 Not Found"),
        record("https://e.example/", headers=()),
    ]
    path = written(tmp_path / "w.warc.gz", pack(parts))
    assert list(read_pages(path)) == [
        RawPage(ID, "https://a.example/", HTML, None, "w.warc.gz:2"),
        RawPage(ID, "https://b.example/", HTML, None, "w.warc.gz:4"),
    ]
    assert count_pages(path) is None


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (chunked(HTML), {"Transfer-Encoding": "chunked"}),
        (gzip.compress(HTML), {"Content-Encoding": "gzip"}),
        (zlib.compress(HTML), {"Content-Encoding": "deflate"}),
        (zlib.compress(HTML)[2:-4], {"Content-Encoding": "deflate"}),
        (chunked(gzip.compress(HTML)), {"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"}),
        (HTML, {"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"}),
        (HTML, {"Content-Encoding": "br"}),
    ],
)
def test_http_encodings_are_undone(tmp_path, body, headers):
    path = written(tmp_path / "w.warc", record("https://a.example/", body, (TYPE, *headers.items())))
    assert [page.html for page in read_pages(path)] == [HTML]


def test_brotli(tmp_path):
    brotli = pytest.importorskip("brotli")
    body = record("https://a.example/", brotli.compress(HTML), (TYPE, ("Content-Encoding", "br")))
    assert [page.html for page in read_pages(written(tmp_path / "w.warc", body))] == [HTML]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (record("https://x.example/", gzip.compress(HTML)[:-20], (TYPE, ("Content-Encoding", "gzip"))), "breaks off"),
        (record("https://x.example/", gzip.compress(b"a" * 40_000_000), (TYPE, ("Content-Encoding", "gzip"))), "32 MB"),
        (record("https://x.example/", b"\x07" * 500, (TYPE, ("Content-Encoding", "deflate"))), "cannot be unpacked"),
        (record("https://x.example/", b"99\r\nshort", (TYPE, ("Transfer-Encoding", "chunked"))), "cannot be unpacked"),
        (record("https://x.example/", b"a" * 33_600_000), "32 MB"),
        (record("https://x.example/", HTML, (TYPE, ("X", "y" * 100_000))), "HTTP headers"),
    ],
)
def test_a_bad_record_does_not_end_the_archive(tmp_path, bad, message):
    path = written(tmp_path / "w.warc", record("https://a.example/") + bad + record("https://b.example/"))
    first, middle, last = read_pages(path)
    assert (first.html, last.html) == (HTML, HTML)
    assert middle.url == "https://x.example/"
    assert middle.html is None
    assert message in middle.error


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("cut", [30, 150, 300, 700])
def test_a_truncated_archive_gives_the_pages_before_the_break(tmp_path, packed, cut):
    body = os.urandom(600).hex().encode()
    parts = [record("https://a.example/"), record("https://b.example/", body)]
    whole = [gzip.compress(part) if packed else part for part in parts]
    path = written(tmp_path / "w.warc", whole[0] + whole[1][:cut])
    first, last = read_pages(path)
    assert (first.html, first.error) == (HTML, None)
    assert last.html is None
    assert last.error


def test_garbage_in_an_archive_is_an_error(tmp_path):
    path = written(tmp_path / "w.warc", record("https://a.example/") + b"garbage\r\n" * 50)
    first, last = read_pages(path)
    assert first.html == HTML
    assert "broken" in last.error


def test_folder(tmp_path):
    (tmp_path / "sub").mkdir()
    written(tmp_path / "b.html", HTML)
    written(tmp_path / "sub" / "a.HTM", HTML)
    written(tmp_path / "note.txt", b"x")
    (tmp_path / "dead.html").symlink_to(tmp_path / "nowhere")
    urls = written(tmp_path / "urls.csv", b"file,url\nb.html,https://b.example/\nnone.html,https://n.example/\n")
    pages = list(read_pages(tmp_path, urls=urls))
    assert [(page.where, page.url) for page in pages] == [
        ("b.html", "https://b.example/"),
        ("dead.html", None),
        ("none.html", "https://n.example/"),
        ("sub/a.HTM", None),
    ]
    assert [page.page_id for page in pages] == [ID, None, None, ID]
    assert "cannot be read" in pages[1].error
    assert "not there" in pages[2].error
    assert count_pages(tmp_path) == 3
    assert [page.url for page in read_pages(tmp_path)] == [None, None, None]


def test_the_csv_of_urls_reads_nothing_outside_the_folder(tmp_path):
    (tmp_path / "in").mkdir()
    written(tmp_path / "secret.html", HTML)
    urls = written(tmp_path / "urls.csv", b"file,url\n../secret.html,https://a.example/\n")
    assert [page.html for page in read_pages(tmp_path / "in", urls=urls)] == [None]


@pytest.mark.parametrize("content", [b"name,url\na.html,x\n", b"file,url\na.html\n", b""])
def test_a_bad_csv_of_urls(tmp_path, content):
    written(tmp_path / "a.html", HTML)
    with pytest.raises(InputError):
        read_pages(tmp_path, urls=written(tmp_path / "urls.csv", content))


@pytest.mark.parametrize("name", ["a.html", "a.HTM", "page", "page.php"])
def test_single_html_file(tmp_path, name):
    assert list(read_pages(written(tmp_path / name, HTML))) == [RawPage(ID, None, HTML, None, name)]


def test_html_in_utf16_is_known(tmp_path):
    assert len(list(read_pages(written(tmp_path / "page", "<html><p>x".encode("utf-16"))))) == 1


def test_a_huge_file_is_an_error_of_its_page(tmp_path, monkeypatch):
    monkeypatch.setattr("linksift.io.rawpage.MAX_PAGE_BYTES", 100)
    page = next(read_pages(written(tmp_path / "a.html", HTML)))
    assert page.html is None
    assert "larger than" in page.error


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.html", b"", "empty"),
        ("a.parquet", HTML, "none of"),
        ("a.warc", HTML, "none of"),
        ("a.warc.gz", b"\x1f\x8bgarbage", "none of"),
        ("a.gz", gzip.compress(HTML), "none of"),
        ("a.bin", b"\x89PNG\r\n", "none of"),
        ("a.csv", b"url,anchor\nhttps://a.example/,x\n", "none of"),
    ],
)
def test_refused(tmp_path, name, content, message):
    with pytest.raises(InputError, match=message):
        read_pages(written(tmp_path / name, content))


def test_missing_and_empty_folder(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_pages(tmp_path / "none.html")
    with pytest.raises(InputError, match="holds no"):
        read_pages(tmp_path)


@pytest.mark.parametrize("kind", ["html", "warc", "warc.gz", "parquet"])
def test_stdin(tmp_path, monkeypatch, kind):
    content = {
        "html": HTML,
        "warc": record("https://a.example/"),
        "warc.gz": gzip.compress(record("https://a.example/")),
        "parquet": parquet(tmp_path / "p.parquet", html=[HTML]).read_bytes(),
    }[kind]
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    assert [page.html for page in read_pages("-")] == [HTML]
    assert count_pages("-") is None


@pytest.mark.skipif(not PAGES.is_file(), reason="the folder of real pages is not here")
def test_real_pages():
    pages = list(read_pages(PAGES))
    assert len(pages) == count_pages(PAGES) == pq.read_metadata(PAGES).num_rows
    assert all(page.page_id == hashlib.sha256(page.html).hexdigest()[:16] for page in pages)
    assert any(page.url is None for page in pages)
