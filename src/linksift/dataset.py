"""Training tables: reading them, checking them, and showing each link as what a user may have of it."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from linksift._resources import resource
from linksift.contract import Contract, Needs
from linksift.errors import ContractError, InputError
from linksift.io.tables import read_table
from linksift.labels import BASES, CLASSES
from linksift.recipe import Recipe

#: Name under which a command or recipe asks for the table that ships.
SHIPPED: Final = "shipped"
#: What a training table holds beside the features; the hashes name nobody.
TABLE_COLUMNS: Final = (
    "link",
    "group",
    "label",
    "label_source",
    "weak_source",
    "reading",
    "reading_source",
    "gold",
    "counts",
    "basis",
    "stratum",
)
_REQUIRED: Final = ("group", "label", "label_source", "basis")
#: Inputs that a link has in each view.
_HAS: Final[Mapping[str, tuple[Needs, ...]]] = {
    "page": ("url", "row", "page", "target"),
    "row": ("url", "row", "target"),
    "url": ("url",),
}
#: What a provider's export lacks of a full row; a Search Console file and a bare list hold no more than a URL.
PROVIDERS: Final[Mapping[str, re.Pattern[str]]] = {
    "Ahrefs": re.compile(r"row_(internal|external_share)$"),
    "Majestic": re.compile(r"row_|title_|words_title_|sim_.*title$"),
}


@dataclass(frozen=True, slots=True)
class Views:
    """Links in every view that they have.

    Attributes
    ----------
    X
        Feature columns; what the view does not have is NaN.
    row
        Position in the table.
    view
        ``page``, ``row`` or ``url``.
    provider
        Whose export a row was cut down to, a key of `PROVIDERS`; empty where none.
    """

    X: pd.DataFrame
    row: np.ndarray
    view: np.ndarray
    provider: np.ndarray


def load_tables(names: Sequence[str | Path], contract: Contract) -> pd.DataFrame:
    """Read and join training tables; `SHIPPED` is the one that comes with linksift.

    Raises
    ------
    InputError
        Where a table lacks a column, or a label is none of the classes.
    ContractError
        Where a feature of the contract is missing.
    """
    tables = []
    for name in names:
        frame = shipped_table() if str(name) == SHIPPED else read_table(name)
        tables.append(_checked(frame, str(name), contract))
    table = pd.concat(tables, ignore_index=True)
    again = table["link"][table["gold"]].duplicated()
    if again.any():
        raise InputError(
            f"{', '.join(map(str, names))}: {again.sum()} hand-labelled links are there twice; give each once"
        )
    return table


def shipped_table() -> pd.DataFrame:
    """Return the training table that comes with linksift."""
    with resource("data", "links.parquet").open("rb") as handle:
        return pd.read_parquet(handle)


def _checked(frame: pd.DataFrame, where: str, contract: Contract) -> pd.DataFrame:
    missing = [name for name in _REQUIRED if name not in frame.columns]
    if missing:
        message = (
            f"{where}: no column {', '.join(missing)}; a training table has {', '.join(_REQUIRED)} and the features"
        )
        raise InputError(f"{message} (for labels of your own give the links and `--labels FILE`)")
    absent = [name for name in contract.on if name not in frame.columns]
    if absent:
        raise ContractError(
            f"{where}: features missing: {', '.join(absent[:8])}; extract the links again with this contract"
        )
    unknown = sorted(set(frame["label"].dropna()) - set(CLASSES))
    if unknown:
        raise InputError(
            f"{where}: labels that do not exist: {', '.join(map(repr, unknown))}; there are {', '.join(CLASSES)}"
        )
    if frame.empty:
        raise InputError(f"{where}: the table has no row")
    if frame["group"].isna().any():
        raise InputError(
            f"{where}: {frame['group'].isna().sum()} rows have no group; links of one owner or site share one"
        )
    matrix = frame[[name for name in contract.names if name in frame.columns]]
    infinite = matrix.columns[np.isinf(matrix.to_numpy(dtype=float, na_value=np.nan)).any(axis=0)]
    if len(infinite):
        raise InputError(f"{where}: infinite values in {', '.join(infinite)}; unknown is NaN or an empty cell")
    unlabelled = pd.Series(pd.NA, index=frame.index, dtype="string")
    return frame.assign(
        link=frame["link"] if "link" in frame.columns else [f"{where}:{row}" for row in range(len(frame))],
        gold=frame["gold"].astype(bool) if "gold" in frame.columns else False,
        counts=frame["counts"].astype("boolean").fillna(True).astype(bool) if "counts" in frame.columns else True,
        stratum=frame["stratum"] if "stratum" in frame.columns else "own",
        weak_source=frame["weak_source"] if "weak_source" in frame.columns else unlabelled,
        reading=frame["reading"] if "reading" in frame.columns else unlabelled,
        reading_source=frame["reading_source"] if "reading_source" in frame.columns else unlabelled,
    )


def used_features(recipe: Recipe, contract: Contract) -> list[str]:
    """Return the features that a recipe uses, in catalogue order."""
    unknown = sorted((set(recipe.use) | set(recipe.leave_out)) - set(contract.names))
    if unknown:
        raise ContractError(f"recipe {recipe.name}: features not in {contract.where}: {', '.join(unknown)}")
    chosen = (set(contract.on) | set(recipe.use)) - set(recipe.leave_out)
    return [name for name in contract.names if name in chosen]


def label_weights(table: pd.DataFrame, recipe: Recipe) -> np.ndarray:
    """Return the weight of each link: what the recipe gives its label source, 0 for links that do not count."""
    weights = table["label_source"].map(dict(recipe.labels)).fillna(0.0).to_numpy(dtype=float)
    return np.where(table["counts"].to_numpy(dtype=bool) & table["label"].notna().to_numpy(), weights, 0.0)


def assign_folds(table: pd.DataFrame, weights: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Put whole groups into folds, classes spread evenly.

    Raises
    ------
    InputError
        Where fewer than two groups or classes have weight: nothing could be measured.
    """
    used = weights > 0
    groups, classes = table["group"][used].nunique(), table["label"][used].nunique()
    if classes < 2:
        raise InputError(f"the labels hold {classes} class(es) with weight; at least two are needed to train")
    if groups < 2:
        raise InputError(
            "all labelled links are of one group (owner or site); labels of at least two are needed to measure"
        )
    folds = min(folds, groups)
    splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    assigned = np.zeros(len(table), dtype=int)
    # The frozen links decide about models, so they are spread by their own classes.
    strata: pd.Series[str] = table["label"].fillna("none").astype(str) + np.where(table["gold"], "+", "")
    for number, (_, held) in enumerate(splitter.split(np.zeros(len(table)), strata, table["group"])):
        assigned[held] = number
    return assigned


