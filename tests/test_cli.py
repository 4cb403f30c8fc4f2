"""The command line as its users meet it: real files of our own in, tables and exit codes out."""

import io
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from linksift.cli import main

TOP = Path(__file__).parents[1]
BAKERY = TOP / "examples" / "bakery"
PAGES = ["--urls", str(BAKERY / "pages.csv"), "--jobs", "1"]


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The bakery's export joined to its pages, and the view per domain."""
    folder = tmp_path_factory.mktemp("scored")
    code = main(
        ["predict", str(BAKERY / "backlinks.csv"), "--pages", str(BAKERY / "pages"), *PAGES, "-q",
         "--keep", str(BAKERY / "keep.txt"), "-o", str(folder / "links.csv"), "--domains", str(folder / "domains.csv")]
    )  # fmt: skip
    assert code == 0
    return pd.read_csv(folder / "links.csv"), pd.read_csv(folder / "domains.csv")


def test_every_row_comes_back_in_order_with_its_own_columns(scored: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    links, _ = scored
    export = pd.read_csv(BAKERY / "backlinks.csv")
    assert links["Source url"].tolist() == export["Source url"].tolist()
    assert links["link_id"].tolist() == [f"row-{number}" for number in range(1, len(export) + 1)]
    assert set(links["label"]) <= {"harmful", "neutral", "valuable"}
    assert set(links["decision"]) <= {"harmful", "neutral", "valuable", "review"}
    total = links[["p_harmful", "p_neutral", "p_valuable"]].sum(axis=1)
    assert total.between(0.999, 1.001).all()


def test_links_found_on_their_page_are_judged_from_it(scored: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    links, _ = scored
    fetched = set(pd.read_csv(BAKERY / "pages.csv")["url"])
    assert (links["basis"] == "page").sum() >= 50
    assert set(links.loc[links["basis"] == "page", "Source url"]) <= fetched


def test_links_that_do_not_count_are_neutral(scored: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    links, _ = scored
    flagged = links[links["Nofollow"].astype(bool) | links["Sponsored"].astype(bool) | links["Ugc"].astype(bool)]
    assert len(flagged)
    assert (flagged["label"] == "neutral").all()
    assert not flagged["counts"].astype(bool).any()


def test_the_shipped_model_agrees_with_the_authors_on_most_of_the_bakery(
    scored: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    links, _ = scored
    truth = pd.read_csv(BAKERY / "truth.csv").set_index("source_url")["expected"]
    agreed = links["label"] == links["Source url"].map(truth)
    assert agreed.mean() > 0.6


def test_kept_sites_are_never_harmful_or_for_review(scored: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    links, _ = scored
    kept = links[links["kept"].astype(bool)]
    assert len(kept)
    assert set(kept["decision"]) <= {"neutral", "valuable"}


def test_domains_add_up(scored: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    links, domains = scored
    assert domains["links"].sum() == len(links)
    assert (domains[["harmful", "neutral", "valuable"]].sum(axis=1) == domains["links"]).all()
    assert domains["worst_p_harmful"].is_monotonic_decreasing


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "empty"),
        ("header.csv", b"Source url,Anchor\n", "no rows"),
        ("columns.csv", b"colour,taste\nred,sweet\n", "colour"),
        ("noise.csv", b"\x00\x01\x02\xff" * 50, ""),
    ],
)
def test_unusable_input_is_named_and_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert main(["predict", str(path), "-q"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert name in output.err and said in output.err


def test_a_bad_row_is_a_row_with_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("url,anchor\nhttps://one.example/a,good\nnot a url,bad\nhttps://two.example/b,fine\n")
    assert main(["predict", str(path), "-q"]) == 0
    table = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert table["error"].notna().tolist() == [False, True, False]
    assert main(["predict", str(path), "-q", "--strict"]) == 1


def test_same_input_same_bytes(tmp_path: Path) -> None:
    outputs = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for output in outputs:
        assert main(["predict", str(BAKERY / "backlinks.csv"), "-q", "-o", str(output)]) == 0
    assert outputs[0].read_bytes() == outputs[1].read_bytes()


def test_a_search_console_file_is_judged_from_the_url_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "latest.csv"
    path.write_text("Linking page,Last crawled\nhttps://blog.example.org/a-walk-in-leeds/,2026-10-01\n")
    assert main(["predict", str(path), "-q"]) == 0
    assert pd.read_csv(io.StringIO(capsys.readouterr().out))["basis"].tolist() == ["url"]


def test_explain_names_the_class_and_its_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(BAKERY / "backlinks.csv"), "--link", "row-3", "-q"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("row-3: ")
    assert len(lines) == 3 + 8
    assert main(["explain", str(BAKERY / "backlinks.csv"), "--link", "row-9999", "-q"]) == 2


def test_init_writes_folders_that_work(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path / "own"), "-q"]) == 0
    assert (tmp_path / "own" / "training" / "default.toml").is_file()
    lexicon = tmp_path / "own" / "features" / "lexicons" / "gambling.txt"
    command = ["predict", str(BAKERY / "backlinks.csv"), "-q", "-o", str(tmp_path / "o.csv")]
    command += ["--features", str(tmp_path / "own" / "features")]
    assert main(command) == 0
    with lexicon.open("a", encoding="utf-8") as handle:
        handle.write("a phrase of my own\n")
    assert main(command) == 2, "a changed lexicon makes other features than the model was made with"


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    code = "import sys, linksift.cli as c; c.build_parser().format_help(); print([m for m in ('pandas', 'lightgbm', 'mlflow', 'sklearn') if m in sys.modules])"
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert time.perf_counter() - start < 10


def test_stdout_holds_only_data() -> None:
    command = [sys.executable, "-m", "linksift", "predict", "-", "-o", "-"]
    text = (BAKERY / "backlinks.csv").read_bytes()
    done = subprocess.run(command, input=text, capture_output=True, check=True)
    assert len(pd.read_csv(io.BytesIO(done.stdout))) == len(pd.read_csv(BAKERY / "backlinks.csv"))
    assert b"links scored" in done.stderr


def test_no_verb_prints_help_and_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage: linksift" in capsys.readouterr().err
