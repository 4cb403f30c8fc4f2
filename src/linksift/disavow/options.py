"""The options of ``linksift disavow``; nothing heavy is imported here."""

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeAlias

Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

#: Adds one verb with the options that every verb has.
AddVerb: TypeAlias = Callable[[Verbs, str, str], argparse.ArgumentParser]


def add_disavow(verbs: Verbs, add_verb: AddVerb) -> None:
    """Add ``disavow`` with its three steps."""
    parser = verbs.add_parser(
        "disavow",
        help="write a disavow file where one is warranted, check one, or review an old one",
        description="Disavow files in Google's format: write one where it is warranted, check one, review an old one.",
    )
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    _write(add_verb(steps, "write", "write a disavow file from scored links, where there are grounds for one"))
    _lint(add_verb(steps, "lint", "find the defects of disavow files, with line numbers"))
    _review(add_verb(steps, "review", "score the entries of a disavow file anew, and propose which to take out"))


def _write(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scored", nargs="+", metavar="SCORED", help="tables that `linksift predict` wrote")
    parser.add_argument("-o", "--output", metavar="FILE.txt", type=Path, help="the new file (not with --dry-run)")
    parser.add_argument("--base", metavar="FILE", type=Path, help="the present file: what it says stays in")
    _user_options(parser)
    grounds = parser.add_argument_group("grounds", "without one of these no file is written: no link shows them")
    grounds.add_argument(
        "--manual-action", action="store_true", help="Search Console shows a manual action for links to the site"
    )
    grounds.add_argument(
        "--built-links", action="store_true", help="links to the site were bought, exchanged or built, by whomever"
    )
    grounds.add_argument("--anyway", action="store_true", help="write it without grounds")
    _share_option(parser)
    parser.add_argument(
        "--date", metavar="YYYY-MM-DD", type=date.fromisoformat, help="date for the comments (default: today)"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="write nothing; print what would come in (+) and go out (-)"
    )


def _lint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--own-sites", nargs="+", metavar="HOST", default=[], help="your sites: they must not be in it")
    parser.add_argument("--fix", action="store_true", help="write the file without its defects to -o")
    parser.add_argument("-o", "--output", metavar="FILE.txt", type=Path, help="for --fix")


def _review(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the disavow file")
    parser.add_argument(
        "--scored", nargs="+", metavar="SCORED", default=[],
        help="tables that `linksift predict` wrote; without them each entry is judged from its name alone",
    )  # fmt: skip
    parser.add_argument("-m", "--model", help="without --scored: a model folder or an MLflow URI")
    _user_options(parser)
    _share_option(parser)
    parser.add_argument(
        "-o", "--output", metavar="TABLE", default="-", help="Parquet, CSV or JSON Lines by suffix, or - (default)"
    )


def _user_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--decisions", nargs="+", metavar="FILE", default=[],
        help="your decisions (CSV: url or domain, decision, who, when, why); they win over the model",
    )  # fmt: skip
    parser.add_argument("--keep", metavar="FILE", help="pages and sites that you vouch for, as for predict")
    parser.add_argument(
        "--own-sites", nargs="+", metavar="HOST", default=[],
        help="your sites, where the links do not all point to one; links to other sites are left aside",
    )  # fmt: skip
    parser.add_argument(
        "--columns", metavar="NAME=COLUMN,…", type=_columns,
        help="for tables of an export that linksift does not know, as for predict",
    )  # fmt: skip


def _share_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--min-share", metavar="X", type=_share, default=0.8,
        help="share of a site's seen links, from which on the whole site is disavowed (default: 0.8)",
    )  # fmt: skip


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError("a number above 0, at most 1")
    return share


def _columns(text: str) -> dict[str, str]:
    from linksift.errors import LinksiftError
    from linksift.io.formats import parse_columns

    try:
        return parse_columns(text)
    except LinksiftError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
