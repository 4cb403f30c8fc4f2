"""Make the training table from raw pages, export rows and hand-made labels: numbers out, no text, no URL."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from linksift.areas import AreaFinder
from linksift.contract import Contract
from linksift.dataset import TABLE_COLUMNS
from linksift.errors import InputError
from linksift.extraction import extract
from linksift.features import Featurizer
from linksift.features.place import block_words, place_words
from linksift.features.row import RowFacts, split_image
from linksift.groups import link_groups
from linksift.io.rawpage import RawPage
from linksift.labeling import LABELING_FUNCTIONS, apply_labeling_functions
from linksift.page import Limits, parse_page
from linksift.readings import SURE, UNSURE, load_readings
from linksift.urls import host_of, registrable_domain
from linksift.walk import walk
from linksift.wordfit import fit_words
from linksift.words import text_words, url_words

_PER_PLACE: Final = 4
_PER_SITE: Final = 3
_PER_GROUP: Final = 120
_SEED: Final = 20_261_125


def build_table(sources: Path, contract: Contract, *, jobs: int = 1) -> tuple[pd.DataFrame, bytes]:
    """Build a training table, and fit the word weights that belong to it.

    Parameters
    ----------
    sources
        A folder with ``corpus/pages-*.parquet``, ``links/semrush_backlinks.parquet`` and ``labels/gold_dev.parquet``; ``data/README.md`` tells
        their columns.
    jobs
        Worker processes for the pages.

    Returns
    -------
    tuple
        The table: `TABLE_COLUMNS`, then the features; ``link`` and ``group`` are hashes, ``gold`` marks the hand-labelled rows. And the word
        weights, to be put beside the catalogue as ``words.npy``; the table's word scores are cross-fitted (`linksift.wordfit.fit_words`).

    Raises
    ------
    InputError
        Where a file is missing.
    """
    gold = _read(sources / "labels" / "gold_dev.parquet")
    gold_ids = set(gold["page_id"].dropna() + ":" + gold["a_index"].dropna().astype(int).astype(str))
    readings = load_readings()
    pages = _page_links(sources, contract, gold_ids, readings, jobs)
    rows = _export_links(sources, contract, gold, readings)
    table = pd.concat([pages, rows], ignore_index=True)
    table["group"] = link_groups(table)
    table = _thin(_with_labels(table, gold, readings)).reset_index(drop=True)
    learn = table["label_source"].isin([SURE, UNSURE]).to_numpy()
    scores, weights = fit_words(_words(table, sources), table, learn, table["gold"].to_numpy(dtype=bool))
    table[scores.columns] = scores.astype("float32").round(5)
    return _anonymous(table, contract), weights


def _words(table: pd.DataFrame, sources: Path) -> list[dict[str, list[str]]]:
    """Return the words of each link: of its row, and for links of pages of its place, for which the pages are walked once more."""
    found = []
    for url, title, anchor in zip(table["page_url"], table["title"], table["anchor"], strict=True):
        words = url_words(url) if isinstance(url, str) else {}
        # A row without one has an empty title or anchor, not an unknown one: an export with these columns is read like that.
        words |= text_words("title", _text(title)) | text_words("anchor", split_image(_text(anchor))[0] or "")
        found.append(words)
    on_pages = table[table["basis"] == "page"]
    places = dict(zip(on_pages["link_id"], np.flatnonzero(table["basis"] == "page").tolist(), strict=True))
    wanted = set(on_pages["page_id"])
    finder = AreaFinder({})
    for page, _, _ in _raw_pages(_parts(sources)):
        if page.page_id in wanted and page.html is not None:
            for link in walk(parse_page(page.html, Limits()), None, None, finder).links:
                at = places.get(f"{page.page_id}:{link.ordinal}")
                if at is not None:
                    found[at] |= place_words(link, *block_words(link))
    return found


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(f"{path}: missing; data/README.md says what the sources folder must hold")
    return pd.read_parquet(path)


def _raw_pages(parts: list[Path]) -> Iterator[tuple[RawPage, str, str]]:
    for part in parts:
        for batch in pq.ParquetFile(part).iter_batches(64, columns=["page_id", "url", "group", "page_label", "html"]):
            for page in batch.to_pylist():
                yield RawPage(page["page_id"], page["url"] or None, page["html"]), page["group"], page["page_label"]


def _parts(sources: Path) -> list[Path]:
    parts = sorted((sources / "corpus").glob("pages-*.parquet"))
    if not parts:
        raise InputError(f"{sources / 'corpus'}: no pages-*.parquet here")
    return parts


def _page_links(
    sources: Path, contract: Contract, gold_ids: set[str], readings: pd.DataFrame, jobs: int
) -> pd.DataFrame:
    """Links of the corpus that count and are no platform's, some of each page, and every link that was read."""
    parts = _parts(sources)
    facts: dict[str, tuple[str, str]] = {}

    def remembered() -> Iterator[RawPage]:
        for page, group, label in _raw_pages(parts):
            facts[str(page.page_id)] = (group, label)
            yield page

    featurizer = Featurizer(contract)
    kept = []
    for chunk in extract(remembered(), contract=contract, jobs=jobs):
        links = chunk[chunk["status"] == "ok"]
        platform = links["target_url"].map(lambda url: featurizer.vocabulary.is_platform(host_of(url) or ""))
        is_read = links["link_id"].isin(gold_ids) | links["link_id"].map(_hash).isin(readings.index)
        usable = links[(links["counts"].fillna(False).astype(bool) & ~platform) | is_read]
        # A page repeats itself: some links of each place, drawn by hash so that the draw does not depend on order.
        order = usable["link_id"].map(_hash).sort_values().index
        usable = usable.loc[order]
        place = (
            usable["block_is_paragraph"].astype(str)
            + usable["place_in_main"].astype(str)
            + usable["area_comment"].astype(str)
        )
        rank = usable.groupby([usable["page_id"], place]).cumcount()
        kept.append(usable[(rank < _PER_PLACE) | is_read.loc[order]])
    table = pd.concat(kept, ignore_index=True)
    table["group"] = [facts[page][0] for page in table["page_id"]]
    table["page_label"] = pd.Series([facts[page][1] for page in table["page_id"]], dtype="string")
    table["stratum"] = table["page_label"]
    return table


