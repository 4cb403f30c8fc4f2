"""What each verb does: read, call the library, write, and say on stderr what happened."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import pandas as pd

from linksift._resources import resource
from linksift.bundle import Bundle, load_bundle, save_bundle
from linksift.contract import Contract, load_contract
from linksift.errors import InputError
from linksift.inputs import LinkChunk, read_links
from linksift.io.pages import count_pages, read_pages
from linksift.io.tables import TableWriter, write_table
from linksift.page import Limits
from linksift.progress import Progress

_MLFLOW: Final = ("models:", "runs:", "mlflow-artifacts:")


def run(arguments: argparse.Namespace) -> int:
    """Run one verb and return the exit code."""
    verbs = {
        "fetch": _fetch,
        "extract": _extract,
        "train": _train,
        "evaluate": _evaluate,
        "predict": _predict,
        "explain": _explain,
        "audit": _audit,
        "formats": _formats,
        "disavow": _disavow,
        "init": _init,
        "dataset": _dataset,
    }
    return verbs[arguments.verb](arguments, Progress(quiet=arguments.quiet))


def load_model(name: str | None) -> Bundle:
    """Load a model: a folder, an MLflow URI, or without a name the one that ships."""
    if name is None:
        return load_bundle(resource("models", "default"))
    if name.startswith(_MLFLOW):
        from linksift.tracking import load_mlflow_bundle

        return load_mlflow_bundle(name)
    return load_bundle(name)


def _limits(arguments: argparse.Namespace) -> Limits:
    return Limits(max_bytes=arguments.max_bytes, timeout=arguments.timeout)


def _fetch(arguments: argparse.Namespace, progress: Progress) -> int:
    from linksift.fetch_command import run_fetch

    return run_fetch(arguments, progress)


def _extract(arguments: argparse.Namespace, progress: Progress) -> int:
    from linksift.extraction import extract

    contract = load_contract(arguments.features)
    counts = [count_pages(path) for path in arguments.pages]
    known = [count for count in counts if count is not None]
    total = sum(known) if len(known) == len(counts) else None
    pages = (page for path in arguments.pages for page in read_pages(path, urls=arguments.urls))
    errors = rows = 0
    with TableWriter(arguments.output, metadata=_metadata(contract)) as writer:
        seen = progress.each(pages, "pages", total)
        for table in extract(seen, contract=contract, limits=_limits(arguments), jobs=arguments.jobs):
            writer.write(table)
            rows += len(table)
            errors += int(table["error"].notna().sum())
            if writer.is_broken_pipe:
                break
    progress.say(f"{rows:,} rows, {errors:,} with an error")
    return int(bool(errors) and arguments.strict)


def _metadata(contract: Contract, bundle: Bundle | None = None) -> dict[str, str]:
    from linksift.prediction import SCHEMA_VERSION

    stated = {"schema": SCHEMA_VERSION, "features": str(len(contract.names))}
    if bundle is not None:
        stated |= {"model": bundle.name, "model_version": bundle.version, "model_data_sha256": bundle.data_sha256}
    return stated


def _predict(arguments: argparse.Namespace, progress: Progress) -> int:
    from linksift.io.userlabels import read_keep
    from linksift.prediction import DomainView, Totals, predict

    contract, bundle = load_contract(arguments.features), load_model(arguments.model)
    keep = read_keep(arguments.keep) if arguments.keep else None
    for problem in keep.problems if keep is not None else ():
        progress.say(problem)
    chunks = read_links(
        arguments.input,
        contract,
        urls=arguments.urls,
        pages=arguments.pages,
        targets=_target_texts(arguments.targets, arguments.urls) if arguments.targets else None,
        limits=_limits(arguments),
        jobs=arguments.jobs if arguments.pages or _is_pages(arguments.input) else 0,
        columns=arguments.columns,
    )
    totals, domains, current = Totals(), DomainView(), _Current()
    # Made first: a name that cannot be written is refused before the work.
    domain_file = TableWriter(arguments.domains, metadata=_metadata(contract, bundle)) if arguments.domains else None
    with TableWriter(arguments.output, metadata=_metadata(contract, bundle)) as writer:
        for scored in predict(current.of(chunks), bundle, contract, keep=keep, totals=totals):
            writer.write(scored)
            if domain_file is not None:
                domains.add(current.links, scored)
            progress.tick("links", totals.rows)
            if writer.is_broken_pipe:
                break
    if domain_file is not None and totals.rows:
        with domain_file:
            domain_file.write(domains.table())
    progress.say(f"{totals.rows:,} links scored, {totals.errors:,} with an error")
    return int(bool(totals.errors) and arguments.strict)


class _Current:
    """Hands chunks on, and remembers the link table of the last one for the domain view."""

    links: pd.DataFrame

    def of(self, chunks: Iterable[LinkChunk]) -> Iterator[LinkChunk]:
        for chunk in chunks:
            self.links = chunk.links
            yield chunk


def _is_pages(path: str) -> bool:
    from linksift.inputs import kind_of

    return path != "-" and kind_of(path) == "pages"


def _target_texts(path: str, urls: Path | None) -> dict[str, str]:
    from linksift.areas import AreaFinder
    from linksift.document import read_document
    from linksift.page import PageError
    from linksift.urls import page_key

    texts = {}
    for page in read_pages(path, urls=urls if Path(path).is_dir() else None):
        if page.html is None or page.url is None:
            continue
        try:
            document = read_document(page.html, page.url, AreaFinder({}), Limits())
        except PageError:
            continue
        lines = document.main.lines if document.main is not None else []
        texts[page_key(page.url)] = "\n".join([document.head.title, *lines])
    if not texts:
        raise InputError(f"{path}: no page here has a URL and can be read; a folder of pages needs `--urls CSV`")
    return texts


def _train(arguments: argparse.Namespace, progress: Progress) -> int:
    from linksift.figures import plots_of, write_plots
    from linksift.recipe import load_recipe
    from linksift.training import train

    contract, recipe = load_contract(arguments.features), load_recipe(arguments.recipe)
    table, problems = _training_table(arguments, contract, recipe.tables, progress)
    champion = None if arguments.champion == "none" else _champion(arguments, progress)
    trained = train(recipe, table, contract, champion=champion, fold_jobs=arguments.jobs, report=progress.say)
    save_bundle(trained.bundle, arguments.output)
    plots = plots_of(trained)
    if arguments.plots:
        write_plots(plots, arguments.plots)
    ablation = None
    if arguments.ablation:
        from linksift.ablation import ablate

        ablation = ablate(recipe, table, contract, fold_jobs=arguments.jobs, report=progress.say)
        write_table(ablation, str(arguments.ablation))
    if not arguments.no_mlflow:
        from linksift.tracking import log_run

        progress.say("logging the run to MLflow")
        run = log_run(
            trained,
            bundle_dir=arguments.output,
            plots=plots,
            example=trained.table[trained.features].head(3),
            ablation=ablation,
        )
        progress.say(
            f"MLflow run {run.run_id}, model version {run.version}" + (", now champion" if run.is_champion else "")
        )
    progress.say(_summary(trained.metrics))
    if trained.comparison is not None:
        found = trained.comparison
        interval = f"[{found.difference.lo:+.3f}, {found.difference.hi:+.3f}]"
        progress.say(
            f"against the champion, all situations: {found.macro_f1_a:.3f} to {found.macro_f1_b:.3f}, "
            f"difference {found.difference.value:+.3f} {interval}"
        )
    progress.say(f"model in {arguments.output}")
    return int(bool(problems) and arguments.strict)


def _champion(arguments: argparse.Namespace, progress: Progress) -> Bundle | None:
    """Load the model to compare with: the one named, else MLflow's champion, else the one that ships."""
    if arguments.champion is not None:
        return load_model(arguments.champion)
    if not arguments.no_mlflow:
        from linksift.tracking import load_champion

        if (registered := load_champion()) is not None:
            return registered
    if not resource("models", "default").joinpath("bundle.json").is_file():
        progress.say("no model ships here: nothing to compare with")
        return None
    return load_model(None)


