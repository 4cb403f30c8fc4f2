"""The command line: one verb per step. Heavy imports happen inside the verbs, so that ``--help`` is quick."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from linksift.errors import LinksiftError

_EPILOG = """examples:
  linksift predict backlinks.csv -o scored.csv --domains domains.csv
  linksift predict backlinks.csv --pages pages/ --urls pages.csv -o scored.parquet
  linksift fetch backlinks.csv -o pages.warc.gz --contact me@example.org
  linksift extract pages.warc.gz -o links.parquet --jobs 2
  linksift train --labels my_labels.csv -o models/mine
  linksift evaluate models/mine
  linksift explain backlinks.csv --link row-17
  linksift audit ahrefs.csv search-console.csv --site example.com -o audit/
  linksift disavow lint disavow.txt

stdout is data, messages go to stderr. Exit codes: 0 every row came back, 1 some row has an error and --strict was
given, 2 the call or an input was wrong, 130 interrupted.
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="linksift",
        description="Tells good backlinks from bad.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    _fetch(verbs)
    _extract(verbs)
    _train(verbs)
    _evaluate(verbs)
    _predict(verbs)
    _explain(verbs)
    _audit(verbs)
    _formats(verbs)
    _disavow(verbs)
    _init(verbs)
    _dataset(verbs)
    return parser


Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _verb(verbs: Verbs, name: str, summary: str) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress, errors only")
    parser.add_argument("--features", metavar="DIR", type=Path, help="another features folder (see `linksift init`)")
    return parser


def _page_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--urls", metavar="CSV", type=Path, help="for a folder of pages: a CSV with the columns file,url"
    )
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=_jobs,
        default=os.cpu_count() or 1,
        help="worker processes for pages (default: all cores)",
    )
    parser.add_argument("--timeout", metavar="S", type=float, default=30.0, help="seconds for one page (default: 30)")
    parser.add_argument(
        "--max-bytes",
        metavar="N",
        type=int,
        default=10_000_000,
        help="largest page read, in bytes (default: 10,000,000)",
    )


def _jobs(text: str) -> int:
    jobs = int(text)
    if jobs < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return jobs


def _fetch(verbs: Verbs) -> None:
    parser = _verb(verbs, "fetch", "bring in the linking pages, politely, as a web archive for --pages")
    parser.add_argument("input", metavar="URLS|EXPORT", help="a backlink export, or URLs, one a line (- for stdin)")
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE.warc.gz",
        help="the archive; where an earlier run was broken off it goes on, where it was finished it looks for changes",
    )  # fmt: skip
    parser.add_argument(
        "--status", metavar="FILE", help="what became of each page (default: FILE.status.csv beside the archive)"
    )
    parser.add_argument("--dry-run", action="store_true", help="print the plan and how long it takes; ask for nothing")
    parser.add_argument(
        "--contact", metavar="TEXT", help="a mail address or page where site owners can reach you, sent along"
    )
    parser.add_argument(
        "--delay", metavar="S", type=_not_negative, default=1.0,
        help="seconds between two requests to a host (default: 1); a longer Crawl-delay in robots.txt wins",
    )  # fmt: skip
    parser.add_argument(
        "--max-per-host", metavar="N", type=_jobs, default=100, help="pages of one host in one run (default: 100)"
    )
    parser.add_argument(
        "--concurrency", metavar="N", type=_jobs, default=16, help="hosts asked at the same time (default: 16)"
    )
    parser.add_argument(
        "--timeout", metavar="S", type=_not_negative, default=30.0, help="seconds for one page (default: 30)"
    )
    parser.add_argument(
        "--max-bytes", metavar="N", type=_jobs, default=10_000_000, help="largest page, unpacked (default: 10,000,000)"
    )
    parser.add_argument(
        "--ports", metavar="N", nargs="+", type=int, default=[], help="ports that may be asked besides 80 and 443"
    )
    parser.add_argument(
        "--allow-private", action="store_true", help="let private and loopback addresses be asked (intranets, tests)"
    )


