"""Screaming Frog: links that a crawl found, from its list mode for linking pages."""

from typing import Final

from linksift.io.columns import first_filled, has_token, is_filled, is_not, one_of
from linksift.io.headers import ExportFormat

# Localised versions translate the header; this is the order of the columns in the old and in the new export.
_OLD: Final = {
    "Type": "any",
    "Source": "url",
    "Destination": "url",
    "Size (Bytes)": "count",
    "Alt Text": "any",
    "Anchor": "any",
    "Status Code": "count",
    "Status": "any",
    "Follow": "flag",
}
_ADDED: Final = ("Target", "Rel", "Path Type", "Link Path", "Link Position", "Link Origin")

_NO_LINKS: Final = (
    "css", "js", "javascript", "img", "image", "imagen", "bild", "xml sitemap", "http redirect", "javascript redirect",
    "meta refresh", "html canonical", "http canonical", "html rel prev", "html rel next", "http rel prev",
    "http rel next", "html hreflang", "http hreflang", "sitemap hreflang", "amp", "mobile alternate",
)  # fmt: skip
_REASON: Final = "which is a part of a page or a notice to crawlers"

FORMATS: Final = (
    ExportFormat(
        name="screaming_frog_inlinks",
        title="Screaming Frog, All Inlinks",
        required=frozenset({"Type", "Source", "Destination", "Anchor", "Follow"}),
        columns={"page_url": "Source", "target_url": "Destination"},
        derived={
            "anchor": (("Anchor", "Alt Text"), first_filled),
            "image": (("Alt Text",), is_filled),
            "nofollow": (("Follow",), is_not),
            "sponsored": (("Rel",), has_token("sponsored")),
            "ugc": (("Rel",), has_token("ugc")),
        },
        problem=(("Type",), one_of({kind: f"{kind}, {_REASON}" for kind in _NO_LINKS})),
        layouts=(_OLD, _OLD | dict.fromkeys(_ADDED, "any")),
    ),
)
