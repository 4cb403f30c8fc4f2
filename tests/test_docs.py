"""What the documentation says is checked against the code and the tree."""

import importlib
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linksift import docs
from linksift.cli import build_parser
from linksift.contract import Contract, Feature, load_contract
from linksift.recipe import SOURCES, load_recipe
from linksift.words import BUCKETS, OUTPUTS, WordWeights

ROOT = Path(__file__).parents[1]
GENERATED = {"demo", "dist", "build", "mlruns", "__pycache__"}
SUFFIXES = {".md", ".py", ".toml", ".txt", ".html", ".csv", ".lock"}
# Spelled in two parts, so that this file does not find itself.
MACHINE_PATH = "/" + "work/"


def tree_files():
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if not GENERATED & set(parts) and not any(part.startswith(".") and part != ".ci" for part in parts):
            yield path


MARKDOWN = [path for path in tree_files() if path.suffix == ".md"]


def read(*parts):
    return ROOT.joinpath(*parts).read_text(encoding="utf-8")


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def commands(path):
    """The `linksift` calls in the shell blocks of a Markdown file."""
    for block in blocks(path.read_text(encoding="utf-8"), "bash"):
        for line in block.replace("\\\n", " ").splitlines():
            for words in line.split("|"):
                call = shlex.split(words, comments=True)
                if call and call[0] == "linksift":
                    yield call[1:]


def verbs():
    # argparse keeps the verbs in the choices of its one positional argument.
    return next(set(action.choices) for action in build_parser()._actions if action.dest == "verb")


def feature(**changes):
    entry = {
        "name": "a", "family": "url", "needs": "url", "type": "count", "low": 0.0, "high": float("inf"),
        "missing": "never", "version": 1, "on": True, "meaning": "A thing", "source": "",
    }  # fmt: skip
    return Feature(**(entry | changes))


def test_generated_tables_are_up_to_date(tmp_path):
    for place in docs.TABLES.values():
        copy = tmp_path / place
        copy.parent.mkdir()
        copy.write_text(read(place), encoding="utf-8")
    (tmp_path / "features" / "catalogue.toml").write_text(read("features", "catalogue.toml"), encoding="utf-8")
    shutil.copytree(ROOT / "features" / "lexicons", tmp_path / "features" / "lexicons")
    shutil.copy(ROOT / "features" / "words.npy", tmp_path / "features")
    stale = [path.relative_to(tmp_path) for path in docs.write_tables(tmp_path)]
    assert not stale, "run `python -m linksift.docs` at the top of the tree"


def test_feature_table_has_every_feature():
    contract = load_contract()
    lines = docs.feature_table(contract).splitlines()
    assert [line.split("`")[1] for line in lines[2:]] == contract.names
    assert {line.count("|") - line.count("\\|") for line in lines} == {9}


@pytest.mark.parametrize(
    ("changes", "cell"),
    [
        ({}, "| from 0 | on |"),
        ({"high": 1.0}, "| 0 to 1 | on |"),
        ({"low": -float("inf")}, "| any | on |"),
        ({"low": -float("inf"), "high": 2.5}, "| to 2.5 | on |"),
        ({"on": False, "off_because": "it leaks"}, "| off: it leaks |"),
        ({"meaning": "a | b\nc"}, "| a \\| b c |"),
    ],
)
def test_feature_table_cells(changes, cell):
    words = WordWeights(np.zeros((BUCKETS, len(OUTPUTS))), sha256="0" * 64)
    assert cell in docs.feature_table(Contract((feature(**changes),), {}, words))


@given(st.text(), st.text(alphabet=st.characters(exclude_characters="<")))
def test_with_block_replaces_only_the_block(around, body):
    text = f"top\n<!-- x:start -->\nold\n<!-- x:end -->\nrest {around.replace('<', '')}"
    new = docs.with_block(text, "x", body)
    assert new == text.replace("\nold\n", f"\n{body}\n", 1)
    assert docs.with_block(new, "x", body) == new


@pytest.mark.parametrize("text", ["", "<!-- x:start -->\n", "<!-- x:end -->\n<!-- x:start -->\n"])
def test_with_block_without_markers(text):
    with pytest.raises(ValueError, match="x:start"):
        docs.with_block(text, "x", "body")


def test_readme_opens_with_the_two_commands():
    opening = read("README.md").splitlines()[:12]
    assert opening.index("make demo") < opening.index("make test")


@pytest.mark.parametrize("verb", sorted(verbs()))
def test_readme_mentions_every_verb(verb):
    assert f"linksift {verb}" in read("README.md")


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_documented_commands_parse(path):
    for call in commands(path):
        try:
            build_parser().parse_args(call)
        except SystemExit as stop:
            assert stop.code == 0, f"{path}: linksift {' '.join(call)}"


def test_some_commands_are_documented():
    assert {call[0] for call in commands(ROOT / "README.md")} >= {"predict", "train", "evaluate", "explain"}


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_documented_imports_exist(path):
    for block in blocks(path.read_text(encoding="utf-8"), "python"):
        compile(block, str(path), "exec")
        for module, names in re.findall(r"^from (linksift\S*) import (.+)$", block, re.MULTILINE):
            for name in names.split(", "):
                assert hasattr(importlib.import_module(module), name), f"{path}: {module}.{name}"


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_lead_somewhere(path):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(<?([^)>\s]+)", text)
    local = [target.split("#")[0] for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (path.parent / target).exists()] == []


def test_no_file_names_a_path_of_somebodys_machine():
    text = {path: path.read_text(encoding="utf-8", errors="replace") for path in tree_files() if is_source(path)}
    assert text
    assert [str(path) for path, content in text.items() if MACHINE_PATH in content] == []


def is_source(path):
    return path.is_file() and (path.suffix in SUFFIXES or path.name == "Makefile" or path.parent.name == ".ci")


@pytest.mark.parametrize("source", SOURCES)
def test_training_readme_explains_every_label_source(source):
    assert f"`{source}`" in read("training", "README.md")


@pytest.mark.parametrize("recipe", ["default", "quick"])
def test_training_readme_explains_every_key(recipe):
    text = read("training", "README.md")
    keys = re.findall(r"^([a-z_0-9]+) =", load_recipe(recipe).text, re.MULTILINE)
    assert [key for key in keys if f"`{key}`" not in text] == []
