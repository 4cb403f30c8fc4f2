"""Signals over a whole export or crawl: what one link alone cannot show (family ``profile``).

`profile_signals` gives each link its place among the others: how many sites use the same anchor, title, path,
tracker, text or template, and whether the link came in a burst. `campaigns` gathers the links that share such things,
with the evidence.

Both read a link table whole or chunk by chunk, and keep codes of its texts, never the texts of pages. Memory grows by
about half a kilobyte a link (measured: 970 MB for 2.06 million links), by one where texts are kept as evidence.

Why NumPy and pandas' hash tables, and no database: on 205,762 links of 229 unrelated sites, counting distinct sites
per anchor, path, title and so on took 0.3 s of CPU for the 229 profiles one by one, Polars 1.1 s, DuckDB 2.2 s (both
pay for each call), pandas' own groupby 3.8 s. On 4.1 million rows at once it took 4.3 s and 340 MB more, DuckDB 4.2 s
and 600 MB, Polars 3.4 s and 200 MB. In every case reading the URLs takes longer than the counting, so neither was
worth another 70 to 170 MB of dependency.
"""

from linksift.profile.campaigns import campaigns
from linksift.profile.footprint import FOOTPRINT_COLUMNS, Footprint, page_footprint
from linksift.profile.signals import PROFILE_COLUMNS, profile_signals

__all__ = ["FOOTPRINT_COLUMNS", "PROFILE_COLUMNS", "Footprint", "campaigns", "page_footprint", "profile_signals"]
