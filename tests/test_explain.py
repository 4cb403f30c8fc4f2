"""What `linksift explain` prints."""

from pathlib import Path

import pytest

from linksift.cli import main

BAKERY = Path(__file__).parents[1] / "examples" / "bakery"


@pytest.fixture
def explain(small_model, capsys: pytest.CaptureFixture[str]):
    def run(link, *options):
        code = main(["explain", str(BAKERY / "backlinks.csv"), "--link", link, "-m", str(small_model), "-q", *options])
        return code, capsys.readouterr().out.splitlines()

    return run


def reasons(lines):
    return [line for line in lines if line.startswith(("  +", "  -"))]


def test_reasons_and_what_would_change(explain) -> None:
    code, lines = explain("row-3")
    assert code == 0
    assert lines[0].startswith("row-3: ")
    assert "judged from the row" in lines[2]
    assert lines[3].startswith(("for ", "against "))
    assert 1 <= len(reasons(lines)) <= 8
    assert lines[-1].startswith("what would change it: ")


def test_top(explain) -> None:
    _, lines = explain("row-3", "--top", "1")
    assert len(reasons(lines)) == 1


def test_reasons_against_name_the_class_they_speak_for(explain) -> None:
    _, lines = explain("row-3", "--top", "99")
    label = lines[3].split()[1].rstrip(":")
    turn = lines.index(f"against {label}:")
    assert all(line.startswith("  +") and "(for " not in line for line in reasons(lines[:turn]))
    assert all(line.startswith("  -") and "(for " in line for line in reasons(lines[turn:]))


def test_same_call_same_text(explain) -> None:
    assert explain("row-5") == explain("row-5")


def test_a_link_that_does_not_count(explain) -> None:
    _, lines = explain("row-1")
    assert any("Search engines are told not to count this link" in line for line in lines)


def test_reasons_of_an_own_features_folder(explain, tmp_path: Path) -> None:
    assert main(["init", str(tmp_path / "own"), "-q"]) == 0
    features = tmp_path / "own" / "features"
    (features / "reasons.toml").write_text('[reasons.ALL]\nabout = "all there is"\nfamilies = ["*"]\n')
    code, lines = explain("row-3", "--features", str(features))
    assert code == 0
    assert {line.split()[1].rstrip(":") for line in reasons(lines)} <= {"ALL", "NOT_KNOWN"}
    (features / "reasons.toml").unlink()
    assert explain("row-3", "--features", str(features))[0] == 2


def test_what_a_terminal_would_obey_is_left_out(small_model, tmp_path: Path, capsys) -> None:
    path = tmp_path / "links.csv"
    path.write_text("url,anchor,title,target_url\nhttps://a.example/x,\x1b[31mred,t\x07itle,https://b.example/\n")
    assert main(["explain", str(path), "--link", "row-1", "-m", str(small_model), "-q"]) == 0
    assert "\x1b" not in capsys.readouterr().out
