"""Ahrefs: site explorer exports, its API's names, and what people copy from its screen."""

from typing import Final

from linksift.io.columns import has_ending, is_filled, is_value, without_ending
from linksift.io.headers import ExportFormat

FORMATS: Final = (
    ExportFormat(
        name="ahrefs_backlinks",
        title="Ahrefs, Backlinks",
        required=frozenset({"Referring page URL", "Target URL", "Anchor", "Domain rating", "UR", "Nofollow"}),
        columns={
            "page_url": "Referring page URL",
            "target_url": "Target URL",
            "anchor": "Anchor",
            "title": "Referring page title",
            "left_context": "Left context",
            "right_context": "Right context",
            "nofollow": "Nofollow",
            "sponsored": "Sponsored",
            "ugc": "UGC",
            "n_external": "External links",
            "ahrefs_domain_rating": "Domain rating",
            "ahrefs_url_rating": "UR",
            "ahrefs_domain_traffic": "Domain traffic",
            "ahrefs_page_traffic": "Page traffic",
            "ahrefs_referring_domains": "Referring domains",
            "ahrefs_linked_domains": "Linked domains",
            "ahrefs_is_spam": "Is spam",
            "http_status": "Referring page HTTP code",
            "language": "Language",
            "first_seen": "First seen",
            "last_seen": "Last seen",
            "lost_date": "Lost",
            "weight": "Links in group",
        },
        # `Lost` is the date of the loss, and empty while the link stands.
        derived={"image": (("Type",), is_value("image")), "lost": (("Lost",), is_filled)},
    ),
    ExportFormat(
        name="ahrefs_api_backlinks",
        title="Ahrefs, backlinks in the shape of its API",
        required=frozenset({"src_url", "target_url", "anchor", "is_nofollow"}),
        columns={
            "page_url": "src_url",
            "target_url": "target_url",
            "anchor": "anchor",
            "title": "src_title",
            "left_context": "left_snippet",
            "right_context": "right_snippet",
            "nofollow": "is_nofollow",
            "sponsored": "is_sponsored",
            "ugc": "is_ugc",
            "ahrefs_domain_rating": "src_domain_dr",
            "ahrefs_is_spam": "is_spam_domain",
            "first_seen": "first_seen",
            "last_seen": "last_seen",
        },
        derived={"image": (("link_type",), is_value("image"))},
    ),
    ExportFormat(
        name="ahrefs_refdomains",
        title="Ahrefs, Referring domains",
        level="domain",
        required=frozenset({"Domain", "Links to target"}),
        columns={
            "ahrefs_domain_rating": ("DR", "Domain rating"),
            "ahrefs_domain_traffic": ("Traffic", "Domain traffic"),
            "ahrefs_is_spam": "Is spam",
            "first_seen": "First seen",
            "lost_date": "Lost",
            "weight": "Links to target",
        },
        # Copied from the screen, the badge of a spam domain is glued to its name.
        derived={
            "domain": (("Domain",), without_ending("SPAM")),
            "ahrefs_is_spam": (("Domain",), has_ending("SPAM")),
            "lost": (("Lost",), is_filled),
        },
        is_copied=True,
    ),
    ExportFormat(
        name="ahrefs_anchors",
        title="Ahrefs, Anchors",
        level="anchor",
        required=frozenset({"Anchor text", "Ref. domains", "Links to target"}),
        columns={"anchor": "Anchor text", "first_seen": "First seen", "lost_date": "Lost", "weight": "Links to target"},
    ),
    ExportFormat(
        name="ahrefs_ref_ips",
        title="Ahrefs, Referring IPs",
        level="none",
        required=frozenset({"Subnet", "Ref. domains", "Links to target"}),
        advice="it names networks, not pages: export Backlinks or Referring domains",
    ),
)