def _training_table(
    arguments: argparse.Namespace, contract: Contract, default: tuple[str, ...], progress: Progress
) -> tuple[pd.DataFrame, list[str]]:
    """Join the training tables with the user's own labels."""
    from linksift.dataset import SHIPPED, load_tables
    from linksift.io.userlabels import read_labels
    from linksift.ownlabels import label_links

    if not arguments.labels:
        return load_tables(arguments.tables or default, contract), []
    labels = read_labels(arguments.labels)
    for problem in labels.problems:
        progress.say(problem)
    ready = [name for name in arguments.tables if name == SHIPPED or _is_training_table(name)]
    pools = (
        chunk.links
        for name in arguments.tables
        if name not in ready
        for chunk in read_links(name, contract, urls=arguments.urls, limits=_limits(arguments), jobs=arguments.jobs)
    )
    own = label_links(labels, pools, contract)
    progress.say(
        f"own labels: {own.matched:,} found on {len(own.table) - own.alone:,} links, {own.alone:,} used as they stand"
    )
    shared = load_tables(ready or default, contract)
    return pd.concat([shared, own.table], ignore_index=True)[list(shared.columns)], labels.problems


def _is_training_table(name: str) -> bool:
    import pyarrow.parquet as pq

    return name.endswith(".parquet") and Path(name).is_file() and "label_source" in pq.read_schema(name).names


