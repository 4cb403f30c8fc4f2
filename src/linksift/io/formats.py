"""The export formats that linksift knows, in one table, and the uniform columns that they are read into.

To add a format, write an `ExportFormat` into the module of its tool in `linksift.io.tools`: the header names that
tell it apart, and which of its columns feeds which uniform column of `COLUMNS`. Formats are told by their header,
never by a file's name.
"""

import csv
from collections.abc import Mapping
from typing import Final

from linksift.errors import InputError
from linksift.io.columns import Kind, has_token
from linksift.io.headers import Derived, ExportFormat, Level, Names
from linksift.io.tools import ahrefs, bing, dataforseo, google, majestic, moz, screaming_frog, semrush

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
    "semrush_domain_ascore": "number",
    "semrush_toxic_score": "number",
    "ahrefs_domain_rating": "number",
    "ahrefs_url_rating": "number",
    "ahrefs_domain_traffic": "number",
    "ahrefs_page_traffic": "number",
    "ahrefs_referring_domains": "number",
    "ahrefs_linked_domains": "number",
    "ahrefs_is_spam": "flag",
    "majestic_citation_flow": "number",
    "majestic_trust_flow": "number",
    "moz_page_authority": "number",
    "moz_domain_authority": "number",
    "moz_spam_score": "number",
    "dataforseo_rank": "number",
    "dataforseo_spam_score": "number",
    "http_status": "word",
    "language": "word",
    "first_seen": "date",
    "last_seen": "date",
    "lost_date": "date",
    "lost": "flag",
    "weight": "number",
}

_NAMED: Final[Mapping[str, Names]] = {
    **{name: name for name in COLUMNS},
    "page_url": ("page_url", "source_url", "url"),
    "target_url": ("target_url", "target"),
    "anchor": ("anchor", "anchor_text"),
    "title": ("title", "page_title", "source_title"),
    "n_external": ("n_external", "external_links"),
    "n_internal": ("n_internal", "internal_links"),
    "language": ("language", "lang"),
}
_REL: Final[Mapping[str, Derived]] = {flag: (("rel",), has_token(flag)) for flag in ("nofollow", "sponsored", "ugc")}

#: A table of the user's own, told by what its columns are called.
NAMED: Final = ExportFormat(
    name="named_columns",
    title="a table with named columns",
    required=frozenset(),
    columns=_NAMED,
    derived=_REL,
)

#: Every known format. Of those that match a header, the one with the most required names is taken.
FORMATS: Final[tuple[ExportFormat, ...]] = (
    *google.FORMATS,
    *ahrefs.FORMATS,
    *semrush.FORMATS,
    *majestic.FORMATS,
    *moz.FORMATS,
    *bing.FORMATS,
    *screaming_frog.FORMATS,
    *dataforseo.FORMATS,
    NAMED,
)


def parse_columns(text: str) -> dict[str, str]:
    """Read what a user says of the columns of a file: ``url=Page,anchor=Text`` and so on.

    A pair whose name holds a comma stands in quotes as a whole, as in a CSV: ``"anchor=Text, short"``.

    Returns
    -------
    dict
        Uniform column (`COLUMNS`), or ``rel`` -> the file's name for it. ``url`` is short for ``page_url``.

    Raises
    ------
    InputError
        If a pair is no pair, or names a column that linksift does not have.
    """
    found: dict[str, str] = {}
    for pair in next(csv.reader([text], skipinitialspace=True), []):
        key, mark, name = pair.partition("=")
        uniform = "page_url" if key.strip() == "url" else key.strip()
        if not mark or not name.strip():
            raise InputError(f"{pair!r} is no pair such as url=Page")
        if uniform not in COLUMNS and uniform != "rel":
            raise InputError(f"{key.strip()!r} is no column of linksift's: url, rel, {', '.join(COLUMNS)}")
        found[uniform] = name.strip()
    return found


def mapped_columns(mapping: Mapping[str, str]) -> ExportFormat:
    """Return the format of a file whose columns the user names (uniform column, or ``rel`` -> the file's column)."""
    columns = {uniform: name for uniform, name in mapping.items() if uniform != "rel"}
    derived = {flag: ((mapping["rel"],), has_token(flag)) for flag in _REL} if "rel" in mapping else {}
    level: Level = "link" if {"page_url", "domain"} & columns.keys() else "anchor"
    return ExportFormat(
        name="mapped_columns",
        title="a table whose columns you named",
        level=level,
        required=frozenset(mapping.values()),
        columns=columns,
        derived=derived,
    )
