import codecs
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linksift.disavow.codes import SEVERITIES
from linksift.disavow.entry import MAX_BYTES, MAX_LINES, Entry, is_host, listed_url
from linksift.disavow.hosts import REASONS, load_rules
from linksift.disavow.lines import read_line
from linksift.disavow.lint import count_errors, lint, summary
from linksift.disavow.listfile import parse_text, read_list_file
from linksift.disavow.tidy import tidy
from linksift.errors import InputError
from linksift.io.disavow import parse_list


@pytest.fixture(scope="module")
def rules():
    return load_rules(["mine.com"])


def codes(text, rules):
    return [finding.code for finding in lint(parse_text(text), rules)]


def tidied(text, drop=lambda entry: None):
    return "".join(f"{line}\n" for line in tidy(parse_text(text), drop).lines)


LINES = [
    ("domain:spam.com", [], "domain:spam.com"),
    ("domain:a.b.spam.co.uk", [], "domain:a.b.spam.co.uk"),
    ("https://spam.com/page?a=1,2;3", [], "https://spam.com/page?a=1,2;3"),
    ("https://spam.com/a_(b)", [], "https://spam.com/a_(b)"),
    ("# a comment", [], "# a comment"),
    ("", [], ""),
    ("  domain:spam.com ", ["outer-space"], "domain:spam.com"),
    ("\ufeffdomain:spam.com", ["control-character"], "domain:spam.com"),
    ("domain:sp\u200bam.com", ["control-character"], "domain:spam.com"),
    ("# \u00e9t\u00e9", ["non-ascii-comment"], "# \u00e9t\u00e9"),
    ("domain:spam.com # sold links", ["late-comment"], "# sold links\ndomain:spam.com"),
    ("Domain:spam.com", ["prefix-case"], "domain:spam.com"),
    ("domain: spam.com", ["space-at-colon"], "domain:spam.com"),
    ("domain :spam.com", ["space-at-colon"], "domain:spam.com"),
    ("spam.com", ["no-prefix"], "domain:spam.com"),
    ("domain:https://spam.com/x?y", ["url-after-domain"], "domain:spam.com"),
    ("domain:spam.com/x", ["url-after-domain"], "domain:spam.com"),
    ("domain://spam.com", ["url-after-domain"], "domain:spam.com"),
    ("domain:spam.com:8080", ["port"], "domain:spam.com"),
    ("domain:*.spam.com", ["wildcard"], "domain:spam.com"),
    ("domain:spam.com.", ["stray-punctuation"], "domain:spam.com"),
    ('"domain:spam.com",', ["stray-punctuation"], "domain:spam.com"),
    ("<https://spam.com/x>", ["stray-punctuation"], "https://spam.com/x"),
    ("domain:spam.com domain:junk.com", ["several-on-a-line"], "domain:spam.com\ndomain:junk.com"),
    ("domain:spam.com,https://junk.com/x", ["several-on-a-line"], "domain:spam.com\nhttps://junk.com/x"),
    ("domain:www.spam.com", ["www"], "domain:spam.com"),
    ("domain:www.blogspot.com", ["platform"], "domain:www.blogspot.com"),
    ("domain:b\u00fccher.com", ["unicode-host"], "domain:xn--bcher-kva.com"),
    ("domain:10.1.2.3", ["ip-address"], "domain:10.1.2.3"),
    ("domain:spam.nosuchtld", ["unknown-suffix"], "domain:spam.nosuchtld"),
    ("HTTPS://Spam.com/x#top", ["fragment"], "https://spam.com/x"),
    ("https://spam.com/\u00e9", ["unicode-url"], "https://spam.com/%C3%A9"),
    ("https://spam.com/en/", ["one-page"], "https://spam.com/en/"),
    ("https://spam.com", ["one-page"], "https://spam.com/"),
    ("domain:user.tumblr.com", [], "domain:user.tumblr.com"),
    ("domain:tumblr.com", ["platform"], "domain:tumblr.com"),
    ("domain:nytimes.com", ["reputable"], "domain:nytimes.com"),
    ("domain:lab.uni.edu", ["reputable"], "domain:lab.uni.edu"),
    ("domain:dept.uni.ac.uk", ["reputable"], "domain:dept.uni.ac.uk"),
    ("domain:spam.ac", [], "domain:spam.ac"),
    ("domain:mine.com", ["own-site"], "domain:mine.com"),
    ("https://blog.mine.com/x", ["own-site"], "https://blog.mine.com/x"),
]


