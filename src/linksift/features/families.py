"""Where the newer families of features are called, once per URL, row, page and link."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from linksift.document import Document
from linksift.features.anchor import anchor_features, pair_features
from linksift.features.deception import deception_features
from linksift.features.hiding import find_hiding
from linksift.features.language import Language, language_features, read_language
from linksift.features.link import LinkShared, link_features
from linksift.features.markup import markup_features, read_scripts
from linksift.features.outbound import measure_outbound
from linksift.features.page import PageFacts
from linksift.features.place import block_words
from linksift.features.provider import provider_features
from linksift.features.quality import quality_features
from linksift.features.row import RowFacts, split_image
from linksift.features.target import page_target_features, row_target_features
from linksift.features.vocabulary import Vocabulary
from linksift.text import tokens
from linksift.walk import PageLink

Values = dict[str, float]
_MAX_TEXT: Final = 200_000
_NEAR_WORDS: Final = 20


@dataclass(frozen=True, slots=True)
class PageFamilies:
    """What the newer families say of a page, and what its links need of it."""

    features: Values
    shared: LinkShared
    language: Language


def row_families(facts: RowFacts, row: Mapping[str, float], vocabulary: Vocabulary) -> Values:
    """Measure a row; `row` is what `linksift.features.row.row_features` measured of it."""
    anchor, _ = split_image(facts.anchor)
    title = facts.title
    return (
        anchor_features(anchor, title, facts.target_url, facts.target_text, row, vocabulary)
        | pair_features(facts.page_url, title, facts.target_url, vocabulary)
        | row_target_features(facts.page_url, title, anchor, facts.target_text)
        | provider_features(facts.metrics)
    )


def page_families(document: Document, page: PageFacts, vocabulary: Vocabulary) -> PageFamilies:
    """Measure a page once for all its links; `page` is what `linksift.features.page.measure_page` measured of it."""
    title = document.head.title
    lines = document.main.lines if document.main is not None else []
    language = read_language(document.walked.text[:_MAX_TEXT])
    outbound = measure_outbound(page.external, vocabulary)
    scripts = read_scripts(document.root)
    features = (
        language_features(language, page.text_words, document.head.language, title)
        | quality_features(lines, page.main_words, vocabulary)
        | markup_features(document, scripts, page.text_words.total())
        | outbound.features
    )
    features |= deception_features(document, page.external, outbound.texts, page.features | features, vocabulary)
    discloses = vocabulary["disclosure"].any(tokens(title), title.casefold())
    hiding = find_hiding(document.root, scripts.css)
    return PageFamilies(features, LinkShared(hiding, outbound, language.script, discloses), language)


def link_families(
    link: PageLink,
    document: Document,
    page: PageFacts,
    families: PageFamilies,
    place: Mapping[str, float],
    vocabulary: Vocabulary,
    target_text: str | None,
) -> Values:
    """Measure a link; `place` is what `linksift.features.place.place_features` measured of it."""
    features = link_features(link, document, families.shared, place, vocabulary)
    if target_text:
        left, right = block_words(link)
        near = left[-_NEAR_WORDS:] + right[:_NEAR_WORDS]
        features |= page_target_features(
            families.language.code, families.language.script, page.text_words, near, target_text
        )
    return features