def _export_links(sources: Path, contract: Contract, gold: pd.DataFrame, readings: pd.DataFrame) -> pd.DataFrame:
    links = _read(sources / "links" / "semrush_backlinks.parquet")
    marked = gold[gold["kind"] == "export"]
    counting = ~(links["Nofollow"] | links["Sponsored"] | links["Ugc"]).fillna(False).astype(bool)
    listed = links["n_disavow_lists"].ge(3) | links["n_profiles_linked"].ge(20) | links["negative_kinds"].ne("")
    listed |= links["positive_kinds"].ne("") | links["Sitewide"].fillna(False).astype(bool)
    featurizer = Featurizer(contract)
    platform = links["Source url"].map(lambda url: featurizer.vocabulary.is_platform(host_of(url) or ""))
    read = ("export:" + links.index.astype(str)).map(_hash).isin(readings.index)
    pool = links.assign(read=read)[(counting & listed & ~platform) | read]
    pool = pool.sample(frac=1.0, random_state=_SEED)
    pool = pool[(pool.groupby("source_domain").cumcount() < _PER_SITE) | pool["read"]]
    weak = pd.DataFrame(
        {
            "link_id": "export:" + pool.index.astype(str),
            "page_url": pool["Source url"],
            "title": pool["Source title"],
            "target_url": pool["Target url"],
            "anchor": pool["Anchor"],
            "image": pool["Image"],
            "n_external": pool["External links"],
            "n_internal": pool["Internal links"],
            "ascore": pool["Page ascore"],
            "sitewide": pool["Sitewide"].astype("float64"),
            "group": pool["source_domain"],
            "counts": True,
            **{
                name: pool[name]
                for name in ("n_disavow_lists", "n_profiles_linked", "negative_kinds", "positive_kinds")
            },
        }
    )
    own = marked[
        ["page_url", "title", "target_url", "anchor", "image", "n_external", "n_internal", "ascore", "group", "counts"]
    ]
    own = own.assign(link_id="gold:" + marked["id"], sitewide=marked["sitewide"].astype("float64"))
    # What the lists say of a gold row's site measures the labelling functions; the gold label stays what it is.
    lists = ["n_disavow_lists", "n_profiles_linked", "negative_kinds", "positive_kinds"]
    by_site = links.drop_duplicates("source_domain").set_index("source_domain")[lists]
    own = own.assign(site=own["page_url"].map(registrable_domain)).join(by_site, on="site")
    table = pd.concat([weak, own], ignore_index=True)
    rows: Iterable[Any] = table.itertuples()
    values = [
        featurizer.of_row(
            RowFacts(
                page_url=row.page_url,
                title=_text(row.title),
                target_url=_text(row.target_url),
                anchor=_text(row.anchor),
                is_image=None if pd.isna(row.image) else bool(row.image),
                n_external=float(row.n_external),
                n_internal=float(row.n_internal),
                semrush_page_ascore=float(row.ascore),
            )
        )
        for row in rows
    ]
    features = featurizer.frame(values, table.index)
    blank = pd.Series(pd.NA, index=table.index, dtype="object")
    table = table.assign(basis="row", stratum="export", page_id=blank, page_label=blank)
    return pd.concat([table, features], axis=1)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _with_labels(table: pd.DataFrame, gold: pd.DataFrame, readings: pd.DataFrame) -> pd.DataFrame:
    """Label each link by its best source; what the others say of a gold link is kept, to measure them."""
    table[["label", "label_source"]] = apply_labeling_functions(table)
    table["weak_source"] = table["label_source"]
    hashes = table["link_id"].map(_hash)
    read = hashes.isin(readings.index)
    # Every reading was of the link as if it counted.
    table["reading"], table["reading_source"] = hashes.map(readings["label"]), hashes.map(readings["source"])
    table.loc[read, "label"] = table.loc[read, "reading"]
    table.loc[read, "label_source"] = table.loc[read, "reading_source"]
    table.loc[read, "counts"] = True
    keys = gold["page_id"] + ":" + gold["a_index"].astype("Int64").astype("string")
    keys = keys.where(gold["kind"] == "page", "gold:" + gold["id"])
    # A few links were read twice; the readings agree.
    once = gold.assign(key=keys).drop_duplicates("key").set_index("key")
    labels, counts = once["label"], once["counts"]
    table["gold"] = table["link_id"].isin(labels.index)
    table.loc[table["gold"], "label"] = table.loc[table["gold"], "link_id"].map(labels)
    table.loc[table["gold"], "counts"] = table.loc[table["gold"], "link_id"].map(counts)
    table.loc[table["gold"], "label_source"] = "gold"
    return table[table["label"].notna()]


