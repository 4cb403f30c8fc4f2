"""Semrush: Backlink Analytics and Backlink Audit."""

from typing import Final

from linksift.io.columns import is_value
from linksift.io.headers import ExportFormat

FORMATS: Final = (
    ExportFormat(
        name="semrush_backlinks",
        title="Semrush, Backlinks",
        required=frozenset({"Page ascore", "Source url", "Target url", "Anchor", "Nofollow"}),
        columns={
            "page_url": "Source url",
            "target_url": "Target url",
            "anchor": "Anchor",
            "title": "Source title",
            "nofollow": "Nofollow",
            "sponsored": "Sponsored",
            "ugc": "Ugc",
            "image": "Image",
            "sitewide": "Sitewide",
            "n_external": "External links",
            "n_internal": "Internal links",
            "semrush_page_ascore": "Page ascore",
            "first_seen": "First seen",
            "last_seen": "Last seen",
            "lost": "Lost link",
        },
    ),
    ExportFormat(
        name="semrush_backlink_audit",
        title="Semrush, Backlink Audit",
        required=frozenset({"Source URL", "Target URL", "Anchor", "No Follow", "Toxic Score"}),
        columns={
            "page_url": "Source URL",
            "domain": "Source Domain",
            "target_url": "Target URL",
            "anchor": "Anchor",
            "title": "Source Page Title",
            "nofollow": "No Follow",
            "semrush_page_ascore": "Page Authority Score",
            "semrush_domain_ascore": "Domain Authority Score",
            "semrush_toxic_score": "Toxic Score",
            "first_seen": "First Seen",
            "last_seen": "Last Seen",
        },
        derived={"image": (("Link Type",), is_value("img"))},
    ),
    ExportFormat(
        name="semrush_refdomains",
        title="Semrush, Referring domains",
        level="domain",
        required=frozenset({"Domain ascore", "Domain", "Backlinks"}),
        columns={
            "domain": "Domain",
            "semrush_domain_ascore": "Domain ascore",
            "first_seen": "First seen",
            "last_seen": "Last seen",
            "weight": "Backlinks",
        },
    ),
    ExportFormat(
        name="semrush_outgoing_domains",
        title="Semrush, Outgoing domains",
        level="none",
        required=frozenset({"Domain ascore", "Domain", "Links"}),
        advice="it lists domains that your site links to: export Backlinks or Referring domains",
    ),
)
