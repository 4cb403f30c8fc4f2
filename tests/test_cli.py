"""The command line as its users meet it: real files of our own in, tables and exit codes out."""

import io
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from linksift.cli import main
from linksift.io.tables import read_metadata, read_table

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
    assert lines[3].startswith("for ")
    assert lines[-1].startswith("what would change it: ")
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


# --- with a small model of our own, so that these do not wait for the one that ships ---

BACKLINKS = str(BAKERY / "backlinks.csv")


@pytest.fixture
def predict(small_model, tmp_path):
    """Score the bakery's export, or another input, into a file or folder of the test."""

    def run(*options, output="out.parquet", source=BACKLINKS):
        command = ["predict", source, "-m", str(small_model), "-o", f"{tmp_path}/{output}", "-q", "--jobs", "1"]
        return main([*command, *map(str, options)])

    return run


def test_a_folder_gets_parts_in_order(predict, tmp_path, monkeypatch):
    monkeypatch.setattr("linksift.io.tables.PART_ROWS", 25)
    (tmp_path / "scored").mkdir()
    (tmp_path / "scored" / "part-00042.parquet").write_bytes(b"of an earlier run")
    assert predict(output="scored/") == 0
    assert predict(output="one.parquet") == 0
    whole = read_table(tmp_path / "one.parquet")
    names = sorted(path.name for path in (tmp_path / "scored").iterdir())
    assert names == [f"part-{number:05d}.parquet" for number in range(-(-len(whole) // 25))]
    parts = [read_table(tmp_path / "scored" / name) for name in names]
    assert {len(part) for part in parts[:-1]} == {25}
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)
    assert whole["link_id"].tolist() == [f"row-{number}" for number in range(1, len(whole) + 1)]
    for name in names:
        stated = read_metadata(tmp_path / "scored" / name)
        assert stated["model"] == "linksift"
        assert stated["model_version"].startswith("small-")


def test_a_folder_of_parts_is_an_input_too(predict, tmp_path):
    assert main(["extract", str(BAKERY / "pages"), *PAGES, "-q", "-o", f"{tmp_path}/links/"]) == 0
    assert predict(source=f"{tmp_path}/links/") == 0
    links, scored = read_table(f"{tmp_path}/links/"), read_table(tmp_path / "out.parquet")
    assert scored["link_id"].tolist() == links["link_id"].tolist()
    assert scored["basis"].eq("page").fillna(False).tolist() == links["status"].eq("ok").tolist()


@pytest.mark.parametrize("name", ["domains.parquet", "domains.jsonl", "domains.csv"])
def test_the_view_per_domain_in_any_format(predict, tmp_path, name):
    assert predict("--domains", tmp_path / name) == 0
    links, domains = read_table(tmp_path / "out.parquet"), read_table(tmp_path / name)
    assert domains["links"].sum() == len(links)
    assert (domains[["harmful", "neutral", "valuable"]].sum(axis=1) == domains["links"]).all()
    assert domains["worst_p_harmful"].is_monotonic_decreasing
    worst = links.set_index("link_id").loc[domains["worst_link"].tolist()]
    np.testing.assert_allclose(worst["p_harmful"].to_numpy(float), domains["worst_p_harmful"].to_numpy(float))
    assert worst["label"].tolist() == domains["worst_label"].tolist()
    assert read_metadata(tmp_path / name)["model"] == "linksift"


def test_a_domain_file_of_no_known_kind_is_refused_before_the_work(predict, tmp_path):
    assert predict("--domains", tmp_path / "domains.xlsx") == 2
    assert not (tmp_path / "out.parquet").exists()


# --- --targets ---

ROWS = "url,title,target_url,anchor\n" + "".join(
    f"https://blog.example/{number},Sourdough at home,{target},here\n"
    for number, target in enumerate(["https://bakery.example/", "https://www.bakery.example", "https://mill.example/"])
)
TARGET_PAGE = "<html><head><title>Sourdough</title></head><body><p>Sourdough, at home.</p></body></html>"


@pytest.fixture
def targets(tmp_path):
    """The bakery's own page as a Parquet file, and as a folder with a CSV of URLs."""
    page = [("https://bakery.example/", TARGET_PAGE.encode()), ("https://else.example/", b""), (None, b"<p>no address")]
    pd.DataFrame(page, columns=["url", "html"]).to_parquet(tmp_path / "targets.parquet")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "home.html").write_text(TARGET_PAGE)
    (tmp_path / "urls.csv").write_text("file,url\nhome.html,https://bakery.example/\n")
    (tmp_path / "rows.csv").write_text(ROWS)
    return tmp_path


def valuable(folder):
    return read_table(folder / "out.parquet")["p_valuable"].to_numpy(float)


@pytest.mark.parametrize("given", [["--targets", "targets.parquet"], ["--targets", "own", "--urls", "urls.csv"]])
def test_the_text_of_a_target_tells_how_well_a_title_fits(predict, targets, given):
    source = str(targets / "rows.csv")
    assert predict(source=source) == 0
    without = valuable(targets)
    assert predict(*(word if word.startswith("--") else targets / word for word in given), source=source) == 0
    with_text = valuable(targets)
    # In the small table a title with the target's words tells a valuable link.
    assert (with_text[:2] > without[:2]).all()
    assert with_text[2] == without[2], "another target stays as it was"


def test_targets_go_with_pages_too(predict, targets):
    pages = ["--pages", BAKERY / "pages", "--urls", BAKERY / "pages.csv"]
    assert predict(*pages, "--targets", targets / "targets.parquet") == 0
    assert len(valuable(targets)) == len(pd.read_csv(BACKLINKS))


def test_targets_of_which_none_can_be_used_are_named(predict, targets, capsys):
    assert predict("--targets", targets / "own") == 2
    assert "no page here has a URL" in capsys.readouterr().err
    assert predict("--targets", targets / "nowhere.parquet") == 2


# --- train and evaluate ---


@pytest.fixture
def train(small_table, small_recipe, tmp_path):
    """Train on the small table with a recipe of some lines."""
    small_table.to_parquet(tmp_path / "table.parquet")

    def run(*options, **settings):
        left_out = ", ".join(f'"{name}"' for name in small_recipe.leave_out)
        model = "".join(f"{key} = {value}\n" for key, value in ({"n_estimators": 5} | settings).items())
        text = f'name = "own"\n[features]\nleave_out = [{left_out}]\n[labels]\ngold = 1.0\n[split]\nfolds = 2\n[model]\n{model}'
        (tmp_path / "own.toml").write_text(text)
        command = ["train", str(tmp_path / "table.parquet"), "--recipe", str(tmp_path / "own.toml"), "--no-mlflow"]
        return main([*command, "--jobs", "1", "-o", str(tmp_path / "model"), *map(str, options)])

    return run


def test_a_model_is_trained_compared_and_evaluated(train, small_model, tmp_path, capsys):
    assert train("--champion", small_model, "--plots", tmp_path / "plots") == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "against the champion, all situations" in said.err
    assert (tmp_path / "plots" / "page" / "confusion.png").is_file()
    assert main(["evaluate", str(tmp_path / "model"), "-o", str(tmp_path / "figures"), "-q"]) == 0
    table = capsys.readouterr().out
    figures = json.loads((tmp_path / "figures" / "metrics.json").read_text())
    assert f"| page | 90 | 60 | {figures['slices']['page']['macro_f1']:.3f} [" in table
    assert figures["champion"]["n"] > 0


@pytest.mark.parametrize("settings", [{"class_balance": 1.5}, {"num_leaves": 1}, {"n_estimators": 0}], ids=str)
def test_a_recipe_that_asks_the_impossible_ends_with_2(train, tmp_path, capsys, settings):
    assert train("--champion", "none", "-q", **settings) == 2
    assert next(iter(settings)) in capsys.readouterr().err
    assert not (tmp_path / "model").exists()
