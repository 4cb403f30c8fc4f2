import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from linksift.decisions import Decisions, apply_decisions
from linksift.disavow.entry import MAX_BYTES, MAX_LINES, Entry
from linksift.disavow.hosts import load_rules
from linksift.disavow.kept import Kept
from linksift.disavow.lint import lint
from linksift.disavow.listfile import parse_text
from linksift.disavow.plan import Plan, is_within_limits, make_plan, render
from linksift.disavow.propose import Candidate, Proposal, propose
from linksift.disavow.scored import links_to_own_sites, scored_links
from linksift.disavow.tidy import Tidied
from linksift.errors import InputError
from linksift.io.decisionfile import Decision
from linksift.io.disavow import clean_domain
from linksift.io.userlabels import KeepList


@pytest.fixture(scope="module")
def rules():
    return load_rules(["mine.com"])


def scored(*rows, **more):
    """Links as `predict` writes them: (URL, decision) or (URL, decision, counts)."""
    table = pd.DataFrame(
        {
            "link_id": [f"row-{number}" for number in range(1, len(rows) + 1)],
            "Source url": [row[0] for row in rows],
            "label": "neutral",
            "counts": [row[2] if len(row) > 2 else True for row in rows],
            "p_harmful": [{"harmful": 0.9, "review": 0.5}.get(row[1], 0.1) for row in rows],
            "decision": [row[1] for row in rows],
            "basis": "row",
        }
        | more
    )
    return scored_links(table, "scored.csv", {"page_url": "Source url"})


def proposed(links, decisions=(), keep=(), own=("mine.com",), min_share=0.8):
    rules, listed = load_rules(own), KeepList(frozenset(keep), frozenset()) if keep else None
    said = Decisions(list(decisions))
    actions = apply_decisions(links, said, keep=listed, own_sites=rules.own)
    vouched = links["page_url"].fillna(links["host"])[links["kept"]].tolist()
    return propose(pd.concat([links, actions], axis=1), said, rules, Kept(rules, listed, said, vouched), min_share)


def lines(proposal):
    return [candidate.entry.line for candidate in proposal.candidates]


def test_a_site_as_a_whole_above_the_share_only():
    links = scored(
        *[(f"https://www.spam.com/{i}", "harmful") for i in range(4)],
        ("https://spam.com/ok", "neutral"),
        *[(f"https://mixed.com/{i}", "harmful") for i in range(3)],
        ("https://mixed.com/ok", "review"),
    )
    assert lines(proposed(links)) == [*(f"https://mixed.com/{i}" for i in range(3)), "domain:spam.com"]
    assert lines(proposed(links, min_share=0.75)) == ["domain:mixed.com", "domain:spam.com"]
    reasons = [candidate.reason for candidate in proposed(links).candidates]
    assert reasons[0] == (
        "mixed.com, page by page (below 80 % of the site): 3 of 4 seen links to be disavowed, p_harmful up to 0.900, judged from row"
    )
    assert reasons[-1] == "4 of 5 seen links to be disavowed, p_harmful up to 0.900, judged from row"


def test_the_most_frequent_reasons_are_named():
    links = scored(*[("https://spam.com/a", "harmful")] * 3)
    links["reasons"] = pd.array(["sold_links, hidden_text", "sold_links;odd", None], dtype="string")
    assert proposed(links).candidates[0].reason.endswith("judged from row: sold_links, hidden_text, odd")


def test_links_that_do_not_count_do_not_count():
    links = scored(("https://spam.com/a", "harmful"), *[("https://spam.com/b", "neutral", False)] * 9)
    assert lines(proposed(links)) == ["domain:spam.com"]


def test_never_as_a_whole():
    pages = [
        "https://user.tumblr.com/a", "https://medium.com/@x/b", "https://lab.uni.edu/c", "http://10.1.2.3/d",
        "https://forum.bbc.co.uk/e",
    ]  # fmt: skip
    links = scored(*[(page, "harmful") for page in pages], ("https://x.blogspot.com/f", "harmful"))
    assert sorted(lines(proposed(links))) == sorted([*pages, "domain:x.blogspot.com"])


def test_own_sites_and_kept_sites_never():
    links = scored(
        ("https://mine.com/a", "harmful"), ("https://blog.mine.com/a", "harmful"), ("https://friend.com/a", "harmful")
    )
    assert lines(proposed(links, keep=["friend.com"])) == []


def test_a_kept_page_keeps_its_site_from_being_taken_whole():
    links = scored(*[(f"https://spam.com/{i}", "harmful") for i in range(9)], ("https://spam.com/good", "neutral"))
    decided = proposed(links, [Decision("https://spam.com/good", None, "keep")])
    vouched = proposed(links.assign(kept=[False] * 9 + [True]))
    assert lines(decided) == lines(vouched) == [f"https://spam.com/{i}" for i in range(9)]
    assert "would take in https://spam.com/good, which is kept" in decided.candidates[0].reason