def show_views(table: pd.DataFrame, names: Sequence[str], contract: Contract) -> Views:
    """Show each link in every view that it has: one with a page also as an export row and as a bare URL.

    A row of an export is shown once more as each of the `PROVIDERS` would give it.

    Raises
    ------
    ContractError
        Where the table lacks a feature.
    """
    absent = [name for name in names if name not in table.columns]
    if absent:
        raise ContractError(f"the table lacks features: {', '.join(absent[:8])}; extract the links again")
    frames, rows, views, providers = [], [], [], []
    known = table["basis"].map({name: rank for rank, name in enumerate(BASES)}).to_numpy()

    def show(at: np.ndarray, view: str, hidden: Sequence[str], provider: str = "") -> None:
        frame = table.iloc[at][list(names)].astype("float32")
        frame[list(hidden)] = np.float32("nan")
        # A view in which nothing is known (a bare URL, and the URL is unknown) shows nothing.
        seen = frame.notna().any(axis=1).to_numpy()
        frames.append(frame[seen])
        rows.append(at[seen])
        views.append(np.full(int(seen.sum()), view))
        providers.append(np.full(int(seen.sum()), provider, dtype=object))

    for rank, view in enumerate(BASES):
        show(np.flatnonzero(known <= rank), view, [n for n in names if contract.by_name[n].needs not in _HAS[view]])
    for provider, lacks in PROVIDERS.items():
        hidden = [n for n in names if contract.by_name[n].needs not in _HAS["row"] or lacks.match(n)]
        show(np.flatnonzero(known == BASES.index("row")), "row", hidden, provider)
    return Views(
        pd.concat(frames, ignore_index=True), np.concatenate(rows), np.concatenate(views), np.concatenate(providers)
    )


def table_sha256(table: pd.DataFrame) -> str:
    """Return a digest of a table's content, the same for the same rows in the same order."""
    digest = hashlib.sha256(",".join(table.columns).encode())
    digest.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return digest.hexdigest()
