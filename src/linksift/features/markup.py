"""More of a page's head, scripts and ids (family ``markup``; needs ``page``)."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lxml.html import HtmlElement

from linksift.areas import Area
from linksift.document import Document
from linksift.text import ratio
from linksift.urls import page_key, registrable_domain, split_url

_MAX_SCRIPT: Final = 20_000
_MAX_INLINE: Final = 200_000
# Each pattern begins with its letters, so that the search skips to them.
_ANALYTICS: Final = {
    "UA-": re.compile(r"UA-\d{4,10}-\d{1,4}\b"),
    "G-": re.compile(r"G-(?=[A-Z0-9]{0,11}\d)[A-Z0-9]{8,12}\b"),
    "GTM-": re.compile(r"GTM-[A-Z0-9]{4,8}\b"),
    "AW-": re.compile(r"AW-\d{8,12}\b"),
}
_AD_IDS = re.compile(r"pub-(\d{10,20})\b")
_PIXEL: Final = ("connect.facebook.net", "fbq(")
_DOUBLECLICK: Final = ("doubleclick.net", "googlesyndication.com", "googleadservices.com")
_AD_FRAME = re.compile(
    r"doubleclick|googlesyndication|adserver|/ads?/|amazon-adsystem|taboola|outbrain|exoclick|propeller|adsterra|mgid"
)
_POPUNDER: Final = ("popunder", "pop-under", "popads", "popcash", "onclickads", "clickunder")
_SCRIPT_MOVE = re.compile(r"location(?:(?:\.href)?\s{0,5}=(?!=)|\.(?:replace|assign)\()")
_WINDOWS: Final = ("window.", "document.", "top.", "self.", "parent.")
_REFRESH = re.compile(
    r"^\s{0,5}(\d{1,6})(?:\.\d*)?\s{0,5}(?:[;,]\s{0,5}(?:url\s{0,5}=\s{0,5})?['\"]?([^'\"]{1,2000}))?", re.IGNORECASE
)
_CONTACT: Final = ("contact", "kontakt", "contatt", "contato", "impressum", "imprint", "iletisim", "lien-he")
_ABOUT: Final = (
    "/about",
    "about.",
    "about-us",
    "ueber-uns",
    "chi-siamo",
    "quienes-somos",
    "/sobre",
    "a-propos",
    "hakkimizda",
)
_PRIVACY: Final = ("privacy", "datenschutz", "privacidad", "confidentialite", "gizlilik", "polityka-prywatnosci")
_FAST_REFRESH: Final = 5
_BUILDERS: Final = (
    "wordpress",
    "joomla",
    "drupal",
    "wix",
    "blogger",
    "squarespace",
    "shopify",
    "typo3",
    "ghost",
    "hugo",
    "jekyll",
)


@dataclass(frozen=True, slots=True)
class Scripts:
    """What one pass over a page's loading elements found: addresses in lower case, and the text of inline scripts."""

    script_urls: str
    style_urls: str
    frame_urls: Sequence[str]
    inline: str
    css: str
    ad_slots: int
    has_icon: bool


def read_scripts(root: HtmlElement) -> Scripts:
    """Collect scripts, style sheets, frames and ad slots in one pass over the tree."""
    scripts, styles, frames, inline, css = [], [], [], [], []
    slots, icon, held = 0, False, 0
    for element in root.iter("script", "style", "link", "iframe", "ins"):
        if element.tag == "script":
            scripts.append((element.get("src") or "")[:2_000])
            if held < _MAX_INLINE and (text := element.text):
                inline.append(text[:_MAX_SCRIPT])
                held += len(inline[-1])
        elif element.tag == "style":
            css.append((element.text or "")[:_MAX_INLINE])
        elif element.tag == "link":
            icon = icon or "icon" in (element.get("rel") or "").lower()
            styles.append((element.get("href") or "")[:2_000])
        elif element.tag == "iframe":
            frames.append((element.get("src") or element.get("data-src") or "")[:2_000].lower())
        else:
            slots += "adsbygoogle" in (element.get("class") or "")
    slots += sum(bool(_AD_FRAME.search(frame)) for frame in frames)
    return Scripts(" ".join(scripts), " ".join(styles).lower(), frames, "\n".join(inline), "\n".join(css), slots, icon)


