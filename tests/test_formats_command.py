"""`linksift formats`, and `--columns` of the verbs that read exports."""

import pandas as pd
import pytest

from linksift.cli import main
from linksift.formats_command import examine, markdown

SEMRUSH = "Page ascore,Source title,Source url,Target url,Anchor,Nofollow\n"
ROW = "12,Bees,https://bees.example/a,https://shop.example/,honey,false\n"
OWN = "Quelle;Ziel;Linktext\nhttps://bees.example/a;https://shop.example/;honey\n"


@pytest.fixture
def file(tmp_path):
    def write(name, content):
        (tmp_path / name).write_text(content, encoding="utf-8")
        return str(tmp_path / name)

    return write


def table(out):
    head, rule, *lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in out.splitlines()]
    assert all(set(cell) == {"-"} for cell in rule)
    return pd.DataFrame(lines, columns=head)


def test_the_table_says_what_each_column_became(file, capsys):
    path = file("a.csv", SEMRUSH + ROW + ROW.replace("honey", "").replace("12", "") + "1,2,nope\n")
    assert main(["formats", path]) == 0
    captured = capsys.readouterr()
    found = table(captured.out)
    assert found["column"].tolist() == SEMRUSH.strip().split(",")
    assert found["becomes"].tolist() == ["semrush_page_ascore", "title", "page_url", "target_url", "anchor", "nofollow"]
    assert found["filled"].tolist() == ["2", "3", "3", "2", "1", "2"]
    assert found["read"].tolist() == ["2", "3", "2", "2", "1", "2"]
    assert set(found["format"]) == {"semrush_backlinks"}
    assert "a.csv: Semrush, Backlinks; one row per link; 3 rows, 1 with a problem" in captured.err
    assert "a.csv:4: row has 3 fields, the header has 6" in captured.err


def test_one_bad_file_makes_2_and_the_others_are_still_shown(file, capsys):
    good, bad, empty = file("a.csv", SEMRUSH + ROW), file("b.csv", "Wort;Zahl\nhoney;2\n"), file("c.csv", SEMRUSH)
    assert main(["formats", good, bad, empty, "missing.csv"]) == 2
    captured = capsys.readouterr()
    assert set(table(captured.out)["file"]) == {"a.csv", "c.csv"}
    assert "linksift formats: b.csv: is no export" in captured.err
    assert "linksift formats: c.csv: has a header but no rows" in captured.err
    assert "missing.csv: no such file" in captured.err


def test_quiet_says_errors_only(file, capsys):
    assert main(["formats", "-q", file("a.csv", SEMRUSH + ROW)]) == 0
    assert capsys.readouterr().err == ""


def test_nothing_known_prints_nothing(file, capsys):
    assert main(["formats", file("b.csv", "Wort;Zahl\nhoney;2\n")]) == 2
    assert capsys.readouterr().out == ""


def test_columns_of_an_unknown_file(file, capsys):
    path = file("own.csv", OWN)
    assert main(["formats", path, "--columns", "url=Quelle,target_url=Ziel"]) == 0
    assert table(capsys.readouterr().out)["becomes"].tolist() == ["page_url", "target_url", "kept as it is"]
    assert main(["formats", path]) == 2
    assert "--columns 'url=Quelle,target_url=Ziel,anchor=Linktext' (a guess: check it)" in capsys.readouterr().err


def test_predict_reads_an_unknown_file_with_columns(file, tmp_path):
    path = file("own.csv", OWN)
    out = tmp_path / "scored.csv"
    assert main(["predict", path, "-q", "-o", str(out)]) == 2
    assert main(["predict", path, "-q", "-o", str(out), "--columns", "url=Quelle,anchor=Linktext"]) == 0
    scored = pd.read_csv(out)
    assert scored["Quelle"].tolist() == ["https://bees.example/a"]
    assert scored["basis"].tolist() == ["row"]


def test_anchor_texts_alone_cannot_be_scored(file, capsys):
    assert main(["predict", file("a.csv", "Rank,Link text\n1,honey\n"), "-q"]) == 2
    assert "anchor texts without a page cannot be scored" in capsys.readouterr().err


def test_wrong_columns_are_a_wrong_call(file):
    with pytest.raises(SystemExit) as caught:
        main(["predict", file("own.csv", OWN), "--columns", "nonsense=x"])
    assert caught.value.code == 2


def test_only_the_first_problems_are_shown(file):
    report, error = examine(file("a.csv", SEMRUSH + ROW.replace("https", "ftp") * 50))
    assert error is None
    assert report.n_problems == 50
    assert len(report.problems) == 20
    assert report.summary()[-1] == "a.csv: and 30 more"


def test_what_a_terminal_would_obey_is_left_out():
    assert markdown(("a", "b"), [("x|y", "\x1b[2J")]) == "| a    | b    |\n|------|------|\n| x\\|y | �[2J |\n"