def _not_negative(text: str) -> float:
    number = float(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError("a number from 0")
    return number


def _extract(verbs: Verbs) -> None:
    parser = _verb(verbs, "extract", "measure every external link of pages: one row per link")
    parser.add_argument(
        "pages", nargs="+", metavar="PAGES", help="Parquet with url and html, .warc(.gz), a folder of .html files, or -"
    )
    parser.add_argument(
        "-o", "--output", default="-", help="Parquet, CSV or JSON Lines by suffix, a folder/ of parts, or - (default)"
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 where a page had an error")
    _page_options(parser)


def _train(verbs: Verbs) -> None:
    parser = _verb(verbs, "train", "fit, measure and save a model, and log the run to MLflow")
    parser.add_argument(
        "tables", nargs="*", metavar="TABLE",
        help="training tables (default: the recipe's, which is the shipped one), or any links to look for --labels in",
    )  # fmt: skip
    parser.add_argument(
        "--labels",
        nargs="+",
        metavar="FILE",
        default=[],
        help="own labels: a CSV (url or domain, label), a decisions file, a disavow file, a keep list",
    )
    parser.add_argument("--recipe", default="default", metavar="NAME|FILE", help="default, quick, or a TOML file")
    parser.add_argument(
        "-o",
        "--output",
        metavar="MODEL_DIR",
        type=Path,
        default=Path("models/mine"),
        help="where the model goes (default: models/mine)",
    )
    parser.add_argument(
        "--champion",
        metavar="MODEL",
        help="model to compare with (default: MLflow's champion, else the one that ships; `none`: no comparison)",
    )
    parser.add_argument("--plots", metavar="DIR", type=Path, help="write the plots here too")
    parser.add_argument(
        "--ablation",
        metavar="FILE",
        type=Path,
        help="train again without each family of features, and write here (and to MLflow) what each is worth",
    )
    parser.add_argument("--no-mlflow", action="store_true", help="do not log the run")
    parser.add_argument("--strict", action="store_true", help="exit with 1 where a label line was left out")
    _page_options(parser)


def _evaluate(verbs: Verbs) -> None:
    parser = _verb(verbs, "evaluate", "measure a model on labelled links, beside the baselines")
    parser.add_argument("model", metavar="MODEL", help="a model folder or an MLflow URI")
    parser.add_argument(
        "tables",
        nargs="*",
        metavar="TABLE",
        help="labelled tables the model has not seen; without any, its own cross-fitted figures",
    )
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, help="write figures (JSON) and plots here")


def _predict(verbs: Verbs) -> None:
    parser = _verb(verbs, "predict", "score links: label, probabilities and decision for each")
    parser.add_argument(
        "input", metavar="INPUT", help="pages, a feature table, a backlink export (CSV), or - for an export on stdin"
    )
    parser.add_argument(
        "-m", "--model", help="a model folder or an MLflow URI (models:/linksift@champion); default: the one that ships"
    )
    parser.add_argument(
        "-o", "--output", default="-", help="Parquet, CSV or JSON Lines by suffix, a folder/ of parts, or - (default)"
    )
    parser.add_argument("--pages", metavar="PAGES", help="the linking pages of an export, joined by URL and target")
    parser.add_argument(
        "--targets", metavar="PAGES", help="pages that the links point to: their text makes similarity better"
    )
    parser.add_argument("--domains", metavar="FILE", help="also write one row per linking domain")
    parser.add_argument("--keep", metavar="FILE", help="pages and sites that you vouch for")
    _columns_option(parser)
    parser.add_argument("--strict", action="store_true", help="exit with 1 where a row has an error")
    _page_options(parser)


def _explain(verbs: Verbs) -> None:
    parser = _verb(verbs, "explain", "say in words why a link got its class")
    parser.add_argument("input", metavar="INPUT", help="as for predict")
    parser.add_argument("--link", required=True, help="link_id, as predict writes it")
    parser.add_argument("-m", "--model", help="as for predict")
    parser.add_argument("--pages", metavar="PAGES", help="as for predict")
    parser.add_argument("--top", type=int, default=8, help="how many reasons (default: 8)")
    _columns_option(parser)
    _page_options(parser)


def _columns_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--columns", metavar="NAME=COLUMN,…", type=_columns,
        help="for an export that linksift does not know: what its columns are, such as url=Page,anchor=Text",
    )  # fmt: skip


def _columns(text: str) -> dict[str, str]:
    from linksift.io.formats import parse_columns

    try:
        return parse_columns(text)
    except LinksiftError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _formats(verbs: Verbs) -> None:
    parser = _verb(verbs, "formats", "say which exports files are, what each column becomes, and which rows are broken")
    parser.add_argument("files", nargs="+", metavar="FILE", help="exports as the tools wrote them, or - for stdin")
    _columns_option(parser)


def _audit(verbs: Verbs) -> None:
    from linksift.audit.options import add_audit

    parser = _verb(verbs, "audit", "merge the exports of your tools, judge the links, and write a report to decide by")
    add_audit(parser)
    _columns_option(parser)
    _page_options(parser)


def _disavow(verbs: Verbs) -> None:
    from linksift.disavow.options import add_disavow

    add_disavow(verbs, _verb)


def _init(verbs: Verbs) -> None:
    parser = _verb(verbs, "init", "write an editable copy of features/ and training/")
    parser.add_argument("folder", metavar="DIR", type=Path)


def _dataset(verbs: Verbs) -> None:
    parser = _verb(verbs, "dataset", "make a training table from pages, export rows and hand-made labels")
    parser.add_argument(
        "sources", metavar="DIR", type=Path, help="folder with corpus/, links/ and labels/ (see data/README.md)"
    )
    parser.add_argument("-o", "--output", required=True, metavar="FILE")
    parser.add_argument(
        "--words",
        required=True,
        metavar="FILE",
        type=Path,
        help="where to write the word weights fitted with it: words.npy of the features folder to train with",
    )
    parser.add_argument("--jobs", metavar="N", type=_jobs, default=os.cpu_count() or 1)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.version:
        from importlib.metadata import version

        sys.stdout.write(f"linksift {version('linksift')}\n")
        return 0
    if arguments.verb is None:
        parser.print_help(sys.stderr)
        return 2
    from linksift import commands

    try:
        return commands.run(arguments)
    except LinksiftError as error:
        sys.stderr.write(f"linksift {arguments.verb}: {error}\n")
        return 2
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130
