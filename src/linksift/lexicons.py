"""Word lists: plain text files, one entry a line, matched against tokens, phrases and host names."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from linksift.text import has_unspaced_script, tokens


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One list, ready for matching.

    Attributes
    ----------
    entries
        Every entry as it is written, without its mark.
    words
        Entries of one token.
    phrases
        Entries of two tokens or more, by their first token.
    fragments
        Entries in a script that is written without spaces (Chinese, Japanese, Thai): matched as substrings of running text.
    substrings
        Entries marked ``~`` in the file: also matched inside host names and URL paths.
    sha256
        Digest of the entries, so that a comment may change without making another lexicon.
    """

    name: str
    entries: frozenset[str]
    words: frozenset[str]
    phrases: dict[str, tuple[tuple[str, ...], ...]]
    fragments: re.Pattern[str] | None
    substrings: re.Pattern[str] | None
    sha256: str

    @classmethod
    def parse(cls, name: str, text: str) -> "Lexicon":
        """Read the text of a lexicon file: ``#`` comments, blank lines, ``~`` before an entry that also matches inside a host name."""
        lines = (unicodedata.normalize("NFC", line.split("#", 1)[0]).strip().casefold() for line in text.splitlines())
        entries = sorted({line for line in lines if line and line != "~"})
        plain = {entry.removeprefix("~").strip() for entry in entries}
        inside = {entry.removeprefix("~").strip() for entry in entries if entry.startswith("~")}
        fragments = {entry for entry in plain if has_unspaced_script(entry)}
        words, phrases = set(), dict[str, list[tuple[str, ...]]]()
        for entry in sorted(plain - fragments):
            parts = tuple(tokens(entry))
            if len(parts) == 1:
                words.add(parts[0])
            elif parts:
                phrases.setdefault(parts[0], []).append(parts)
        return cls(
            name=name,
            entries=frozenset(plain),
            words=frozenset(words),
            phrases={first: tuple(rest) for first, rest in phrases.items()},
            fragments=_any_of(fragments),
            substrings=_any_of(inside),
            sha256=hashlib.sha256("\n".join(entries).encode()).hexdigest(),
        )

    def count(self, words: Sequence[str], text: str = "") -> int:
        """Count the entries that occur: single words and phrases among `words`, unspaced scripts in `text` (case-folded)."""
        hits = 0
        if not self.words.isdisjoint(words):
            hits = sum(word in self.words for word in words)
        if not self.phrases.keys().isdisjoint(words):
            for at, word in enumerate(words):
                for phrase in self.phrases.get(word, ()):
                    hits += tuple(words[at : at + len(phrase)]) == phrase
        # An entry of such a script holds one of its characters.
        if self.fragments and has_unspaced_script(text):
            hits += sum(1 for _ in self.fragments.finditer(text))
        return hits

    def any(self, words: Sequence[str], text: str = "") -> bool:
        """Tell whether an entry occurs."""
        if not self.words.isdisjoint(words):
            return True
        if self.fragments and has_unspaced_script(text) and self.fragments.search(text):
            return True
        return not self.phrases.keys().isdisjoint(words) and self.count(words) > 0

    def is_entry(self, words: Sequence[str], text: str = "") -> bool:
        """Tell whether the whole of a short text is one entry; it may hold no word (``»``)."""
        if text.strip() in self.entries or (len(words) == 1 and words[0] in self.words):
            return True
        if words and tuple(words) in self.phrases.get(words[0], ()):
            return True
        return bool(self.fragments and self.fragments.fullmatch(text.strip()))

    def inside(self, name: str) -> bool:
        """Tell whether an entry marked ``~`` occurs inside a host name or path."""
        return bool(self.substrings and self.substrings.search(name))


def _any_of(entries: Iterable[str]) -> re.Pattern[str] | None:
    # Longest first, so that of two entries the more specific one is taken.
    ordered = sorted(entries, key=lambda entry: (-len(entry), entry))
    return re.compile("|".join(re.escape(entry) for entry in ordered)) if ordered else None


class LexiconGroup:
    """Several lexicons counted in one pass over the words of a text."""

    def __init__(self, lexicons: Sequence[Lexicon]) -> None:
        self.names = tuple(lexicon.name for lexicon in lexicons)
        self._fragments = [(lexicon.name, lexicon.fragments) for lexicon in lexicons if lexicon.fragments]
        self._by_first: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        for lexicon in lexicons:
            for word in sorted(lexicon.words):
                self._by_first.setdefault(word, []).append((lexicon.name, (word,)))
            for first, phrases in lexicon.phrases.items():
                self._by_first.setdefault(first, []).extend((lexicon.name, phrase) for phrase in phrases)

    def count(self, words: Sequence[str], text: str = "") -> dict[str, int]:
        """Count the entries of each lexicon, as `Lexicon.count` does."""
        counts = dict.fromkeys(self.names, 0)
        by_first = self._by_first
        if not by_first.keys().isdisjoint(words):
            for at in [at for at, word in enumerate(words) if word in by_first]:
                for name, phrase in by_first[words[at]]:
                    if len(phrase) == 1 or tuple(words[at : at + len(phrase)]) == phrase:
                        counts[name] += 1
        if self._fragments and has_unspaced_script(text):
            for name, pattern in self._fragments:
                counts[name] += sum(1 for _ in pattern.finditer(text))
        return counts

    def any(self, words: Sequence[str], text: str = "") -> bool:
        """Tell whether an entry of any of them occurs."""
        if self._by_first.keys().isdisjoint(words) and not (self._fragments and has_unspaced_script(text)):
            return False
        return any(self.count(words, text).values())


class Covering:
    """Several lexicons, to count the words of a short text that stand in an entry of any of them."""

    def __init__(self, lexicons: Sequence[Lexicon]) -> None:
        self._words = frozenset().union(*(lexicon.words for lexicon in lexicons))
        self._phrases: dict[str, list[tuple[str, ...]]] = {}
        for lexicon in lexicons:
            for first, phrases in lexicon.phrases.items():
                self._phrases.setdefault(first, []).extend(phrases)

    def covered(self, words: Sequence[str]) -> int:
        """Count the words that are an entry or part of one, each once."""
        hit = [word in self._words for word in words]
        for at, word in enumerate(words):
            for phrase in self._phrases.get(word, ()):
                if tuple(words[at : at + len(phrase)]) == phrase:
                    hit[at : at + len(phrase)] = [True] * len(phrase)
        return sum(hit)
