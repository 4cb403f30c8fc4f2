"""More of a single link on its page: what counts, what is hidden, what is paid (family ``link``; needs ``page``)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from linksift.areas import Area
from linksift.document import Document
from linksift.features.hiding import Hiding, is_allowed, is_hidden_by_rule
from linksift.features.outbound import Outbound
from linksift.features.scripts import main_script
from linksift.features.vocabulary import Vocabulary
from linksift.text import ratio, tokens
from linksift.walk import PageLink

_NEAR_WORDS = 20
_EDITORIAL_WORDS = 60


@dataclass(frozen=True, slots=True)
class LinkShared:
    """What all links of a page share: hiding rules, outbound facts, main script, and whether the title discloses payment."""

    hiding: Hiding
    outbound: Outbound
    script: str | None
    title_discloses: bool


def link_features(
    link: PageLink, document: Document, shared: LinkShared, place: Mapping[str, float], vocabulary: Vocabulary
) -> dict[str, float]:
    """Measure a link; `place` is what `linksift.features.place.place_features` measured of it."""
    rel, text = link.rel, shared.outbound.texts.get(link.ordinal, "")
    marked = "nofollow" in rel or "sponsored" in rel or "ugc" in rel
    followed = not (marked or document.head.nofollow)
    by_rule = is_hidden_by_rule(link, shared.hiding)
    hidden = by_rule or bool(link.area & Area.HIDDEN)
    disclosed = _is_disclosed(link, text, place, shared, vocabulary)
    near = min(_NEAR_WORDS, place["context_left_words"]) + min(_NEAR_WORDS, place["context_right_words"])
    zones = vocabulary.zones.around(link)
    script = main_script(text[:200]) if shared.script else None
    return {f"link_in_{zone}": float(zone in zones) for zone in vocabulary.zones.names} | {
        "rel_nofollow": float("nofollow" in rel),
        "rel_sponsored": float("sponsored" in rel),
        "rel_ugc": float("ugc" in rel),
        "link_page_nofollow": float(document.head.nofollow),
        "link_followed": float(followed),
        "link_hidden": float(hidden and not is_allowed(link)),
        "link_hidden_by_rule": float(by_rule),
        "link_disclosed": float(disclosed),
        "link_paid_but_followed": float(disclosed and followed),
        "link_affiliate": float(link.ordinal in shared.outbound.affiliates),
        "link_gap": float(shared.outbound.gaps.get(link.ordinal, math.nan)),
        "link_site_anchors": float(shared.outbound.site_anchors.get(link.site, 0)),
        "link_money_share": min(1.0, ratio(place["context_money_terms"] + place["context_trade_terms"], near)),
        "link_editorial": float(_is_editorial(link, place)),
        "link_script_differs": math.nan if script is None else float(script != shared.script),
    }


def _is_disclosed(
    link: PageLink, text: str, place: Mapping[str, float], shared: LinkShared, vocabulary: Vocabulary
) -> bool:
    """Tell whether the page says near the link, in its heading, in its area or in its title that it was paid for."""
    if place["context_disclosure"] or place["heading_sold_links"] or shared.title_discloses or link.area & Area.AD:
        return True
    return bool(text) and vocabulary["disclosure"].any(tokens(text[:400]), text[:400].casefold())


def _is_editorial(link: PageLink, place: Mapping[str, float]) -> bool:
    """Tell whether a link stands in a running paragraph of the main text: sixty words or more, and at most three links."""
    n_words = place["context_left_words"] + place["context_right_words"]
    is_place = place["block_is_paragraph"] and place["place_in_main"] == 1.0 and not link.area & Area.COMMENT
    return bool(is_place and n_words >= _EDITORIAL_WORDS and link.block.n_links <= 3)
