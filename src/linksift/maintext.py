"""The main text of a page, and the links that stand in it, by one of two extractors.

``trafilatura`` keeps the text best; ``resiliparse`` costs a tenth. A model knows the one that it was trained on.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, get_args

import trafilatura
from lxml import etree
from lxml.html import HtmlElement
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree
from trafilatura.meta import reset_caches

from linksift.text import fold_space

Engine = Literal["trafilatura", "resiliparse"]
#: Names of the extractors.
ENGINES: Final[tuple[Engine, ...]] = get_args(Engine)
DEFAULT_ENGINE: Final[Engine] = "trafilatura"

_MAIN_BLOCKS: Final = ("p", "head", "item", "quote", "cell", "code", "list", "table")
_MARK: Final = "https://main.invalid/"
_MARKED = re.compile(rf" ?\({re.escape(_MARK)}(\d{{1,9}})\)")
# trafilatura's caches grow by about a megabyte a page.
_RESET_EVERY: Final = 100
_CALLS = [0]


@dataclass(frozen=True, slots=True)
class MainText:
    """The main text: its lines, and the ordinals of the links that stand in it."""

    lines: list[str]
    ordinals: frozenset[int]


def main_text(root: HtmlElement, engine: Engine) -> MainText:
    """Extract the main text of a page, and see which links survive in it; empty where the extractor finds none.

    Each link's target becomes a mark while this runs, and stays one: this is the last reader of the targets.
    """
    for ordinal, element in enumerate(root.iter("a")):
        if "href" in element.attrib:
            element.set("href", f"{_MARK}{ordinal}")
    try:
        return _EXTRACTORS[engine](root)
    except Exception:  # noqa: BLE001 - a foreign extractor on hostile input; a page without main text is a fact
        return MainText([], frozenset())


def _by_trafilatura(root: HtmlElement) -> MainText:
    _CALLS[0] += 1
    if _CALLS[0] % _RESET_EVERY == 0:
        reset_caches()
    found = trafilatura.bare_extraction(root, fast=True, include_comments=False, include_links=True)
    if found is None or found.body is None:
        return MainText([], frozenset())
    return MainText(_lines(found.body), frozenset(_ordinals(found.body)))


def _lines(body: HtmlElement) -> list[str]:
    """Text of each innermost block."""
    lines = []
    for element in body.iter(*_MAIN_BLOCKS):
        own = [element.text or ""]
        for child in element:
            if child.tag not in _MAIN_BLOCKS:
                own.append("\n" if child.tag == "lb" else "".join(child.itertext()))
            own.append(child.tail or "")
        lines += [line for line in map(fold_space, "".join(own).split("\n")) if line]
    return lines


def _ordinals(body: HtmlElement) -> set[int]:
    targets = (ref.get("target") or "" for ref in body.iter("ref"))
    return {int(target.removeprefix(_MARK)) for target in targets if target.startswith(_MARK)}


def _by_resiliparse(root: HtmlElement) -> MainText:
    # Written out again, so that its parser sees the same links in the same order.
    tree = HTMLTree.parse(etree.tostring(root, encoding="unicode", method="html"))
    text = extract_plain_text(tree, main_content=True, alt_texts=False, list_bullets=False, comments=False, links=True)
    lines = [line for line in map(fold_space, _MARKED.sub("", text).split("\n")) if line]
    return MainText(lines, frozenset(map(int, _MARKED.findall(text))))


_EXTRACTORS: Final[dict[Engine, Callable[[HtmlElement], MainText]]] = {
    "trafilatura": _by_trafilatura,
    "resiliparse": _by_resiliparse,
}