def _thin(table: pd.DataFrame) -> pd.DataFrame:
    """Keep at most so many weak rows of one group and source, so that one network does not outvote the rest."""
    table = table.iloc[np.argsort(table["link_id"].map(_hash).to_numpy(), kind="stable")]
    rank = table.groupby(["group", "label_source"]).cumcount()
    return table[(rank < _PER_GROUP) | table["label_source"].isin(["gold", SURE, UNSURE])]


def _anonymous(table: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    table = table.assign(link=table["link_id"].map(_hash)).sort_values("link", ignore_index=True)
    kinds = dict.fromkeys(
        ("link", "group", "label", "label_source", "weak_source", "reading", "reading_source", "basis", "stratum"),
        "string",
    )
    return table[[*TABLE_COLUMNS, *contract.names]].astype(kinds | {"gold": bool, "counts": bool})


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def label_precision(table: pd.DataFrame) -> pd.DataFrame:
    """Return, per label source but gold, on how many gold links that count it says something (``n``) and how often it is right (``precision``)."""
    known = table[table["gold"] & table["counts"]]
    guesses = {function.name: function.label.value for function in LABELING_FUNCTIONS}
    said = pd.concat(
        [
            pd.DataFrame({"source": known["reading_source"], "right": known["reading"] == known["label"]}),
            pd.DataFrame(
                {"source": known["weak_source"], "right": known["weak_source"].map(guesses) == known["label"]}
            ),
        ]
    ).dropna(subset="source")
    right = said["right"].astype(float).groupby(said["source"])
    measured = pd.DataFrame({"n": right.size(), "precision": right.mean()})
    return measured.reindex([SURE, UNSURE, *guesses]).dropna()
