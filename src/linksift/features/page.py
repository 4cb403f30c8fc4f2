"""Features of the linking page as a whole: text, outbound links, markup, spam trades (needs ``page``)."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from linksift.document import Document
from linksift.features.vocabulary import PAGE_TERMS, TRADES, Vocabulary
from linksift.targets import Base
from linksift.text import fold_space, has_unspaced_script, ratio, text_statistics, tokens
from linksift.urls import host_of, registrable_domain
from linksift.walk import PageLink

_MAX_TEXT: Final = 200_000
_CONTACT: Final = ("\nmailto:", "\ntel:", "contact")
# Scripts are long: they are searched for letters first, and with a pattern only where these occur.
_AD_SCRIPTS: Final = ("adsbygoogle", "googlesyndication", "doubleclick", "amazon-adsystem", "taboola", "outbrain")
_AD_IDS: Final = {"ca-pub-": re.compile(r"ca-pub-\d")}
_TRACKERS: Final = ("google-analytics", "matomo", "plausible")
_TRACKER_IDS: Final = {
    "UA-": re.compile(r"\bUA-\d{4,}"),
    "G-": re.compile(r"\bG-[A-Z0-9]{6,}"),
    "GTM-": re.compile(r"\bGTM-[A-Z0-9]{4,}"),
}
_NO_BASE: Final = Base(None)
_REDIRECT = re.compile(r"(?:window|document|top|self)\.location(?:\.href)?\s*=|location\.replace\(")


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What every link of a page shares: its features, and what the link's own features compare with."""

    features: dict[str, float]
    external: list[PageLink]
    n_internal: float
    title_words: Counter[str]
    text_words: Counter[str]
    main_words: list[str]
    site_counts: Counter[str | None]


def measure_page(document: Document, vocabulary: Vocabulary) -> PageFacts:
    """Measure a page once for all its links."""
    lines = document.main.lines if document.main is not None else []
    main_text = "\n".join(lines)[:_MAX_TEXT]
    visible = document.walked.text[:_MAX_TEXT]
    visible_words = tokens(visible)
    external = document.external_links()
    n_internal = _count_internal(document, external)
    main_words = tokens(main_text)
    features = (
        (text_statistics(lines, main_words) if document.main is not None else {})
        | _outbound(document, external, n_internal, len(visible_words), vocabulary)
        | _trade_features(document, visible, visible_words, vocabulary)
        | _markup(document, len(visible_words))
    )
    features["text_main_share"] = ratio(len(main_words), len(visible_words)) if document.main is not None else math.nan
    return PageFacts(
        features=features,
        external=external,
        n_internal=n_internal,
        title_words=Counter(tokens(document.head.title)),
        text_words=Counter(visible_words),
        main_words=main_words,
        site_counts=Counter(link.site for link in external),
    )


def _count_internal(document: Document, external: list[PageLink]) -> float:
    if document.site is None:
        return math.nan
    site = document.site
    return float(sum([link.site == site for link in document.walked.links]))


def _outbound(
    document: Document, external: list[PageLink], n_internal: float, n_words: int, vocabulary: Vocabulary
) -> dict[str, float]:
    """Outbound links (family ``outbound``). ``out_absolute*`` hold also where the page's host is unknown."""
    host_known = document.site is not None
    n = len(external)
    sites = Counter(link.site for link in external)
    platforms = sum(vocabulary.is_platform(link.site or "") for link in external)
    own = [link for link in external if not vocabulary.is_platform(link.site or "")]
    texts = [link.text[:200].casefold() for link in own]
    anchors = [tokens(text) for text in texts]
    trade_anchors = sum(vocabulary.trades.any(words, text) for words, text in zip(anchors, texts, strict=True))
    known = {
        "out_external": float(n),
        "out_internal": n_internal,
        "out_external_share": ratio(n, n + n_internal),
        "out_external_sites": float(len(sites)),
        "out_external_per_word": ratio(n, n_words),
    }
    return (known if host_known else {}) | {
        "out_links": float(len(document.walked.links)),
        "out_links_per_word": ratio(len(document.walked.links), n_words),
        "out_absolute": float(n),
        "out_absolute_sites": float(len(sites)),
        "out_absolute_per_word": ratio(n, n_words),
        "out_top_site_share": ratio(max(sites.values(), default=0), n),
        "out_site_entropy": -sum(c / n * math.log(c / n) for c in sites.values()) + 0.0 if n else math.nan,
        "out_followed_share": ratio(sum("nofollow" not in link.rel for link in external), n),
        "out_platform_share": ratio(platforms, n),
        "out_trade_anchor_share": ratio(trade_anchors, len(own)),
        "out_repeated_anchor_share": ratio(len(anchors) - len(set(map(tuple, anchors))), len(anchors)),
        "out_anchor_chars": ratio(document.walked.link_chars, document.walked.chars),
        "out_relative_share": ratio(
            sum([link.site is None for link in document.walked.links]), len(document.walked.links)
        ),
    }