def test_decisions_win_over_the_model():
    links = scored(
        ("https://a.com/1", "harmful"), ("https://b.com/1", "neutral"), ("https://c.com/1", "harmful"),
        ("https://d.com/1", "harmful"),
    )  # fmt: skip
    proposal = proposed(
        links,
        [
            Decision(None, "a.com", "keep"),
            Decision(None, "b.com", "disavow", "anna", "2026-01-02", "sold\nlinks"),
            Decision(None, "c.com", "review"),
            Decision(None, "d.com", "removal_asked"),
            Decision("https://unseen.com/x", None, "disavow"),
        ],
    )
    assert lines(proposal) == ["domain:b.com", "https://unseen.com/x"]
    assert proposal.candidates[0].reason == "decided 2026-01-02 by anna: sold\nlinks"


def test_decisions_that_cannot_be_followed_are_said():
    links = scored(("https://someone.tumblr.com/1", "neutral"), ("https://mine.com/1", "neutral"))
    proposal = proposed(
        links,
        [
            Decision(None, "tumblr.com", "disavow", where="d.csv:2"),
            Decision(None, "mine.com", "disavow", where="d.csv:3"),
            Decision("https://x.com/" + "a" * 3_000, None, "disavow", where="d.csv:4"),
        ],
    )
    assert lines(proposal) == ["https://someone.tumblr.com/1"]
    assert [message.split(":")[1] for message in proposal.refused] == ["2", "3", "4"]
    assert "your own site" in proposal.refused[1]


def test_lost_links_ask_for_nothing_unless_decided():
    table = scored(("https://a.com/1", "harmful"), ("https://b.com/1", "harmful")).assign(lost=True)
    assert lines(proposed(table, [Decision(None, "b.com", "disavow")])) == ["domain:b.com"]


def test_domains_alone():
    table = pd.DataFrame({"domain": ["spam.com", "tumblr.com"], "decision": "harmful", "p_harmful": 0.9})
    proposal = proposed(scored_links(table, "scored.csv"))
    assert lines(proposal) == ["domain:spam.com"]
    assert "1 without a URL" in proposal.refused[0]


def test_what_a_domain_covers_is_left_out():
    links = scored(("https://a.spam.com/x", "harmful"), ("https://a.spam.com/y", "neutral"))
    decisions = [Decision("https://a.spam.com/z", None, "disavow"), Decision(None, "spam.com", "disavow")]
    assert lines(proposed(links, decisions)) == ["domain:spam.com"]


def merged(base, *entries, kept_sites=()):
    rules = load_rules(["mine.com"])
    kept = Kept(rules, KeepList(frozenset(kept_sites), frozenset()), Decisions())
    proposal = Proposal(tuple(Candidate(entry, "why") for entry in entries), ())
    return make_plan(proposal, parse_text(base) if base else None, kept)


def test_the_present_file_stays_in_order_with_its_comments():
    plan = merged("# mine\ndomain:b.com\n\nhttps://a.com/x\n", Entry(domain="c.com"), Entry(domain="b.com"))
    assert render(plan, ["by linksift"]) == (
        "# mine\ndomain:b.com\n\nhttps://a.com/x\n\n# by linksift\n# why\ndomain:c.com\n"
    )
    assert plan.removed == ()


def test_what_goes_out_of_the_present_file_and_why():
    plan = merged(
        "domain:mine.com\ndomain:friend.com\nhttps://a.com/x\ndomain:org.br\ndomain: b.com\ndomain:b.com\n",
        Entry(domain="a.com"),
        kept_sites=["friend.com"],
    )
    assert [(entry.line, why) for entry, why in plan.removed] == [
        ("domain:mine.com", "your own site"),
        ("domain:friend.com", "on the keep list"),
        ("https://a.com/x", "domain:a.com covers it"),
    ]
    assert plan.base.lost == [(4, "public-suffix")]
    assert [entry.line for entry in plan.entries] == ["domain:b.com", "domain:a.com"]


def test_nothing_new_leaves_the_file_as_it_is():
    base = "# mine\ndomain:b.com\n"
    assert render(merged(base, Entry(domain="b.com"), Entry(url="https://x.b.com/y")), ["x"]) == base


def test_a_comment_cannot_become_a_line():
    hostile = Candidate(Entry(domain="c.com"), "x\ndomain:good.com\x1b[2J\u2028\r" + "é" * 999)
    text = render(Plan((hostile,), (), Tidied()), [])
    assert [entry for _, entry in parse_text(text).entries()] == [Entry(domain="c.com")]
    assert text.isascii() and "\x1b" not in text


