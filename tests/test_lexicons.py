import unicodedata

import pytest

from linksift._resources import resource
from linksift.lexicons import Lexicon, LexiconGroup
from linksift.text import tokens

FILES = sorted((item for item in resource("features", "lexicons").iterdir() if item.name.endswith(".txt")), key=str)
TEXT = """# A list.
Casino
free spins   # a phrase
~slots
百家乐

บาคาร่า
सट्टेबाजी
»
"""


@pytest.fixture(scope="module")
def lexicon():
    return Lexicon.parse("test", TEXT)


def count(lexicon, text):
    return lexicon.count(tokens(text), text.casefold())


def test_parse(lexicon):
    assert lexicon.words == {"casino", "slots", "सट्टेबाजी"}
    assert lexicon.phrases == {"free": (("free", "spins"),)}
    assert lexicon.entries == {"casino", "free spins", "slots", "百家乐", "บาคาร่า", "सट्टेबाजी", "»"}


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("A CASINO with Free Spins", 2),
        ("casinos", 0),
        ("free the spins", 0),
        ("casino casino", 2),
        ("玩百家乐吧", 1),
        ("เล่นบาคาร่าออนไลน์", 1),
        ("सट्टेबाजी", 1),
        ("सट्टे", 0),
        ("", 0),
    ],
)
def test_count(lexicon, text, n):
    assert count(lexicon, text) == n
    assert LexiconGroup([lexicon]).count(tokens(text), text.casefold()) == {"test": n}


def test_a_group_counts_each_list():
    group = LexiconGroup([Lexicon.parse("a", "free\nfree spins"), Lexicon.parse("b", "spins\nfree")])
    assert group.count(tokens("free spins")) == {"a": 2, "b": 2}


def test_a_marked_entry_also_stands_inside_host_names(lexicon):
    assert lexicon.inside("bestslots24.example")
    assert not lexicon.inside("casino.example")


@pytest.mark.parametrize(
    ("text", "whole"), [("free spins", True), ("slots", True), ("»", True), ("my slots", False), ("", False)]
)
def test_is_entry(lexicon, text, whole):
    assert lexicon.is_entry(tokens(text), text) is whole


def test_no_entry_is_too_long():
    entry = "one two three four five six seven eight"
    assert count(Lexicon.parse("x", entry), f"zero {entry} nine") == 1


def test_the_hash_is_of_the_entries():
    same = Lexicon.parse("x", "# other comment\nslots\n\ncasino # why\n")
    assert same.sha256 == Lexicon.parse("x", "casino\nslots").sha256
    assert same.sha256 != Lexicon.parse("x", "casino\n~slots").sha256
    assert same.sha256 != Lexicon.parse("x", "casino\nslots\nbingo").sha256


def test_an_empty_list_matches_nothing():
    empty = Lexicon.parse("x", "# nothing\n~\n")
    assert not empty.any(["a"], "a")
    assert not empty.inside("a")
    assert not empty.is_entry([], "")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_shipped_lists_are_kept_well(file):
    text = file.read_text(encoding="utf-8")
    head, *_ = text.splitlines()
    entries = [entry for line in text.splitlines() if (entry := line.split("#", 1)[0].strip())]
    assert head.startswith("# ")
    assert "Version " in text
    # The one list that users fill.
    assert entries or file.name == "bad_neighbours.txt"
    assert [entry for entry in entries if entry != unicodedata.normalize("NFC", entry).casefold()] == []
    assert len(entries) == len({entry.removeprefix("~").strip() for entry in entries})
