"""Moz. No real file was at hand: the names are those that importers read. Lines above the header are left out."""

from typing import Final

from linksift.io.headers import ExportFormat

FORMATS: Final = (
    ExportFormat(
        name="moz_inbound_links",
        title="Moz, Inbound links",
        required=frozenset({"URL", "PA", "Anchor Text"}),
        columns={
            "page_url": "URL",
            "target_url": "Target URL",
            "anchor": "Anchor Text",
            "title": "Title",
            "moz_page_authority": "PA",
            "moz_domain_authority": "DA",
            "moz_spam_score": "Spam Score",
            "first_seen": "First Seen",
            "last_seen": "Last Seen",
        },
    ),
    ExportFormat(
        name="moz_linking_domains",
        title="Moz, Linking domains",
        level="domain",
        required=frozenset({"DA", "Spam Score"}),
        columns={
            "domain": ("Root Domain", "Domain"),
            "moz_domain_authority": "DA",
            "moz_spam_score": "Spam Score",
        },
    ),
    ExportFormat(
        name="moz_top_pages",
        title="Moz, Top pages",
        level="none",
        required=frozenset({"URL", "PA", "Linking Domains to Page"}),
        advice="it lists pages of your own site: export Inbound links",
    ),
)
