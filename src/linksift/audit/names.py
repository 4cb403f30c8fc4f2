"""The files of an audit folder."""

from typing import Final

LINKS: Final = "links.parquet"
LINKS_CSV: Final = "links.csv"
DOMAINS: Final = "domains.csv"
CAMPAIGNS: Final = "campaigns.csv"
CHANGES: Final = "changes.csv"
REASONS: Final = "reasons.csv"
PROBLEMS: Final = "problems.csv"
DECISIONS: Final = "decisions.csv"
SUMMARY: Final = "summary.json"
REPORT: Final = "report.html"
DISAVOW: Final = "disavow.txt"
MANIFEST: Final = "manifest.json"