@pytest.mark.parametrize(("line", "expected", "after"), LINES)
def test_lines_that_mean_something(line, expected, after, rules):
    found = set(codes(f"{line}\n", rules)) - {"no-entries"}
    assert found == set(expected)
    assert tidied(f"{line}\n") == f"{after}\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("domain:", "no-host"),
        ("domain:store", "public-suffix"),
        ("domain:nosuchtld", "single-label"),
        ("domain:org.br", "public-suffix"),
        ("domain:pages.dev", "private-suffix"),
        ("domain:*.blogspot.com", "private-suffix"),
        ("domain:90+ sites for sale", "not-an-entry"),
        ("domain:user@spam.com", "bad-host"),
        ("domain:sp..am.com", "bad-host"),
        ("domain:" + "a" * 64 + ".com", "bad-host"),
        ("spam.com/page.html", "no-scheme"),
        ("cheap links here", "not-an-entry"),
        ("spam@mail", "not-an-entry"),
        ("ftp://spam.com/", "not-an-entry"),
        (",,,", "not-an-entry"),
        ("https:///x", "bad-url"),
        ("https://spam.com:port/", "bad-url"),
        ("https://spam.com/a b", "space-in-url"),
        ("https://spam.com/en/*", "wildcard"),
        ("https://spam.com/" + "a" * 2_032, "long-url"),
    ],
)
def test_lines_of_which_nothing_can_be_made(line, expected, rules):
    found = codes(f"{line}\ndomain:spam.com\n", rules)
    assert expected in found
    assert SEVERITIES[expected] == "error"
    after = tidied(f"{line}\ndomain:spam.com\n")
    assert after.startswith(f"# left out by linksift ({expected}): ")
    assert count_errors(lint(parse_text(after), rules)) == 0


def test_the_longest_url():
    url = "https://spam.com/" + "a" * 2_031
    assert len(url) == 2_048
    assert read_line(url).entries == [Entry(url=url)]


def test_repeats_and_what_a_domain_covers(rules):
    text = "domain:spam.com\ndomain:SPAM.com\ndomain:sub.spam.com\nhttps://x.spam.com/y\nhttps://ok.com/a\nhttps://ok.com/a\n"
    findings = lint(parse_text(text), rules)
    assert [(f.line, f.code) for f in findings] == [(2, "duplicate"), (3, "covered"), (4, "covered"), (6, "duplicate")]
    assert findings[0].message == "stands in line 1 already"
    assert tidied(text) == "domain:spam.com\nhttps://ok.com/a\n"


def test_a_site_that_looks_like_the_one_in_the_heading(rules):
    heading = "# Disavow file of rosebakery-shop.com\n# domain:other-rosebakery.com was taken out\n"
    assert codes(heading + "domain:rosebakery.com\ndomain:spam.com\n", rules) == ["possible-own-site"]
    assert codes("domain:spam.com\n# rosebakery-shop.com\ndomain:rosebakery.com\n", rules) == []


def test_ends_of_lines(rules):
    assert codes("domain:spam.com", rules) == ["no-final-newline"]
    assert codes("domain:spam.com\r\ndomain:junk.com\r\n", rules) == ["line-ends"]
    mixed = lint(parse_text("domain:spam.com\ndomain:a.com\rdomain:junk.com\n"), rules)
    assert [(f.line, f.code) for f in mixed] == [(2, "line-ends")]
    assert tidied("domain:spam.com\r\rdomain:junk.com") == "domain:spam.com\n\ndomain:junk.com\n"


def test_a_file_without_entries(rules):
    assert codes("# nothing\n", rules) == ["no-entries"]


