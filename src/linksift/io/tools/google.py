"""Google Search Console: its Links report knows pages and dates, no anchor and no target."""

from typing import Final

from linksift.io.headers import ExportFormat

_OWN_PAGES: Final = "it lists pages of your own site: export Latest links or Top linking sites"

FORMATS: Final = (
    ExportFormat(
        name="gsc_latest_links",
        title="Search Console, Latest links",
        required=frozenset({"Linking page", "Last crawled"}),
        columns={"page_url": "Linking page", "last_seen": "Last crawled"},
        layouts=({"Linking page": "url", "Last crawled": "date"},),
    ),
    ExportFormat(
        name="gsc_more_sample_links",
        title="Search Console, More sample links",
        required=frozenset({"Linking page"}),
        columns={"page_url": "Linking page"},
        layouts=({"Linking page": "url"},),
    ),
    ExportFormat(
        name="gsc_top_linking_sites",
        title="Search Console, Top linking sites",
        level="domain",
        required=frozenset({"Site", "Linking pages"}),
        columns={"domain": "Site", "weight": "Linking pages"},
        layouts=({"Site": "host", "Linking pages": "count", "Target pages": "count"},),
        spellings={"אתר": "Site", "דפים מקשרים": "Linking pages", "דפי יעד": "Target pages"},
    ),
    ExportFormat(
        name="gsc_top_linking_text",
        title="Search Console, Top linking text",
        level="anchor",
        required=frozenset({"Rank", "Link text"}),
        columns={"anchor": "Link text"},
        layouts=({"Rank": "rank", "Link text": "any"},),
    ),
    ExportFormat(
        name="gsc_top_target_pages",
        title="Search Console, Top target pages",
        level="none",
        required=frozenset({"Target page", "Incoming links"}),
        advice=_OWN_PAGES,
        spellings={"דף יעד": "Target page", "קישורים נכנסים": "Incoming links", "אתרים מקשרים": "Linking sites"},
    ),
    ExportFormat(
        name="gsc_internal_links",
        title="Search Console, internal links",
        level="none",
        required=frozenset({"Target page", "Internal links"}),
        advice=_OWN_PAGES,
    ),
)
