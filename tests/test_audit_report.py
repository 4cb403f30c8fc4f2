"""The report: nothing from the web gets out of its place, and it works in a real browser."""

import base64
import csv
import hashlib
import html
import io
import json
import re
import shutil
import subprocess

import lxml.html
import pytest

from linksift.cli import main
from linksift.decisions import read_decisions
from linksift.disavow.hosts import load_rules
from linksift.disavow.lint import count_errors, lint
from linksift.disavow.listfile import read_list_file

HEADER = "url,target_url,anchor,title,first_seen,lost,semrush_toxic_score,language"
HOSTILE = (
    "</script><script>window.broken = 1</script>",
    "<img src=x onerror='window.broken = 1'>",
    '"><svg onload=window.broken=1>',
    "{{ 7 * 7 }}{% raw %}",
    "<!--<script>",
    "]]>\u2028\u2029\u202e'\"`${window.broken = 1}",
    '=HYPERLINK("https://e.example")',
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")


def write_export(path, rows):
    with path.open("w", newline="", encoding="utf-8") as handle:
        out = csv.writer(handle)
        out.writerow(HEADER.split(","))
        out.writerows(rows)
    return path


@pytest.fixture(scope="module")
def report(tmp_path_factory, small_model):
    """The report of an export whose every text is hostile."""
    folder = tmp_path_factory.mktemp("report")
    rows = [
        [f"https://host{at % 40}.com/p{at}?q={text}", f"https://bakery.example/{text}", text, f"{text} one two three", "2025-03-01",
         "false", str(at % 100), text]
        for at, text in enumerate(HOSTILE * 20)
    ]  # fmt: skip
    rows.append(["javascript:window.broken=1", "https://bakery.example/", "x", "y", "2025-03-01", "true", "5", "en"])
    export = write_export(folder / "<b>links.csv", rows)
    decisions = folder / "d.csv"
    decisions.write_text("domain,decision,when,why\nhost1.com,keep,2026-01-01,</script><b>\n", encoding="utf-8")
    arguments = [
        "audit",
        export,
        "--site",
        "bakery.example",
        "-o",
        folder / "audit",
        "-m",
        small_model,
        "--decisions",
        decisions,
    ]
    assert main([*map(str, arguments), "--built-links", "--date", "2026-03-01", "--jobs", "1"]) == 0
    return folder / "audit" / "report.html"


def test_only_the_own_script_and_style_are_in_the_page(report):
    page = lxml.html.fromstring(report.read_bytes())
    scripts = page.xpath("//script")
    assert [one.get("type") for one in scripts] == ["application/json", None]
    assert len(page.xpath("//style")) == 1
    assert not page.xpath("//@*[starts-with(name(), 'on')] | //@style | //@src | //img | //iframe | //link | //base")
    assert not page.xpath("//a[not(starts-with(@href, '#'))]")
    assert "window.broken" not in "".join(one.text or "" for one in scripts[1:])


def test_the_policy_allows_nothing_else(report):
    page = lxml.html.fromstring(report.read_bytes())
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))

    def hashed(element):
        return f"'sha256-{base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()}'"

    assert rules == {
        "default-src": "'none'",
        "style-src": hashed(page.xpath("//style")[0]),
        "script-src": hashed(page.xpath("//script[not(@type)]")[0]),
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_the_data_cannot_end_its_script_and_holds_the_texts_unchanged(report):
    text = report.read_text(encoding="utf-8")
    raw = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL).group(1)
    assert not set("<>&") & set(raw)
    data = json.loads(raw)
    anchors = {row[data["link_fields"].index("anchor")] for row in data["links"]}
    assert set(HOSTILE) <= anchors


def test_what_the_template_shows_of_the_web_is_escaped(report):
    page = lxml.html.fromstring(report.read_bytes())
    shown = page.text_content()
    assert "<b>links.csv" in shown
    assert "49{% raw %}" not in shown
    assert any("<img src=x" in text for text in page.xpath("//section[@id='campaigns']//bdi/text()"))


def driven(report, folder, steps):
    """Run `steps` in a real browser, under the report's own policy, and return what they and the page said."""
    checks = [
        """window.said = {errors: []};
        addEventListener("error", (e) => said.errors.push(String(e.message)));
        addEventListener("securitypolicyviolation", (e) => said.errors.push("policy: " + e.violatedDirective + " " + e.blockedURI));
        const real = console.error; console.error = (...all) => { said.errors.push(all.join(" ")); real(...all); };""",
        """(async () => {
        const pause = (ms) => new Promise((done) => setTimeout(done, ms));
        const files = {};
        const make = URL.createObjectURL;
        URL.createObjectURL = (blob) => { files.last = blob; return make(blob); };
        const $ = (query) => document.querySelector(query);
        const set = (query, value) => { const box = $(query); box.value = value; box.dispatchEvent(new Event("input", {bubbles: true}));
          box.dispatchEvent(new Event("change", {bubbles: true})); };
        try {""" + steps + """} catch (error) { said.errors.push("step: " + error); }
        said.broken = window.broken === undefined ? null : window.broken;
        const out = document.createElement("pre"); out.id = "out"; out.textContent = JSON.stringify(said); document.body.append(out);
        })();""",
    ]  # fmt: skip
    hashes = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in checks]
    text = report.read_text(encoding="utf-8")
    allowed = "script-src " + " ".join(f"&#39;sha256-{one}&#39;" for one in hashes) + " "
    text = text.replace("script-src ", allowed, 1)
    assert allowed in text
    # After the policy: what stands above it would be under none.
    text = text.replace('<meta name="referrer"', f'<script>{checks[0]}</script><meta name="referrer"', 1)
    end = text.rindex("</body>")
    driven_page = folder / "driven.html"
    driven_page.write_text(f"{text[:end]}<script>{checks[1]}</script>{text[end:]}", encoding="utf-8")
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000", f"--user-data-dir={folder / 'profile'}",
        "--window-size=1300,900", "--dump-dom", driven_page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    # Not by a parser: those of lxml stop within the data of a large report.
    out = re.search(r'<pre id="out">(.*?)</pre>', done.stdout.decode("utf-8"), re.DOTALL)
    return json.loads(html.unescape(out.group(1)))