def tracker_ids(scripts: Scripts) -> tuple[frozenset[str], frozenset[str]]:
    """Return the analytics ids and the ad publisher ids that a page names; pages that share one have one owner."""
    text = f"{scripts.script_urls} {scripts.inline}"
    analytics = (
        match.group()
        for start, pattern in _ANALYTICS.items()
        if start in text
        for match in pattern.finditer(text)
        if not text[max(0, match.start() - 1) : match.start()].isalnum()
    )
    return frozenset(analytics), frozenset(_AD_IDS.findall(text))


def _holds(text: str, parts: Sequence[str]) -> bool:
    return any(part in text for part in parts)


def _moves(inline: str) -> bool:
    """Tell whether a script may send the reader elsewhere: it sets the window's location."""
    for match in _SCRIPT_MOVE.finditer(inline):
        if match.group().endswith("(") or inline[max(0, match.start() - 9) : match.start()].endswith(_WINDOWS):
            return True
    return False


def markup_features(document: Document, scripts: Scripts, n_words: int) -> dict[str, float]:
    """Measure head, scripts, contact and redirects of a page."""
    text = f"{scripts.script_urls} {scripts.inline}"
    analytics, ads = tracker_ids(scripts)
    metas, generator = document.head.metas, document.head.metas.get("generator", "").lower()
    features = {
        "page_favicon": scripts.has_icon,
        "page_google_font": "fonts.googleapis.com" in scripts.style_urls or "fonts.gstatic.com" in scripts.style_urls,
        "page_gtm": "googletagmanager.com" in text,
        "page_doubleclick": _holds(text, _DOUBLECLICK),
        "page_facebook_pixel": _holds(text, _PIXEL),
        "page_social_metas": sum(name.startswith(("og:", "twitter:")) for name in metas),
        "page_analytics_ids": len(analytics),
        "page_ad_ids": len(ads),
        "page_generator": bool(generator),
        "page_builder": any(name in generator for name in _BUILDERS),
        "page_ad_slots": scripts.ad_slots,
        "page_ads_per_100_words": ratio(100 * scripts.ad_slots, n_words),
        "page_popunder": _holds(text.lower(), _POPUNDER),
        "page_script_redirect": _moves(scripts.inline),
        "page_date_published": "article:published_time" in metas or '"datePublished"' in scripts.inline,
        "page_viewport": "viewport" in metas,
    }
    return (
        {name: float(value) for name, value in features.items()}
        | _people(document, scripts)
        | _canonical(document)
        | _refresh(document)
    )


def _people(document: Document, scripts: Scripts) -> dict[str, float]:
    """Tell what a page says of who stands behind it. Small honest sites often lack one of these: none is a cause alone."""
    links = document.walked.links
    hrefs = "\n".join(["", *(link.href[:200] for link in links)]).lower()
    kinds = (
        "\nmailto:" in hrefs,
        "\ntel:" in hrefs,
        _holds(hrefs, _CONTACT),
        document.walked.tags.get("address", 0) > 0,
    )
    return {
        "page_contact_kinds": float(sum(kinds)),
        "page_about": float(_holds(hrefs, _ABOUT)),
        "page_privacy": float(_holds(hrefs, _PRIVACY)),
        "page_linkedin": float(any(link.site == "linkedin.com" for link in links)),
        "page_byline": float(
            any(link.area & Area.AUTHOR or "author" in link.rel for link in links)
            or "author" in document.head.metas
            or '"author"' in scripts.inline
        ),
    }


def _canonical(document: Document) -> dict[str, float]:
    canonical = document.head.canonical
    own = document.url
    is_absolute = canonical is not None and split_url(canonical) is not None
    known = is_absolute and own is not None and canonical is not None
    return {
        "page_canonical_none": float(not canonical),
        "page_canonical_self": float(page_key(canonical) == page_key(own)) if known and canonical and own else math.nan,
    }


def _refresh(document: Document) -> dict[str, float]:
    match = _REFRESH.match(document.head.metas.get("refresh", ""))
    fast = bool(match) and int(match.group(1)) <= _FAST_REFRESH if match else False
    to = registrable_domain(match.group(2)) if match and match.group(2) and "//" in match.group(2) else None
    return {
        "page_refresh": float(fast),
        "page_refresh_elsewhere": math.nan
        if document.site is None
        else float(fast and to not in (None, document.site)),
    }