def test_every_finding_has_its_line(rules):
    text = "# x\n\ndomain:spam.com\n domain: junk.com\n"
    assert [(f.line, f.code) for f in lint(parse_text(text), rules)] == [(4, "outer-space"), (4, "space-at-colon")]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("d.txt", b"domain:spam.com\n", []),
        ("d.csv", b"domain:spam.com\n", [(0, "file-name")]),
        ("d.txt", codecs.BOM_UTF8 + b"domain:spam.com\n", [(1, "bom")]),
        ("d.txt", b"domain:spam.com\n# caf\xe9\n", [(2, "encoding"), (2, "non-ascii-comment")]),
        ("d.txt", "domain:spam.com\n".encode("utf-16"), [(1, "encoding")]),
        ("d.txt", "domain:spam.com\n".encode("utf-16-le"), [(1, "encoding")]),
        ("d.txt", b"# x\n" * MAX_LINES + b"domain:spam.com\n", [(MAX_LINES + 1, "too-many-lines")]),
        ("d.txt", b"#" + b"x" * MAX_BYTES + b"\ndomain:spam.com\n", [(0, "too-large")]),
    ],
)
def test_files(tmp_path, rules, name, content, expected):
    path = tmp_path / name
    path.write_bytes(content)
    found = read_list_file(path)
    assert [(f.line, f.code) for f in lint(found, rules)] == expected
    assert [entry for _, entry in found.entries()] == [Entry(domain="spam.com")]


@pytest.mark.parametrize(("content", "message"), [(b"", "empty"), (b"PK\x03\x04zip", "workbook")])
def test_no_text(tmp_path, content, message):
    path = tmp_path / "d.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_list_file(path)


def test_every_code_of_a_host_has_words():
    assert REASONS.keys() <= SEVERITIES.keys()


def test_what_speaks_against_a_host():
    rules = load_rules(["shop.mine.com", "https://www.other.com/"])
    against = {
        host: rules.against(host)
        for host in [
            "shop.mine.com", "mine.com", "x.mine.com", "www.other.com", "blogspot.com", "x.blogspot.com", "google.com",
            "www.facebook.com", "com", "1.2.3.4", "spam.com", "bbc.co.uk", "spam.nosuchtld",
        ]
    }  # fmt: skip
    assert {host: code for host, code in against.items() if code} == {
        "shop.mine.com": "own-site",
        "mine.com": "own-site",
        "www.other.com": "own-site",
        "blogspot.com": "private-suffix",
        "google.com": "platform",
        "www.facebook.com": "platform",
        "com": "public-suffix",
        "1.2.3.4": "ip-address",
        "bbc.co.uk": "reputable",
    }


def test_own_sites_that_are_none():
    with pytest.raises(InputError, match="--own-sites"):
        load_rules(["co.uk"])


def test_a_drop_takes_out_entries():
    text = "# mine\ndomain:mine.com\nhttps://x.mine.com/a\ndomain:spam.com\n"
    found = tidy(parse_text(text), lambda entry: "own" if entry.host.endswith("mine.com") else None)
    assert found.lines == ["# mine", "domain:spam.com"]
    assert [(entry.line, why) for entry, why in found.dropped] == [
        ("domain:mine.com", "own"),
        ("https://x.mine.com/a", "own"),
    ]


def test_summary_is_worst_first(rules):
    text = "domain:spam.com\ndomain: a.com\ndomain:store\ndomain:spam.com"
    assert (
        summary(lint(parse_text(text), rules)) == "space-at-colon 1, public-suffix 1, duplicate 1, no-final-newline 1"
    )


FRAGMENTS = st.sampled_from(
    ["domain:", "Domain: ", "https://", "www.", "spam.com", "co.uk", "blogspot.com", "é", "한국", "/", "?", "#", " #", ",",
     ";", "*", ":", ".", " ", "\t", "\x00", "\u200b", "\u2028", "\xa0", '"', "\r", "\n", "\r\n", "xn--", "a" * 70, "1.2.3.4",
     "[::1]", "@", "%", "%zz", "|", "\\", "'", "(", ")", "-", "_"]
)  # fmt: skip
LISTS = st.lists(FRAGMENTS | st.text(max_size=3), max_size=40).map("".join)