@needs_browser
def test_the_page_loads_filters_sorts_and_opens_a_row(report, tmp_path):
    said = driven(report, tmp_path, """
        const rows = () => document.querySelectorAll("#links-section tbody tr:not(.more)").length;
        const status = () => $("#links-section [role=status]").textContent;
        said.all = status(); said.rows = rows();
        set("#links-section input[name=text]", "host7.com"); await pause(400);
        said.filtered = status();
        set("#links-section input[name=text]", "no such thing"); await pause(400);
        said.none = status();
        set("#links-section input[name=text]", ""); await pause(400);
        const button = [...document.querySelectorAll("#links-section thead button")].find((one) => one.textContent === "Harmful");
        button.click();
        said.sort = button.parentElement.getAttribute("aria-sort");
        button.click();
        said.again = button.parentElement.getAttribute("aria-sort");
        $("#links-section .pager [data-step='1']").click();
        said.page = $("#links-section .pager span").textContent;
        const more = $("#links-section tbody button[aria-expanded]"); more.click();
        said.open = more.getAttribute("aria-expanded") + " " + $("#links-section tr.more:not([hidden])").textContent.includes("Judged from");
        said.hrefs = [...document.querySelectorAll("tbody a")].every((one) => one.protocol === "https:" || one.protocol === "http:");
    """)  # fmt: skip
    assert said["errors"] == []
    assert said["broken"] is None
    assert said["all"] == "140 of 140 shown"
    assert said["rows"] == 50
    assert said["filtered"] == "4 of 140 shown"
    assert said["none"] == "0 of 140 shown"
    assert (said["sort"], said["again"]) == ("descending", "ascending")
    assert said["page"] == "page 2 of 3"
    assert said["open"] == "true true"
    assert said["hrefs"] is True


@needs_browser
def test_decisions_set_in_the_page_come_out_as_files_that_the_commands_read(report, tmp_path):
    said = driven(report, tmp_path, """
        set("#who", "=me");
        const choose = (section, key, value) => { const box = [...document.querySelectorAll(section + " select[data-key]")]
          .find((one) => one.dataset.key === key); box.value = value; box.dispatchEvent(new Event("change", {bubbles: true})); };
        choose("#domains", "d:host2.com", "disavow");
        choose("#domains", "d:host3.com", "removal_asked");
        const box = document.querySelector("#links-section select[data-key^='u:https://host']");
        said.url = box.dataset.key.slice(2);
        choose("#links-section", box.dataset.key, "disavow");
        $("#get-decisions").click();
        said.csv = await files.last.text();
        said.enabled = !$("#get-disavow").disabled;
        $("#get-disavow").click();
        said.list = await files.last.text();
        choose("#links-section", box.dataset.key, "");
        choose("#domains", "d:host2.com", "");
        delete files.last;
        $("#get-disavow").click();
        said.nothing = files.last === undefined && $("#said").textContent;
    """)  # fmt: skip
    assert said["errors"] == []
    path = tmp_path / "decisions.csv"
    path.write_bytes(said["csv"].encode())
    found = read_decisions([path])
    assert found.problems == []
    chosen = {one.domain: one.decision for one in found.all if one.domain}
    assert chosen == {"host1.com": "keep", "host2.com": "disavow", "host3.com": "removal_asked"}
    assert found.of(said["url"]).decision == "disavow"
    assert [row["who"] for row in csv.DictReader(io.StringIO(said["csv"]))][1] == "'=me"
    assert said["enabled"] is True  # --built-links was given
    (tmp_path / "disavow.txt").write_bytes(said["list"].encode())
    listed = read_list_file(tmp_path / "disavow.txt")
    assert "domain:host2.com" in said["list"].splitlines()
    assert count_errors(lint(listed, load_rules(["bakery.example"]))) == 0
    assert said["nothing"].startswith("Nothing is to be disavowed")


@needs_browser
@pytest.mark.full
def test_fifty_thousand_links_are_filtered_at_once(tmp_path, small_model):
    rows = (
        [
            f"https://host{at % 5000}.com/page-{at}",
            "https://bakery.example/",
            f"anchor {at}",
            f"A title {at}",
            "",
            "",
            "",
            "",
        ]
        for at in range(50_000)
    )
    export = write_export(tmp_path / "many.csv", rows)
    arguments = [
        "audit",
        export,
        "--site",
        "bakery.example",
        "-o",
        tmp_path / "audit",
        "-m",
        small_model,
        "--jobs",
        "1",
    ]
    assert main([*map(str, arguments)]) == 0
    said = driven(tmp_path / "audit" / "report.html", tmp_path, """
        set("#links-section input[name=text]", "anchor 49999");
        await pause(400);
        said.status = $("#links-section [role=status]").textContent;
    """)  # fmt: skip
    assert said["errors"] == []
    assert said["status"] == "1 of 50,000 shown"
