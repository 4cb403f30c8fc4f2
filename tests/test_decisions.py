import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linksift.decisions import Decisions, apply_decisions, decision_labels, read_decisions, write_decisions
from linksift.errors import InputError, LabelError
from linksift.io.decisionfile import CHOICES, Decision
from linksift.io.userlabels import KeepList, read_keep, read_labels

HEADER = "url,domain,decision,who,when,why\n"


@pytest.fixture
def file(tmp_path):
    def write(text, name="decisions.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def pairs(decisions):
    return [(one.about, one.decision) for one in decisions.all]


def test_read(file):
    path = file(
        HEADER
        + "HTTPS://A.example/x#y,,Keep,anna,2026-01-02,a partner\n"
        + ",www.B.example,DISAVOW,,,\n"
        + "https://c.example/p,c.example,Removal asked,bo,2026-01-02T10:00:00Z,mailed\n"
        + ",d.example,,,,\n"
    )
    found = read_decisions([path])
    assert pairs(found) == [
        ("https://a.example/x", "keep"),
        ("domain:b.example", "disavow"),
        ("https://c.example/p", "removal_asked"),
    ]
    first = found.all[0]
    assert (first.who, first.when, first.why, first.where) == ("anna", "2026-01-02", "a partner", "decisions.csv:2")
    assert found.problems == []


def test_columns_in_any_order_and_other_delimiters(file):
    found = read_decisions([file("Decision;note;Domain\ndisavow;x;a.example\n")])
    assert pairs(found) == [("domain:a.example", "disavow")]


def test_bad_lines_are_reported_and_cost_no_other_line(file):
    path = file(
        HEADER
        + ",a.example,delete,,,\n"
        + ",,keep,,,\n"
        + "ftp://a.example/,,keep,,,\n"
        + ",co.uk,keep,,,\n"
        + ",a.example,keep\n"
        + "https://a.example/,b.example,keep,,,\n"
        + ",c.example,keep,,last week,\n"
        + ",d.example,keep,,,\n"
    )
    found = read_decisions([path])
    assert pairs(found) == [("domain:c.example", "keep"), ("domain:d.example", "keep")]
    assert found.problems == [
        "decisions.csv:2: 'delete' is no decision (keep, disavow, removal_asked, review): line left out",
        "decisions.csv:3: the row has neither a URL nor a domain: line left out",
        "decisions.csv:4: 'ftp://a.example/' is no http(s) URL: line left out",
        "decisions.csv:5: 'co.uk' is a public suffix, not one site: line left out",
        "decisions.csv:6: the row has 3 fields, the header has 6: line left out",
        "decisions.csv:7: the URL is not on the domain 'b.example': line left out",
        "decisions.csv:8: 'last week' is no ISO date such as 2026-01-31: taken as unknown",
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["keep,,2026-01-01", "disavow,,2026-02-01"], "disavow"),
        (["disavow,,2026-02-01", "keep,,2026-01-01"], "disavow"),
        (["keep,,", "disavow,,2026-02-01"], "disavow"),
        (["keep,,2026-02-01", "disavow,,2026-02-01T08:00:00+00:00"], "disavow"),
        (["keep,,", "keep,,"], "keep"),
        (["keep,,", "disavow,,"], "review"),
        (["keep,,2026-02-01", "disavow,,2026-02-01", "keep,,2026-03-01"], "keep"),
    ],
)
def test_the_latest_counts_and_a_contradiction_is_for_review(file, rows, expected):
    found = read_decisions([file("domain,decision,who,when\n" + "".join(f"a.example,{row}\n" for row in rows))])
    assert [one.decision for one in found.all] == [expected]
    assert len(found.problems) == (expected == "review")


def test_a_contradiction_names_both_places(file):
    one, other = (
        file("domain,decision\na.example,keep\n", "one.csv"),
        file("domain,decision\na.example,disavow\n", "b.csv"),
    )
    found = read_decisions([one, other])
    assert found.problems == ["domain:a.example: keep in one.csv:2 and disavow in b.csv:2, of one time: for review"]


def test_no_decisions_file(file):
    with pytest.raises(InputError, match="needs a column decision"):
        read_decisions([file("url,label\nhttps://a.example/,harmful\n")])


