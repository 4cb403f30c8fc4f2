"""DataForSEO: JSON as its API answers, or a table with the same names."""

from typing import Final

from linksift.io.columns import has_token, is_filled, is_not, is_value, one_of, over_zero
from linksift.io.headers import ExportFormat

FORMATS: Final = (
    ExportFormat(
        name="dataforseo_backlinks",
        title="DataForSEO, Backlinks",
        required=frozenset({"url_from", "url_to", "anchor", "dofollow"}),
        columns={
            "page_url": "url_from",
            "domain": "domain_from",
            "target_url": "url_to",
            "anchor": "anchor",
            "title": "page_from_title",
            "left_context": "text_pre",
            "right_context": "text_post",
            "n_external": "page_from_external_links",
            "n_internal": "page_from_internal_links",
            "dataforseo_rank": "rank",
            "dataforseo_spam_score": "backlink_spam_score",
            "http_status": "page_from_status_code",
            "language": "page_from_language",
            "first_seen": "first_seen",
            "last_seen": "last_seen",
            "lost": "is_lost",
        },
        derived={
            "nofollow": (("dofollow",), is_not),
            "sponsored": (("attributes",), has_token("sponsored")),
            "ugc": (("attributes",), has_token("ugc")),
            "image": (("item_type",), is_value("image")),
            "weight": (("group_count",), over_zero),
        },
        problem=(
            ("item_type",),
            one_of(
                {
                    kind: f"{kind}, which is a notice to crawlers"
                    for kind in ("canonical", "alternate", "redirect", "meta")
                }
            ),
        ),
    ),
    ExportFormat(
        name="dataforseo_refdomains",
        title="DataForSEO, Referring domains",
        level="domain",
        required=frozenset({"domain", "backlinks", "backlinks_spam_score"}),
        columns={
            "domain": "domain",
            "dataforseo_rank": "rank",
            "dataforseo_spam_score": "backlinks_spam_score",
            "first_seen": "first_seen",
            "lost_date": "lost_date",
            "weight": "backlinks",
        },
        derived={"lost": (("lost_date",), is_filled)},
    ),
    ExportFormat(
        name="dataforseo_anchors",
        title="DataForSEO, Anchors",
        level="anchor",
        required=frozenset({"anchor", "backlinks", "backlinks_spam_score"}),
        columns={"anchor": "anchor", "first_seen": "first_seen", "lost_date": "lost_date", "weight": "backlinks"},
    ),
)
