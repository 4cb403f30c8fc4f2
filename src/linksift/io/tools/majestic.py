"""Majestic. A mark (``Flag…``) is empty where it is not set; ``-1`` stands for missing."""

from typing import Final

from linksift.io.columns import day_first_date, is_set, when_set
from linksift.io.headers import ExportFormat

FORMATS: Final = (
    ExportFormat(
        name="majestic_backlinks",
        title="Majestic, Backlinks",
        required=frozenset({"Source URL", "Target URL", "Anchor Text", "SourceTrustFlow"}),
        columns={
            "page_url": "Source URL",
            "target_url": "Target URL",
            "anchor": "Anchor Text",
            "majestic_citation_flow": "SourceCitationFlow",
            "majestic_trust_flow": "SourceTrustFlow",
            "first_seen": "Source First Found Date",
            "last_seen": "Source Crawl Date",
        },
        derived={"nofollow": (("FlagNoFollow",), is_set), "image": (("FlagImageLink",), is_set)},
        problem=(("FlagMention",), when_set("a mention of the site without a link")),
    ),
    ExportFormat(
        name="majestic_refdomains",
        title="Majestic, Referring domains",
        level="domain",
        required=frozenset({"Position", "Domain", "RefDomains", "CitationFlow", "TrustFlow"}),
        columns={
            "domain": "Domain",
            "majestic_citation_flow": "CitationFlow",
            "majestic_trust_flow": "TrustFlow",
            # The name of the site linked to stands inside these names.
            "weight": "BackLinks *",
        },
        derived={
            "first_seen": (("FirstLinkDate *",), day_first_date),
            "last_seen": (("LastLinkDate *",), day_first_date),
        },
    ),
)
