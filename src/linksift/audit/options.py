"""The options of ``linksift audit``; nothing heavy is imported here."""

import argparse
from datetime import date
from pathlib import Path


def add_audit(parser: argparse.ArgumentParser) -> None:
    """Add the options to the verb's parser."""
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILES",
        type=Path,
        help="exports of your tools, of any dates (see `linksift formats`)",
    )
    parser.add_argument("--site", required=True, metavar="HOST", help="the site that is audited, such as example.com")
    parser.add_argument(
        "-o", "--output", required=True, metavar="DIR", type=Path,
        help="the audit folder; an earlier audit there is replaced, and its decisions.csv carried over",
    )  # fmt: skip
    parser.add_argument("-m", "--model", help="as for predict")
    parser.add_argument("--pages", metavar="PAGES", help="the linking pages, as for predict")
    parser.add_argument("--keep", metavar="FILE", help="pages and sites that you vouch for")
    parser.add_argument(
        "--own-sites", nargs="+", metavar="HOST", default=[], help="other sites of yours: their links are kept"
    )
    parser.add_argument(
        "--decisions", nargs="+", metavar="FILE", type=Path, default=[],
        help="your decisions (CSV: url or domain, decision, who, when, why); they win over the model",
    )  # fmt: skip
    parser.add_argument(
        "--previous",
        metavar="DIR",
        type=Path,
        help="an earlier audit folder: says what is new, lost and judged otherwise",
    )
    grounds = parser.add_argument_group(
        "grounds", "without one of these no disavow file is written: no link shows them"
    )
    grounds.add_argument(
        "--manual-action", action="store_true", help="Search Console shows a manual action for links to the site"
    )
    grounds.add_argument(
        "--built-links", action="store_true", help="links to the site were bought, exchanged or built, by whomever"
    )
    parser.add_argument(
        "--date", metavar="YYYY-MM-DD", type=date.fromisoformat, help="date of the audit (default: today)"
    )
