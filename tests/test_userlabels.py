from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linksift.errors import InputError, LabelError
from linksift.io.disavow import parse_list
from linksift.io.userlabels import read_keep, read_labels

DISAVOW = Path(__file__).parents[1].parent / "shared" / "exports" / "disavow"


@pytest.fixture
def file(tmp_path):
    def write(content, name="labels.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def pairs(result):
    return [(label.url or label.domain, label.label) for label in result.labels]


def test_csv(file):
    path = file(
        "URL,Label,target,anchor,title,note\n"
        "HTTPS://A.example,Harmful,https://t.example/,x,T,hm\n"
        "https://b.example/p#f,KEEP,,,,\n"
        "https://c.example/,disavow,,,,\n"
        "https://d.example/,toxic,,,,\n"
        "https://e.example/,,,,,\n"
        "ftp://f.example/,neutral,,,,\n"
        "https://g.example/,neutral\n"
    )
    result = read_labels([path])
    assert pairs(result) == [
        ("https://a.example/", "harmful"),
        ("https://b.example/p", "valuable"),
        ("https://c.example/", "harmful"),
    ]
    first = result.labels[0]
    assert (first.source, first.where, first.target_url) == ("user_label", "labels.csv:2", "https://t.example/")
    assert (first.anchor, first.title, first.domain) == ("x", "T", None)
    assert result.labels[1].anchor is None
    assert result.problems == [
        "labels.csv:5: 'toxic' is not a class (harmful, neutral, valuable): line left out",
        "labels.csv:7: 'ftp://f.example/' is no http(s) URL: line left out",
        "labels.csv:8: the row has 2 fields, the header has 6: line left out",
        "labels.csv: rows without a label, left out: 1",
    ]


def test_csv_of_domains(file):
    result = read_labels([file("domain;class\nwww.A.example;neutral\nco.uk;harmful\nno domain;harmful\n")])
    assert pairs(result) == [("a.example", "neutral")]
    assert len(result.problems) == 2


@pytest.mark.parametrize(
    "content", ["url,anchor\nhttps://a.example/,x\n", "label,anchor\nharmful,x\n", "label\nharmful\n"]
)
def test_a_csv_without_the_columns_is_refused(file, content):
    with pytest.raises(LabelError, match="needs a column label"):
        read_labels([file(content)])


def test_disavow_defects(file):
    content = (
        "\ufeff# from a tool\r\n\r\ndomain: space.com\r\nDomain:Capital.com\r\nDOMAIN : both.com # why\r\n"
        "domain:www.site.com\r\ndomain:203.0.113.7\r\ndomain:https://deep.com/a/b\r\ndomain:sub.host.com\r\n"
        "domain:m\u00fcnchen.de\r\nhttps://page.com/x\r\ndomain:user.blogspot.com\r\n"
        "domain:org.br\r\ndomain:shop\r\ndomain:pages.dev\r\ndomain:000+ sites for links\r\ndomain:\r\nbare.com\r\njunk here"
    )
    result = read_labels([file(content, "disavow.txt")])
    assert [value for value, _ in pairs(result)] == [
        "space.com",
        "capital.com",
        "both.com",
        "site.com",
        "203.0.113.7",
        "deep.com",
        "sub.host.com",
        "xn--mnchen-3ya.de",
        "https://page.com/x",
        "user.blogspot.com",
    ]
    assert {label.label for label in result.labels} == {"harmful"}
    assert {label.source for label in result.labels} == {"user_disavow"}
    assert result.labels[0].where == "disavow.txt:3"
    assert [problem.split(":")[1] for problem in result.problems] == ["13", "14", "15", "16", "17", "18", "19"]
    assert "'org.br' is a public suffix" in result.problems[0]


def test_keep_list_as_labels(file):
    result = read_labels([file("# keep: our partners\npartner.com\ndomain:friend.com\nhttps://a.com/x\n", "keep.txt")])
    assert pairs(result) == [
        ("partner.com", "valuable"),
        ("friend.com", "valuable"),
        ("https://a.com/x", "valuable"),
    ]
    assert {label.source for label in result.labels} == {"user_keep"}


def test_bare_hosts_without_a_word_are_ambiguous(file):
    with pytest.raises(LabelError, match=r"# keep.*domain:"):
        read_labels([file("# partners\na.com\nb.com\n", "x.txt")])


def test_contradictions_are_left_out_and_name_both_places(file):
    one = file("url,label\nhttps://a.com/x,harmful\nhttps://b.com/,neutral\n", "one.csv")
    two = file("https://A.com/x#top\ndomain:c.com\n", "two.txt")
    three = file("domain,label\nc.com,valuable\na.com,valuable\n", "three.csv")
    again = file("url,label\nhttps://a.com/x,valuable\n", "again.csv")
    result = read_labels([one, two, three, again])
    assert pairs(result) == [("https://b.com/", "neutral"), ("a.com", "valuable")]
    assert result.problems == [
        "c.com: is harmful in two.txt:2 and valuable in three.csv:2: both left out",
        "https://a.com/x: is harmful in one.csv:2 and valuable in again.csv:2: both left out",
    ] or result.problems == [
        "https://a.com/x: is harmful in one.csv:2 and valuable in again.csv:2: both left out",
        "c.com: is harmful in two.txt:2 and valuable in three.csv:2: both left out",
    ]


def test_the_same_label_twice_counts_once(file):
    result = read_labels([file("domain:a.com\ndomain:a.com\nDomain: www.a.com\n", "d.txt")])
    assert pairs(result) == [("a.com", "harmful")]
    assert result.problems == []


def test_one_page_with_two_targets_may_have_two_classes(file):
    content = "url,target,label\nhttps://a.com/,https://t.com/1,harmful\nhttps://a.com/,https://t.com/2,neutral\n"
    assert len(read_labels([file(content)]).labels) == 2


@pytest.mark.parametrize("content", ["# nothing\n", "domain:org.br\n", "url,label\nhttps://a.com/,toxic\n", "???\n"])
def test_nothing_usable(file, content):
    with pytest.raises(LabelError):
        read_labels([file(content)])


def test_only_contradictions(file):
    with pytest.raises(LabelError, match="contradicted"):
        read_labels([file("url,label\nhttps://a.com/,harmful\nhttps://a.com/,neutral\n")])


def test_missing_and_empty(file, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_labels([tmp_path / "none.csv"])
    with pytest.raises(InputError, match="empty"):
        read_labels([file(b"")])


def test_keep(file):
    keep = read_keep(file("partner.com\ndomain:www.friend.com\nhttps://a.com/x\nm\u00fcnchen.de\nco.uk\n", "keep.txt"))
    assert keep.covers("https://partner.com/any", None)
    assert keep.covers("https://www.partner.com/any", None)
    assert keep.covers("https://blog.friend.com/", None)
    assert keep.covers("https://a.com/x#f", None)
    assert keep.covers("https://xn--mnchen-3ya.de/", None)
    assert keep.covers("https://m\u00fcnchen.de/", None)
    assert keep.covers(None, "partner.com")
    assert not keep.covers("https://a.com/y", None)
    assert not keep.covers("https://notpartner.com/", None)
    assert not keep.covers("https://partner.com.evil.net/", None)
    assert not keep.covers("https://x.co.uk/", None)
    assert not keep.covers(None, None)
    assert keep.problems == ("keep.txt:5: 'co.uk' is a public suffix, not one site: line left out",)


def test_keep_from_a_csv_of_labels(file):
    keep = read_keep(file("url,domain,label\nhttps://a.com/x,,keep\n,b.com,valuable\n,c.com,harmful\n"))
    assert (keep.urls, keep.domains) == ({"https://a.com/x"}, {"b.com"})


def test_an_empty_keep_list_is_refused(file):
    with pytest.raises(LabelError, match="names no domain"):
        read_keep(file("# keep\n", "keep.txt"))


line = st.one_of(
    st.sampled_from(
        ["# keep", "domain:a.com", "domain: ", "https://a.com/", "https://[", "a.com", "label,url", "harmful,x"]
    ),
    st.text(max_size=30),
)


@given(st.lists(line, max_size=12))
@settings(deadline=None)
def test_every_line_of_a_list_goes_somewhere(rows):
    found = parse_list(rows)
    places = [entry.line for entry in [*found.entries, *found.bare_hosts]] + [place for place, _ in found.problems]
    assert len(places) == len(set(places))
    blank_or_comment = [
        number
        for number, text in enumerate(rows, start=1)
        if not text.strip("\ufeff \t\r\n\x0b\x0c\u00a0") or text.strip("\ufeff \t\r\n\x0b\x0c\u00a0").startswith("#")
    ]
    assert sorted(places + blank_or_comment) == list(range(1, len(rows) + 1))


@given(st.one_of(st.binary(max_size=200), st.lists(line, max_size=8).map(lambda rows: "\n".join(rows).encode())))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_labels_or_an_input_error(tmp_path, content):
    path = tmp_path / "x.txt"
    path.write_bytes(content)
    for read in (lambda: read_labels([path]), lambda: read_keep(path)):
        try:
            assert read()
        except InputError as error:
            assert str(error)


@pytest.mark.skipif(not DISAVOW.is_dir(), reason="the folder of real disavow files is not here")
def test_real_disavow_files():
    for path in sorted(DISAVOW.glob("*.txt")):
        result = read_labels([path])
        text = path.read_text(encoding="utf-8")
        rows = [row.strip() for row in text.splitlines() if row.strip() and not row.strip().startswith("#")]
        assert 0 < len(result.labels) <= len(rows)
        assert len(result.labels) + len(result.problems) >= 0.8 * len(set(rows))
