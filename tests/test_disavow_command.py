import io
import sys

import pandas as pd
import pytest

from linksift.cli import main
from linksift.disavow.listfile import read_list_file
from linksift.io.tables import write_table

META = {"model": "default", "model_version": "7", "model_data_sha256": "0123456789abcdef"}


@pytest.fixture
def scored(tmp_path):
    """A scored table: a spam site, a harmful page of a platform, an honest page, and one that nobody can tell."""

    def write(name="scored.csv", **changes):
        columns = {
            "link_id": ["row-1", "row-2", "row-3", "row-4", "row-5"],
            "url": [
                "https://spam.com/1", "https://spam.com/2", "https://someone.tumblr.com/p", "https://good.com/", "https://odd.com/",
            ],
            "target_url": "https://www.mine.com/",
            "label": ["harmful", "harmful", "harmful", "valuable", "harmful"],
            "counts": True,
            "p_harmful": [0.99, 0.97, 0.95, 0.01, 0.5],
            "decision": ["harmful", "harmful", "harmful", "valuable", "review"],
            "kept": False,
            "basis": "row",
        } | changes  # fmt: skip
        write_table(pd.DataFrame(columns), tmp_path / name, metadata=META)
        return str(tmp_path / name)

    return write


@pytest.fixture
def run(capsys):
    def call(*words):
        code = main(["disavow", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_without_grounds_nothing_is_written(run, scored, tmp_path):
    target = tmp_path / "disavow.txt"
    code, out, err = run("write", scored(), "-o", target)
    assert (code, out) == (0, "")
    assert not target.exists()
    assert "No disavow file was written" in err and "manual action" in err and "--built-links" in err
    assert "5 links: 3 to be disavowed, 1 for review, 1 harmless" in err


def test_with_grounds(run, scored, tmp_path):
    target = tmp_path / "disavow.txt"
    code, out, err = run("write", scored(), "-o", target, "--manual-action", "--date", "2026-01-02")
    assert (code, out) == (0, "")
    assert target.read_text() == (
        "# Entries by linksift, in the format of Google's disavow tool\n"
        "# 2026-01-02: model default 7, data 0123456789ab\n"
        "# grounds: a manual action\n"
        "# domain: where at least 80 % of a site's seen links are to be disavowed\n"
        "# 2 of 2 seen links to be disavowed, p_harmful up to 0.990, judged from row\n"
        "domain:spam.com\n"
        "# tumblr.com, page by page (is a platform to which nearly every site has links): 1 of 1 seen links to be disavowed,"
        " p_harmful up to 0.950, judged from row\n"
        "https://someone.tumblr.com/p\n"
    )
    assert "2 entries, 2 of them new" in err and "An upload replaces the whole list" in err
    assert run("lint", target) == (0, "", "disavow.txt: 2 entries; no defect\n")


def test_the_same_again_changes_nothing(run, scored, tmp_path):
    target = tmp_path / "disavow.txt"
    first = ("write", scored(), "-o", target, "--anyway")
    run(*first)
    before = target.read_bytes()
    code, _, err = run(*first, "--base", target)
    assert code == 0 and "Nothing to change" in err
    assert target.read_bytes() == before


def test_nothing_to_disavow_is_said_plainly(run, scored, tmp_path):
    table = scored(decision=["neutral"] * 4 + ["review"])
    code, out, err = run("write", table, "-o", tmp_path / "d.txt", "--manual-action")
    assert (code, out) == (0, "")
    assert "Nothing needs to be disavowed: of 5 links none was found harmful. For review: 1;" in err
    assert not (tmp_path / "d.txt").exists()


def test_a_dry_run_shows_the_difference(run, scored, tmp_path):
    base = tmp_path / "present.txt"
    base.write_text("domain:mine.com\ndomain:old.com\nhttps://spam.com/1\n")
    code, out, err = run("write", scored(), "--base", base, "--dry-run")
    assert code == 0
    assert [line.split("  # ")[0] for line in out.splitlines()] == [
        "-domain:mine.com",
        "-https://spam.com/1",
        "+domain:spam.com",
        "+https://someone.tumblr.com/p",
    ]
    assert "your own site" in out and "domain:spam.com covers it" in out
    assert "1 entries stay, 2 go" in err
    assert list(tmp_path.glob("*.txt")) == [base]


def test_taking_out_of_the_present_file_needs_no_grounds(run, scored, tmp_path):
    base, target = tmp_path / "present.txt", tmp_path / "new.txt"
    base.write_text("# of 2019\ndomain:mine.com\ndomain:spam.com\nhttps://someone.tumblr.com/p\n")
    code, _, err = run("write", scored(), "--base", base, "-o", target)
    assert code == 0 and "3 entries" not in err
    assert target.read_text() == "# of 2019\ndomain:spam.com\nhttps://someone.tumblr.com/p\n"


def test_decisions_keep_and_own_sites(run, scored, tmp_path):
    decisions, keep = tmp_path / "decisions.csv", tmp_path / "keep.txt"
    decisions.write_text("url,domain,decision,who,when,why\n,odd.com,disavow,anna,2026-01-02,sells links\n,x,keep,,,\n")
    keep.write_text("# keep\ntumblr.com\n")
    code, out, err = run(
        "write", scored(), "--decisions", decisions, "--keep", keep, "--own-sites", "spam.com", "mine.com", "--dry-run"
    )
    assert (code, out) == (0, "+domain:odd.com  # decided 2026-01-02 by anna: sells links\n")
    assert "decisions.csv:3: 'x' is a public suffix" in err


def test_links_to_several_sites_need_a_name(run, scored):
    table = scored(target_url=["https://mine.com/"] * 3 + ["https://else.com/"] * 2)
    code, _, err = run("write", table, "--dry-run")
    assert code == 2 and "--own-sites" in err
    code, out, err = run("write", table, "--dry-run", "--own-sites", "else.com")
    assert (code, out) == (0, "") and "3 links point to sites that are not yours" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "name the new file with -o"),
        (["-o", "disavow.csv"], "ends in .txt"),
        (["-o", "no/such/folder/d.txt"], "does not exist"),
        (["--dry-run", "--base", "missing.txt"], "no such file"),
        (["--dry-run", "--decisions", "missing.csv"], "no such file"),
    ],
)
def test_wrong_calls(run, scored, words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = run("write", scored(), *words)
    assert code == 2 and message in err


def test_a_table_that_was_not_scored(run, tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("url\nhttps://a.com/\n")
    code, _, err = run("write", path, "--dry-run")
    assert code == 2 and "linksift predict" in err


def test_over_the_limits_reasons_go_first_then_advice(run, scored, tmp_path, monkeypatch):
    monkeypatch.setattr("linksift.disavow.plan.MAX_LINES", 6)
    target = tmp_path / "d.txt"
    code, _, err = run("write", scored(), "-o", target, "--anyway")
    assert code == 0 and "the reasons are left out" in err
    assert len(read_list_file(target).lines) == 6
    target.unlink()
    monkeypatch.setattr("linksift.disavow.plan.MAX_LINES", 5)
    many = scored(target_url=["https://mine.com/", "https://shop.mine.com/x", "https://shop.mine.com/", None, None])
    code, _, err = run("write", many, "-o", target, "--anyway")
    assert code == 2 and not target.exists()
    assert "6 lines" in err and "https://shop.mine.com/ (2 links), https://mine.com/ (1 links)" in err


def test_lint_tells_lines_and_the_exit_code(run, tmp_path):
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text("domain:spam.com\n")
    bad.write_text("domain:spam.com\nDomain: junk.com\n")
    assert run("lint", good)[0] == 0
    code, out, err = run("lint", good, bad)
    assert code == 1
    assert out == (
        "bad.txt:2: error prefix-case: write domain: in lower case\n"
        "bad.txt:2: error space-at-colon: write domain:junk.com without the space\n"
    )
    assert "bad.txt: 2 entries; prefix-case 1, space-at-colon 1" in err
    assert run("lint", good, "--own-sites", "spam.com")[0] == 1


def test_lint_fix(run, tmp_path):
    bad, fixed = tmp_path / "bad.txt", tmp_path / "fixed.txt"
    bad.write_bytes(b"domain:spam.com\r\nDomain: junk.com\r\ndomain:store\r\ndomain:mine.com")
    code, _, err = run("lint", bad, "--fix", "-o", fixed, "--own-sites", "mine.com")
    assert code == 0
    assert (
        fixed.read_text() == "domain:spam.com\ndomain:junk.com\n# left out by linksift (public-suffix): domain:store\n"
    )
    assert "taken out: domain:mine.com" in err and "made a comment: bad.txt:3: public-suffix" in err
    assert (
        run("lint", bad, "--fix")[0]
        == run("lint", bad, "-o", fixed)[0]
        == run("lint", bad, bad, "--fix", "-o", fixed)[0]
        == 2
    )


def test_messages_hold_nothing_that_a_terminal_obeys(run, tmp_path):
    path = tmp_path / "bad.txt"
    path.write_text("domain:\x1b[31mred text\x9b2J\n\u202ehttps://a.com/ b\n", encoding="utf-8")
    code, out, err = run("lint", path)
    assert code == 1
    assert all(c.isprintable() or c == "\n" for c in out + err)


def test_review_with_scored_links(run, scored, tmp_path):
    old = tmp_path / "old.txt"
    old.write_text(
        "# old\ndomain:spam.com\ndomain:good.com\ndomain:odd.com\ndomain:gone.com\ndomain:mine.com\ndomain:store\n"
    )
    code, out, err = run("review", old, "--scored", scored())
    assert code == 0
    table = pd.read_csv(io.StringIO(out))
    assert dict(zip(table["entry"], table["proposal"], strict=True)) == {
        "domain:spam.com": "stay",
        "domain:good.com": "take_out",
        "domain:odd.com": "look",
        "domain:gone.com": "not_seen",
        "domain:mine.com": "take_out",
        "domain:store": "take_out",
    }
    assert table["line"].tolist() == [2, 3, 4, 5, 6, 7]
    assert table.loc[0, ["seen", "to_disavow", "worst_p_harmful"]].tolist() == [2, 2, 0.99]
    assert "6 entries: take_out 3, look 1, stay 1, not_seen 1" in err


def test_review_hears_the_user(run, scored, tmp_path):
    old, decisions = tmp_path / "old.txt", tmp_path / "decisions.csv"
    old.write_text("domain:spam.com\ndomain:good.com\n")
    decisions.write_text("domain,decision\nspam.com,keep\ngood.com,disavow\n")
    _, out, _ = run("review", old, "--scored", scored(), "--decisions", decisions)
    table = pd.read_csv(io.StringIO(out))
    assert table["proposal"].tolist() == ["take_out", "stay"]
    assert table["why"][0] == "kept by decisions.csv:2"


def test_review_tells_a_mixed_domain_and_one_that_does_not_count(run, scored, tmp_path):
    old = tmp_path / "old.txt"
    old.write_text("domain:spam.com\nhttps://spam.com/1\ndomain:good.com\ndomain:tumblr.com\n")
    decision = ["harmful", "neutral", "harmful", "neutral", "neutral"]
    table = scored(decision=decision, counts=[True, True, True, False, True])
    _, out, _ = run("review", old, "--scored", table)
    found = pd.read_csv(io.StringIO(out))
    assert found["proposal"].tolist() == ["look", "stay", "take_out", "look"]
    assert found["why"][0] == "1 of 2 seen links to be disavowed: its pages may be enough"
    assert "none of its 1 seen links counts" in found["why"][2]
    assert "platform" in found["why"][3]


def test_review_from_the_names_alone(run, small_model, tmp_path):
    old = tmp_path / "old.txt"
    old.write_text("domain:cheap-casino-links-now-online.com\nhttps://a.com/x\ndomain:tumblr.com\n")
    code, out, err = run("review", old, "-m", small_model)
    assert code == 0 and "from its name alone" in err
    table = pd.read_csv(io.StringIO(out))
    assert table["basis"].tolist() == ["url"] * 3
    assert table["seen"].tolist() == [1, 1, 1]
    assert table["worst_p_harmful"].between(0, 1).all()
    assert set(table["proposal"]) <= {"take_out", "look", "stay"}


def test_help_does_not_import_heavy_things(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "linksift.disavow.command", None)
    with pytest.raises(SystemExit):
        main(["disavow", "write", "--help"])
    assert "--manual-action" in capsys.readouterr().out
