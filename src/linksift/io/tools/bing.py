"""Bing Webmaster Tools."""

from typing import Final

from linksift.io.headers import ExportFormat

FORMATS: Final = (
    ExportFormat(
        name="bing_backlinks",
        title="Bing Webmaster Tools, Backlinks",
        required=frozenset({"Source Url", "Target Url", "Anchor text"}),
        columns={"page_url": "Source Url", "target_url": "Target Url", "anchor": "Anchor text"},
    ),
    ExportFormat(
        name="bing_refdomains",
        title="Bing Webmaster Tools, Referring domains",
        level="domain",
        required=frozenset({"Domain", "Backlinks Count"}),
        columns={"domain": "Domain", "weight": "Backlinks Count"},
    ),
    ExportFormat(
        name="bing_anchors",
        title="Bing Webmaster Tools, Anchors",
        level="anchor",
        required=frozenset({"Anchor", "Backlinks Count"}),
        columns={"anchor": "Anchor", "weight": "Backlinks Count"},
    ),
)