def test_limits():
    assert is_within_limits("domain:a.com\n" * MAX_LINES)
    assert not is_within_limits("\n" * (MAX_LINES + 1))
    assert not is_within_limits("é" * (MAX_BYTES // 2 + 1))


hosts = st.builds(
    "{}{}".format,
    st.sampled_from(["", "www.", "a.", "a.b."]),
    st.sampled_from(
        ["spam.com", "junk.co.uk", "x.blogspot.com", "blogspot.com", "tumblr.com", "uni.edu", "mine.com", "10.1.2.3", "localhost",
         "bücher.de", "sp_am.com", "a..b", "new.nosuchtld"]
    ),
)  # fmt: skip
pages = st.builds("{}://{}/{}".format, st.sampled_from(["http", "HTTPS"]), hosts, st.text(max_size=8))
tables = st.lists(
    st.tuples(pages, st.sampled_from(["harmful", "neutral", "review"]), st.booleans()), min_size=1, max_size=12
)

bases = st.text(max_size=40) | st.lists(
    st.sampled_from(["domain:", "Domain: ", "", "# "]).flatmap(lambda start: hosts.map(lambda host: start + host))
    | pages,
    max_size=6,
).map("\n".join)


@settings(max_examples=80, deadline=None)
@example([("https://spam.com/*", "harmful", True), ("https://spam.com/", "neutral", True)], [], "", 0.8)
@given(tables, st.lists(hosts, max_size=4), bases, st.sampled_from([0.2, 0.8, 1.0]))
def test_what_is_written_lints_clean_and_reads_back(rules, rows, decided, base, min_share):
    domains = dict.fromkeys(clean_domain(host)[0] for host in decided)
    decisions = [Decision(None, domain, "disavow", why=base) for domain in domains if domain is not None]
    proposal = proposed(scored(*rows), decisions, min_share=min_share)
    for present in (None, parse_text(base)):
        plan = make_plan(proposal, present, Kept(rules, None, Decisions()))
        text = render(plan, [base, "heading"])
        found = parse_text(text)
        assert [entry for _, entry in found.entries()] == plan.entries
        findings = lint(found, rules)
        bad = [f for f in findings if f.severity == "error"]
        if present is None:
            bad = [f for f in findings if f.severity != "note" and f.code not in {"no-entries", "unknown-suffix"}]
        assert bad == []
        again = make_plan(proposal, found, Kept(rules, None, Decisions()))
        assert render(again, ["another heading"]) == text


def test_links_to_other_peoples_sites_are_left_aside():
    targets = ["https://www.mine.com/", "https://else.com/", None]
    links = scored(*[("https://a.com/", "harmful")] * 3, target_url=targets)
    assert links["target_url"].isna().all()
    links["target_url"] = pd.array(targets, dtype="string")
    mine, sites = links_to_own_sites(links, ["mine.com"])
    assert (len(mine), sites) == (2, ["mine.com"])
    assert links_to_own_sites(mine, ["other.com"])[1] == ["other.com", "mine.com"]
    with pytest.raises(InputError, match=r"2 sites \(else.com, mine.com"):
        links_to_own_sites(links, [])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"url": ["https://a.com/"]}, "no column decision"),
        ({"url": [], "decision": [], "p_harmful": []}, "no row"),
        ({"url": ["https://a.com/"], "decision": ["toxic"], "p_harmful": [1.0]}, "'toxic' is no decision"),
        ({"x": ["https://a.com/"], "decision": ["harmful"], "p_harmful": [1.0]}, "--columns"),
    ],
)
def test_tables_that_are_not_scored(table, message):
    with pytest.raises(InputError, match=message):
        scored_links(pd.DataFrame(table), "t.csv")


def test_columns_of_a_tool_are_found():
    table = pd.DataFrame(
        {
            "Source url": ["https://A.com/x", None],
            "Target url": "https://mine.com/",
            "decision": "harmful",
            "p_harmful": [0.9, None],
            "counts": [True, None],
        }
    )
    for name in ("Page ascore", "Source title", "Anchor", "External links", "Internal links", "Nofollow", "Sponsored"):
        table[name] = None
    for name in ("Ugc", "Text", "Frame", "Form", "Image", "Sitewide", "First seen", "Last seen", "New link"):
        table[name] = None
    table["Lost link"] = [True, False]
    links = scored_links(table, "t.csv")
    assert links["host"].tolist()[0] == "a.com"
    assert pd.isna(links["host"][1]) and pd.isna(links["counts"][1])
    assert links["lost"].tolist() == [True, False]
    assert links["target_url"].tolist() == ["https://mine.com/"] * 2