def _summary(metrics: Mapping[str, Any]) -> str:
    from linksift.card import baselines_table, figures_table

    return "\n".join([figures_table(metrics["slices"]), "", baselines_table(metrics)])


def _evaluate(arguments: argparse.Namespace, progress: Progress) -> int:
    from linksift.reporting import evaluate_on_tables, stated_figures

    contract, bundle = load_contract(arguments.features), load_model(arguments.model)
    if arguments.tables:
        metrics, plots = evaluate_on_tables(bundle, arguments.tables, contract)
    else:
        metrics, plots = stated_figures(bundle)
    if arguments.output:
        from linksift.figures import write_plots

        write_plots(plots, arguments.output)
        text = json.dumps(metrics, indent=2, sort_keys=True) + "\n"
        (arguments.output / "metrics.json").write_text(text, encoding="utf-8")
        progress.say(f"figures and plots in {arguments.output}")
    sys.stdout.write(_summary(metrics) + "\n")
    return 0


def _explain(arguments: argparse.Namespace, progress: Progress) -> int:
    from linksift.bundle import check_contract
    from linksift.explain import explain_link
    from linksift.prediction import score
    from linksift.reason_codes import load_reasons

    contract, bundle = load_contract(arguments.features), load_model(arguments.model)
    check_contract(bundle, contract.refs)
    chunks = read_links(
        arguments.input, contract, urls=arguments.urls, pages=arguments.pages, limits=_limits(arguments),
        jobs=arguments.jobs if arguments.pages else 0, columns=arguments.columns,
    )  # fmt: skip
    for chunk in chunks:
        found = chunk.links[chunk.links["link_id"] == arguments.link]
        if len(found):
            link, outcome = found.iloc[[0]], score(found.iloc[[0]], bundle).iloc[0]
            break
    else:
        raise InputError(f"{arguments.input}: no link {arguments.link!r}; `linksift predict` writes the ids as link_id")
    codes = load_reasons(contract, arguments.features)
    lines = explain_link(link, outcome, bundle, contract, codes, top=arguments.top)
    sys.stdout.write("\n".join(_printable(line) for line in lines) + "\n")
    return 0


def _audit(arguments: argparse.Namespace, progress: Progress) -> int:
    from linksift.audit.command import run as run_audit

    return run_audit(arguments, progress)


def _formats(arguments: argparse.Namespace, progress: Progress) -> int:
    from linksift.formats_command import run_formats

    return run_formats(arguments, progress)


def _printable(line: str) -> str:
    """Leave out what a terminal would obey: anchors and URLs come from strangers."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)


def _disavow(arguments: argparse.Namespace, progress: Progress) -> int:
    from linksift.disavow.command import run as run_disavow

    return run_disavow(arguments, progress)


def _init(arguments: argparse.Namespace, progress: Progress) -> int:
    target: Path = arguments.folder
    if target.exists() and any(target.iterdir()):
        raise InputError(f"{target}: is not empty; name a new folder")
    for name in ("features", "training"):
        _copy(resource(name), target / name)
    progress.say(f"wrote {target}/features and {target}/training")
    progress.say(f"use them: linksift train --features {target}/features --recipe {target}/training/default.toml")
    return 0


def _copy(source: Traversable, target: Path) -> None:
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        for item in source.iterdir():
            _copy(item, target / item.name)
    else:
        target.write_bytes(source.read_bytes())


def _dataset(arguments: argparse.Namespace, progress: Progress) -> int:
    from linksift.corpus import build_table, label_precision
    from linksift.leaks import leak_report

    contract = load_contract(arguments.features)
    table, weights = build_table(arguments.sources, contract, jobs=arguments.jobs)
    write_table(table, arguments.output)
    arguments.words.write_bytes(weights)
    progress.say(f"{len(table):,} links of {table['group'].nunique():,} groups")
    progress.say(label_precision(table).to_string(float_format="{:.3f}".format))
    # Pages and export rows apart: that a page feature is missing tells an export row, and that is no leak.
    for basis, part in table[table["counts"]].groupby("basis"):
        used = [name for name in contract.on if part[name].notna().any()]
        for finding in leak_report(part, part["label"], part["label_source"], part["group"], feature_names=used):
            progress.say(f"possible leak, {basis}: {finding.feature} {finding.kind}: {finding.detail}")
    return 0