@settings(max_examples=400)
@given(LISTS)
def test_a_tidied_file_has_no_error_and_stays_as_it_is(text):
    rules = load_rules()
    once = tidied(text)
    left = [finding for finding in lint(parse_text(once), rules) if finding.severity == "error"]
    assert left == []
    assert tidied(once) == once
    assert [e for _, e in parse_text(once).entries()] == tidy(parse_text(text), lambda entry: None).entries


@given(st.lists(st.sampled_from(["spam.com", "a.spam.com", "junk.co.uk", "xn--bcher-kva.com"]), max_size=8))
def test_the_label_reader_reads_a_tidied_file_alike(domains):
    text = tidied("".join(f"Domain: {domain}\n" for domain in domains))
    parsed = parse_list(text.splitlines())
    assert parsed.problems == []
    assert [entry.domain for entry in parsed.entries] == [e.domain for _, e in parse_text(text).entries()]


@settings(max_examples=300)
@given(st.lists(FRAGMENTS, max_size=12).map("".join))
def test_a_listed_url_is_its_own_spelling(text):
    url = listed_url("https://spam.com/" + text)
    if url is not None:
        assert url.isascii() and listed_url(url) == url
        assert read_line(url).entries == [Entry(url=url)]


@given(st.text(max_size=30))
def test_no_odd_host(text):
    if is_host(text):
        assert text.isascii() and not any(c.isspace() or c in "/#?@" for c in text)


# What stands in the real files, by the survey of them: defect -> the files that have it.
REAL = {
    "no-final-newline": ["OneWorknoon", "Vuongsinguyen", "keriganmarketing", "mertcangokgoz", "pixelwavemarketing"],
    "non-ascii-comment": ["coolrecep", "gax8627", "petralian"],
    "www": ["andsilver", "coolrecep", "mertcangokgoz", "petralian"],
    "ip-address": ["andsilver", "keriganmarketing", "mertcangokgoz"],
    "public-suffix": ["Dralon", "coolrecep", "gax8627", "mertcangokgoz", "pixelwavemarketing"],
    "private-suffix": ["Dralon", "mertcangokgoz"],
    "single-label": ["gax8627"],
    "space-at-colon": ["jerrylee", "pixelwavemarketing"],
    "prefix-case": ["pixelwavemarketing"],
    "unicode-host": ["coolrecep", "mertcangokgoz"],
    "duplicate": ["OneWorknoon", "coolrecep", "mertcangokgoz", "petralian"],
    "line-ends": ["coolrecep", "keriganmarketing"],
    "url-after-domain": ["Dralon"],
    "not-an-entry": ["petralian"],
    "possible-own-site": ["Vuongsinguyen"],
    "one-page": ["OneWorknoon"],
}


def test_the_defects_of_the_real_files(shared):
    rules = load_rules()
    found = {}
    for path in sorted((shared / "exports" / "disavow").glob("*.txt")):
        listed = read_list_file(path)
        for code in Counter(finding.code for finding in lint(listed, rules)):
            found.setdefault(code, []).append(path.name)
        after = "".join(f"{line}\n" for line in tidy(listed, lambda entry: None).lines)
        assert count_errors(lint(parse_text(after), rules)) == 0, path.name
    assert {code: [next((n for n in found.get(code, []) if n.startswith(start)), None) is not None for start in starts]
            for code, starts in REAL.items()} == {code: [True] * len(starts) for code, starts in REAL.items()}  # fmt: skip


def test_the_owners_domain_in_a_real_file(shared):
    path = next((shared / "exports" / "disavow").glob("Vuongsinguyen*"))
    findings = lint(read_list_file(path), load_rules(["vybrows.com"]))
    assert [(f.line, f.severity) for f in findings if f.code == "own-site"] == [(25, "error")]
