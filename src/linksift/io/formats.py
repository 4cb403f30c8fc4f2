"""The export formats that linksift knows: one entry each in `FORMATS`, and nothing elsewhere.

To add a format, append an `ExportFormat`: the header names that tell it apart, and which of its columns feeds
which uniform column of `COLUMNS`. Formats are told by their header, never by a file's name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from linksift.io.columns import Derive, Kind, has_token, is_filled, is_value

#: The uniform columns of a link export and what each holds.
COLUMNS: Final[Mapping[str, Kind]] = {
    "page_url": "word",
    "domain": "word",
    "target_url": "word",
    "anchor": "text",
    "title": "text",
    "left_context": "text",
    "right_context": "text",
    "nofollow": "flag",
    "sponsored": "flag",
    "ugc": "flag",
    "image": "flag",
    "sitewide": "flag",
    "n_external": "number",
    "n_internal": "number",
    "semrush_page_ascore": "number",
    "ahrefs_domain_rating": "number",
    "ahrefs_url_rating": "number",
    "ahrefs_domain_traffic": "number",
    "ahrefs_page_traffic": "number",
    "ahrefs_referring_domains": "number",
    "ahrefs_linked_domains": "number",
    "http_status": "word",
    "language": "word",
    "first_seen": "date",
    "last_seen": "date",
    "lost": "flag",
    "weight": "number",
}


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One kind of export.

    Attributes
    ----------
    name
        Goes into the results and the reports.
    required
        Header names that must all be there. Upper and lower case, spaces and underscores make no difference,
        here and in `columns`.
    columns
        Uniform column -> the export's columns that hold it, the best one first.
    derived
        Uniform column -> the export's column and the function that makes the one of the other, for the cases
        in which reading a cell is not enough. Used where `columns` finds nothing.
    any_of
        Uniform columns of which at least one must be found.
    """

    name: str
    required: frozenset[str]
    columns: Mapping[str, Sequence[str]]
    derived: Mapping[str, tuple[str, Derive]] = field(default_factory=dict)
    any_of: frozenset[str] = frozenset({"page_url", "domain"})

    def sources(self, header: Sequence[str]) -> dict[str, int]:
        """Return the position in `header` of the column that feeds each uniform column."""
        positions = header_positions(header)
        found = {}
        for uniform, names in self.columns.items():
            position = next((positions[name] for name in map(header_key, names) if name in positions), None)
            if position is not None:
                found[uniform] = position
        return found

    def matches(self, header: Sequence[str]) -> bool:
        """Tell whether `header` is one of this format."""
        names = header_positions(header).keys()
        return {header_key(name) for name in self.required} <= names and bool(self.any_of & self.sources(header).keys())


def header_key(name: str) -> str:
    """Return the form under which header names are compared."""
    return " ".join(name.replace("_", " ").casefold().split())


def header_positions(header: Sequence[str]) -> dict[str, int]:
    """Return where each header name stands first, by its `header_key`."""
    positions: dict[str, int] = {}
    for position, name in enumerate(header):
        positions.setdefault(header_key(name), position)
    return positions


_NAMED: Final[Mapping[str, Sequence[str]]] = {
    **{name: (name,) for name in COLUMNS},
    "page_url": ("page_url", "source_url", "url"),
    "target_url": ("target_url", "target"),
    "anchor": ("anchor", "anchor_text"),
    "title": ("title", "page_title", "source_title"),
    "n_external": ("n_external", "external_links"),
    "n_internal": ("n_internal", "internal_links"),
    "language": ("language", "lang"),
}

#: Every known format. Of those that match a header, the one with the most required names is taken.
FORMATS: Final[tuple[ExportFormat, ...]] = (
    ExportFormat(
        name="semrush_backlinks",
        required=frozenset({"Page ascore", "Source url", "Target url", "Anchor", "Nofollow"}),
        columns={
            "page_url": ("Source url",),
            "target_url": ("Target url",),
            "anchor": ("Anchor",),
            "title": ("Source title",),
            "nofollow": ("Nofollow",),
            "sponsored": ("Sponsored",),
            "ugc": ("Ugc",),
            "image": ("Image",),
            "sitewide": ("Sitewide",),
            "n_external": ("External links",),
            "n_internal": ("Internal links",),
            "semrush_page_ascore": ("Page ascore",),
            "first_seen": ("First seen",),
            "last_seen": ("Last seen",),
            "lost": ("Lost link",),
        },
    ),
    ExportFormat(
        name="ahrefs_backlinks",
        required=frozenset({"Referring page URL", "Target URL", "Anchor", "Domain rating", "UR", "Nofollow"}),
        columns={
            "page_url": ("Referring page URL",),
            "target_url": ("Target URL",),
            "anchor": ("Anchor",),
            "title": ("Referring page title",),
            "left_context": ("Left context",),
            "right_context": ("Right context",),
            "nofollow": ("Nofollow",),
            "sponsored": ("Sponsored",),
            "ugc": ("UGC",),
            "n_external": ("External links",),
            "ahrefs_domain_rating": ("Domain rating",),
            "ahrefs_url_rating": ("UR",),
            "ahrefs_domain_traffic": ("Domain traffic",),
            "ahrefs_page_traffic": ("Page traffic",),
            "ahrefs_referring_domains": ("Referring domains",),
            "ahrefs_linked_domains": ("Linked domains",),
            "http_status": ("Referring page HTTP code",),
            "language": ("Language",),
            "first_seen": ("First seen",),
            "last_seen": ("Last seen",),
            "weight": ("Links in group",),
        },
        # `Lost` is the date of the loss, and empty while the link stands.
        derived={"image": ("Type", is_value("image")), "lost": ("Lost", is_filled)},
    ),
    ExportFormat(
        name="gsc_latest_links",
        required=frozenset({"Linking page", "Last crawled"}),
        columns={"page_url": ("Linking page",), "last_seen": ("Last crawled",)},
    ),
    ExportFormat(
        name="gsc_more_sample_links",
        required=frozenset({"Linking page"}),
        columns={"page_url": ("Linking page",)},
    ),
    ExportFormat(
        name="gsc_top_linking_sites",
        required=frozenset({"Site", "Linking pages"}),
        columns={"domain": ("Site",), "weight": ("Linking pages",)},
    ),
    ExportFormat(
        name="named_columns",
        required=frozenset(),
        columns=_NAMED,
        derived={
            "nofollow": ("rel", has_token("nofollow")),
            "sponsored": ("rel", has_token("sponsored")),
            "ugc": ("rel", has_token("ugc")),
        },
    ),
)
