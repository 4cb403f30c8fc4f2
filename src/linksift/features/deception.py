"""Pages that are not what they seem: hijacked hosts, parasites, parked and missing pages (family ``deception``; needs ``page``).

Each is a sign, to be weighed with others: a page in a second language is no hijacked host.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

from linksift.areas import Area
from linksift.document import Document
from linksift.features.scripts import main_script, script_shares
from linksift.features.vocabulary import TRADES, Vocabulary
from linksift.text import tokens
from linksift.urls import host_of, host_parts, split_url
from linksift.walk import PageLink

_INSTITUTIONS: Final = frozenset(("edu", "gov", "mil", "ac", "int"))
_FEW_WORDS: Final = 200
_MAX_INTERNAL: Final = 200
_MIN_INTERNAL: Final = 3
_DIRECTORY_SHARE: Final = 0.3


def deception_features(
    document: Document,
    external: Sequence[PageLink],
    texts: Mapping[int, str],
    page: Mapping[str, float],
    vocabulary: Vocabulary,
) -> dict[str, float]:
    """Measure signs of deception.

    Parameters
    ----------
    texts
        Text of each external link, by ordinal.
    page
        Features of the page so far, those of the families ``trade`` and ``language`` among them.
    """
    title = document.head.title
    title_words = tokens(title)
    trades = sum(vocabulary.trades.count(title_words, title.casefold()).values())
    few = page["page_words"] < _FEW_WORDS
    missing = vocabulary["soft404"].any(title_words, title.casefold())
    parked = vocabulary["parked"].any(title_words, title.casefold())
    return {
        "page_parked": float(parked or (few and page.get("trade_parked", 0.0) > 0)),
        "page_soft404": float(missing or (few and page.get("trade_soft404", 0.0) > 0)),
        "page_directory": float(_is_directory(document.url, title_words, title, page, vocabulary)),
    } | _hijacked(document, external, texts, trades, page, vocabulary)


def _is_directory(
    url: str | None, title_words: Sequence[str], title: str, page: Mapping[str, float], vocabulary: Vocabulary
) -> bool:
    """Tell whether a page is a directory: its path or title says so, and three tenths of its text stand in links."""
    parts = split_url(url) if url else None
    named = vocabulary["directory_titles"].any(title_words, title.casefold())
    in_path = parts is not None and vocabulary["path_directory"].any(tokens(parts.path.replace("-", " ")))
    return (named or in_path) and page.get("out_anchor_chars", 0.0) >= _DIRECTORY_SHARE


def _hijacked(
    document: Document,
    external: Sequence[PageLink],
    texts: Mapping[int, str],
    trades: int,
    page: Mapping[str, float],
    vocabulary: Vocabulary,
) -> dict[str, float]:
    """Compare a page with its host as its internal links and its name show it."""
    host = host_of(document.url)
    if host is None:
        return {}
    site = document.site
    own = islice((link for link in document.walked.links if link.site == site), _MAX_INTERNAL)
    internal = [link.text[:100] for link in own]
    menu = " ".join(internal)
    names_trade = any(vocabulary[trade].inside(host) for trade in TRADES)
    off_topic = _off_topic(menu, len(internal), trades, vocabulary)
    if names_trade:
        off_topic = 0.0
    hidden = any(
        link.area & Area.HIDDEN and _is_trade(texts.get(link.ordinal, ""), vocabulary)
        for link in external[:_MAX_INTERNAL]
    )
    script = _other_script(document.head.title, menu, len(internal))
    signs = [off_topic, script, float(hidden), page.get("lang_differs", math.nan)]
    return {
        "hijack_topic": off_topic,
        "hijack_script": script,
        "hijack_hidden_trade": float(hidden),
        "hijack_signs": float(sum(sign == 1.0 for sign in signs)),
        "page_parasite": float(_is_lent(host, vocabulary) and trades > 0 and not names_trade),
    }


def _off_topic(menu: str, n_internal: int, trades: int, vocabulary: Vocabulary) -> float:
    """Tell whether the title names a spam trade of which the host's own links say nothing; NaN where there are few."""
    if n_internal < _MIN_INTERNAL:
        return math.nan
    return float(trades > 0 and not _is_trade(menu, vocabulary))


def _other_script(title: str, menu: str, n_internal: int) -> float:
    of_title, of_menu = main_script(title[:500]), script_shares(menu)
    if n_internal < _MIN_INTERNAL or of_title is None or not of_menu:
        return math.nan
    return float(of_menu.get(of_title, 0.0) < 0.1)


def _is_trade(text: str, vocabulary: Vocabulary) -> bool:
    return bool(text) and any(vocabulary.trades.count(tokens(text), text.casefold()).values())


def _is_lent(host: str, vocabulary: Vocabulary) -> bool:
    """Tell whether a host lends its good name: an institution's, a platform's, or one of a platform's users."""
    cut = host_parts(host)
    is_institution = bool(_INSTITUTIONS.intersection(cut.suffix.split(".")))
    return is_institution or cut.is_private_suffix or vocabulary.is_platform(host)