def _trade_features(document: Document, visible: str, words: list[str], vocabulary: Vocabulary) -> dict[str, float]:
    """Spam trades in the page's visible text, description and head (family ``trade``); rates are per word."""
    # Only scripts without spaces are looked for in the text; the rest are among the words.
    found = vocabulary.page_terms.count(words, fold_space(visible).casefold() if has_unspaced_script(visible) else "")
    counts = {name: found[name] for name in TRADES}
    n = len(words)
    description = " ".join(document.head.metas.get(name, "") for name in ("description", "keywords"))[:4_000].casefold()
    described = tokens(description)
    features = {f"trade_{name}": ratio(count, n) for name, count in counts.items()}
    features["trade_all"] = ratio(sum(counts.values()), n)
    features["trade_top"] = ratio(max(counts.values()), n)
    features["trade_distinct"] = float(sum(count >= 2 for count in counts.values()))
    features["trade_described"] = ratio(sum(vocabulary.trades.count(described, description).values()), len(described))
    for name in PAGE_TERMS:
        features[f"trade_{name}"] = ratio(found[name], n)
    return features


def _markup(document: Document, n_words: int) -> dict[str, float]:
    """Markup, transparency and deception (family ``markup``)."""
    head, walked, tags = document.head, document.walked, document.walked.tags
    scripts = [(script.get("src") or "", script.text or "") for script in document.root.iter("script")]
    sources = " ".join(source for source, _ in scripts)
    inline = " ".join(text[:20_000] for _, text in scripts)[:_MAX_TEXT]
    hrefs = "\n".join(["", *[link.href for link in walked.links]]).lower()
    generator = head.metas.get("generator", "").lower()
    script_sites = {_NO_BASE.site(source) for source, _ in scripts if source.startswith(("http", "//"))}
    canonical_site = registrable_domain(head.canonical) if host_of(head.canonical) else None
    features = {
        "page_bytes": document.n_bytes,
        "page_elements": walked.elements,
        "page_words": n_words,
        "page_visible_share": ratio(walked.chars, document.n_bytes),
        "page_hidden_share": ratio(walked.hidden_chars, walked.chars),
        "page_headings": sum(tags.get(f"h{level}", 0) for level in range(1, 7)),
        "page_h1": tags.get("h1", 0),
        "page_paragraphs": tags.get("p", 0),
        "page_images": tags.get("img", 0),
        "page_images_per_word": ratio(tags.get("img", 0), n_words),
        "page_lists": tags.get("ul", 0) + tags.get("ol", 0),
        "page_tables": tags.get("table", 0),
        "page_forms": tags.get("form", 0),
        "page_iframes": tags.get("iframe", 0),
        "page_scripts": len(scripts),
        "page_script_sites": len(script_sites - {document.site, None}),
        "page_description_chars": len(head.metas.get("description", "")),
        "page_keywords_chars": len(head.metas.get("keywords", "")),
        "page_has_author": "author" in head.metas or "article:author" in head.metas or 'rel="author"' in inline,
        "page_has_date": tags.get("time", 0) > 0 or any("published" in name or name == "date" for name in head.metas),
        "page_has_contact": any(mark in hrefs for mark in _CONTACT),
        "page_has_schema": "schema.org" in inline,
        "page_has_feed": any("rss" in (link.get("type") or "") for link in document.root.iter("link")),
        "page_ads": _names(sources, _AD_SCRIPTS, _AD_IDS) or _names(inline, _AD_SCRIPTS, _AD_IDS),
        "page_tracker": _names(sources, _TRACKERS, _TRACKER_IDS) or _names(inline, _TRACKERS, _TRACKER_IDS),
        "page_redirects": "refresh" in head.metas or ("location" in inline and bool(_REDIRECT.search(inline[:50_000]))),
        "page_noindex": head.noindex,
        "page_amp": document.root.get("amp") is not None or document.root.get("⚡") is not None,
        "page_wordpress": "wordpress" in generator or "wp-content" in sources,
        "page_forum": any(name in generator for name in ("phpbb", "vbulletin", "discourse", "smf")),
        "page_has_language": head.language is not None,
        "page_has_title": bool(head.title),
    }
    if document.site is not None and canonical_site is not None:
        features["page_canonical_elsewhere"] = canonical_site != document.site
    return {key: float(value) for key, value in features.items()}


def _names(text: str, marks: Sequence[str], ids: Mapping[str, re.Pattern[str]]) -> bool:
    """Tell whether a text holds one of some marks, or an id, by the letters that it begins with."""
    return any(mark in text for mark in marks) or any(
        start in text and pattern.search(text) for start, pattern in ids.items()
    )