def test_the_most_exact_decision_is_found():
    found = Decisions(
        [
            Decision("https://a.example/p", None, "keep"),
            Decision(None, "a.example", "disavow"),
            Decision(None, "sub.a.example", "review"),
            Decision(None, "xn--bcher-kva.example", "keep"),
        ]
    )

    def of(*place):
        one = found.of(*place)
        return one and one.decision

    assert of("https://a.example/p") == "keep"
    assert of("https://www.a.example/q") == "disavow"
    assert of("https://x.sub.a.example/") == "review"
    assert of(None, "a.example") == "disavow"
    assert of("https://bücher.example/") == "keep"
    assert of("https://nota.example/") is None
    assert of(None, None) is None


def links(*rows):
    columns = ["page_url", "host", "kept", "decision"]
    return pd.DataFrame(rows, columns=columns).astype({"page_url": "string", "host": "string", "decision": "string"})


def test_who_decides():
    table = links(
        ("https://mine.example/a", "mine.example", False, "harmful"),
        ("https://blog.mine.example/a", "blog.mine.example", False, "harmful"),
        ("https://friend.example/a", "friend.example", False, "harmful"),
        ("https://vouched.example/", "vouched.example", True, "neutral"),
        ("https://spam.example/a", "spam.example", False, "valuable"),
        ("https://x.example/a", "x.example", False, "harmful"),
        ("https://y.example/a", "y.example", False, "review"),
        (pd.NA, "z.example", False, "neutral"),
    )
    decisions = Decisions(
        [Decision(None, site, "disavow", why="sold") for site in ("mine.example", "friend.example", "spam.example")]
    )
    keep = KeepList(frozenset({"friend.example"}), frozenset())
    found = apply_decisions(table, decisions, keep=keep, own_sites=["mine.example"])
    assert found["action"].tolist() == ["keep", "keep", "keep", "keep", "disavow", "disavow", "review", "none"]
    by = ["own_site", "own_site", "keep_list", "keep_list", "decision", "model", "model", "model"]
    assert found["decided_by"].tolist() == by
    assert found["decided_why"].tolist()[4] == "sold"


def test_decisions_are_labels_for_training(file):
    path = file(
        HEADER
        + ",a.example,keep,,2026-01-01,\n,a.example,disavow,,2026-02-01,\n"
        + "https://b.example/x,,keep,,,\n,c.example,review,,,\n,d.example,removal_asked,,,\n,e.example,nonsense,,,\n"
    )
    labels = read_labels([path])
    assert [(one.url or one.domain, one.label, one.source, one.where) for one in labels.labels] == [
        ("a.example", "harmful", "user_label", "decisions.csv:3"),
        ("https://b.example/x", "valuable", "user_label", "decisions.csv:4"),
    ]
    assert len(labels.problems) == 1
    assert decision_labels(read_decisions([path])).labels == labels.labels
    assert read_keep(path).urls == {"https://b.example/x"}


def test_decisions_that_say_nothing_for_training(file):
    with pytest.raises(LabelError, match="no usable label"):
        read_labels([file("domain,decision\na.example,review\n")])


text = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")), max_size=12).map(
    lambda value: value.strip() or None
)
domains = st.from_regex(r"[a-z]{1,8}\.(example|com|co\.uk)", fullmatch=True).filter(lambda name: name != "co.uk")


@given(
    st.dictionaries(
        domains,
        st.tuples(st.booleans(), st.sampled_from(CHOICES), text, st.dates() | st.datetimes() | st.none(), text),
        max_size=6,
    )
)
def test_what_is_written_is_read_back(tmp_path_factory, rows):
    written = [
        Decision(
            f"https://{name}/p" if page else None, None if page else name, choice, who, when and when.isoformat(), why
        )
        for name, (page, choice, who, when, why) in rows.items()
    ]
    path = tmp_path_factory.mktemp("d") / "decisions.csv"
    write_decisions(written, path)
    found = read_decisions([path])
    assert found.problems == []
    assert [(o.key, o.decision, o.who, o.when, o.why) for o in found.all] == [
        (o.key, o.decision, o.who, o.when, o.why) for o in written
    ]


@given(st.text(max_size=200))
def test_any_text_ends_well(tmp_path_factory, body):
    path = tmp_path_factory.mktemp("d") / "decisions.csv"
    path.write_text("domain,decision,when\n" + body, encoding="utf-8", errors="replace")
    try:
        found = read_decisions([path])
    except InputError:
        return
    assert all(one.decision in CHOICES for one in found.all)
