"""The verb ``fetch`` as its users meet it: an export in, pages out, and ``predict`` on them; killed and run again."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from fetch_site import Site, html, redirect, response
from linksift.cli import main
from linksift.io.pages import read_pages

TARGET = "https://bakery.example/bread"


def command(site, source, output, *more):
    return [
        "fetch", str(source), "-o", str(output), "--allow-private", "--ports", str(site.port), "--delay", "0", *more,
    ]  # fmt: skip


def listed(folder, site, paths):
    source = folder / "urls.txt"
    source.write_text("".join(f"http://127.0.0.1:{site.port}{path}\n" for path in paths), encoding="utf-8")
    return source


def test_predict_judges_links_from_fetched_pages(tmp_path, capfd):
    long = html("A post about bread", TARGET).replace(
        b"</h1>", b"</h1>" + b"<p>Bread is baked from flour and water.</p>" * 9
    )
    routes = {
        "/post": response(long), "/copy": response(long), "/old": redirect("/post"), "/lost": response(html("Nothing")),
        "/gr%C3%BC%C3%9Fe": response(html("Hello", TARGET)),
    }  # fmt: skip
    with Site(routes) as site:
        paths = ["/post", "/copy", "/old", "/lost", "/missing", "/gr\u00fc\u00dfe"]
        export = tmp_path / "links.csv"
        rows = [f"http://127.0.0.1:{site.port}{path},{TARGET},this bakery,A title" for path in paths]
        export.write_text("\n".join(["source_url,target_url,anchor,title", *rows, ""]), encoding="utf-8")
        pages, scored = tmp_path / "pages.warc.gz", tmp_path / "scored.csv"
        assert main(command(site, export, pages)) == 0
    assert main(["predict", str(export), "--pages", str(pages), "-o", str(scored), "--jobs", "1", "-q"]) == 0
    assert pd.read_csv(scored)["basis"].tolist() == ["page", "page", "page", "row", "row", "page"]
    status = pd.read_csv(tmp_path / "pages.status.csv")
    assert status["status"].tolist() == ["ok", "ok", "ok", "ok", "http_error", "ok"]
    assert status["link_there"].tolist()[:4] == [True, True, True, False]
    out, err = capfd.readouterr()
    assert out == ""
    assert "1 http_error, 5 ok" in err


def test_dry_run_prints_the_plan(tmp_path, capsys):
    source = tmp_path / "urls.txt"
    source.write_text("http://a.example/1\nhttp://a.example/2\nhttp://10.0.0.1/\n", encoding="utf-8")
    assert main(["fetch", str(source), "-o", str(tmp_path / "pages.warc.gz"), "--dry-run", "--delay", "60"]) == 0
    said = capsys.readouterr().out
    assert "2 pages of 1 hosts" in said
    assert "1 refused" in said
    assert "2 min" in said
    assert [path.name for path in tmp_path.iterdir()] == ["urls.txt"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["-o", "pages.warc"], "ends in .warc.gz"),
        (["-o", "missing/pages.warc.gz"], "does not exist"),
        (["-o", "pages.warc.gz", "--contact", "a\nCookie: b"], "printable ASCII"),
    ],
)
def test_wrong_calls(tmp_path, monkeypatch, capsys, more, why):
    monkeypatch.chdir(tmp_path)
    Path("urls.txt").write_text("http://127.0.0.1/\n", encoding="utf-8")
    assert main(["fetch", "urls.txt", *more]) == 2
    assert why in capsys.readouterr().err


def test_a_killed_run_goes_on_where_it_was(tmp_path):
    def slow(request, _):
        time.sleep(0.03)
        return response(html(f"page {request.path}", TARGET))

    paths = [f"/{number}" for number in range(80)]
    with Site(dict.fromkeys(paths, slow)) as site:
        source, pages = listed(tmp_path, site, paths), tmp_path / "pages.warc.gz"
        call = command(site, source, pages, "-q")
        with subprocess.Popen([sys.executable, "-m", "linksift", *call]) as process:
            while len(site.requests) < 60:
                time.sleep(0.02)
            os.kill(process.pid, signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        assert not pages.exists()
        before = len(site.paths())
        assert main(call) == 0
    # What was saved, at least once a second, was not asked for again.
    assert len(site.paths()) - before < 80
    assert len(set(site.paths())) == 80
    found = list(read_pages(pages))
    assert sorted(page.url.rsplit("/", 1)[1] for page in found) == sorted(path[1:] for path in paths)
    assert all(page.error is None and b"page /" in page.html for page in found)
    assert (pd.read_csv(tmp_path / "pages.status.csv")["status"] == "ok").all()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "pages.status.csv", "pages.status.csv.meta.json", "pages.warc.gz", "pages.warc.gz.state", "urls.txt",
    ]  # fmt: skip


def test_an_interrupted_run_goes_on_with_more_urls(tmp_path):
    paths = [f"/{number}" for number in range(6)]
    with Site(dict.fromkeys(paths, response(html("x")))) as site:
        site.routes["/3"] = interrupt
        source, pages = listed(tmp_path, site, paths[:5]), tmp_path / "pages.warc.gz"
        assert main(command(site, source, pages, "-q")) == 130
        site.routes["/3"] = response(html("x"))
        time.sleep(0.1)
        assert main(command(site, listed(tmp_path, site, paths[1:]), pages, "-q")) == 0
    assert (pd.read_csv(tmp_path / "pages.status.csv")["url"].str[-2:] == paths[1:]).all()
    assert {page.url[-2:] for page in read_pages(pages)} >= set(paths[1:])


async def interrupt(_, send):
    os.kill(os.getpid(), signal.SIGINT)
    # The answer stays out until the run has seen the signal; else a slow machine could finish first.
    await asyncio.sleep(2)
