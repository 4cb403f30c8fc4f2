"""An audit beside an earlier one: new, lost, and judged otherwise, with the reason."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from linksift.audit.names import DECISIONS, LINKS, MANIFEST
from linksift.errors import InputError
from linksift.io.tables import read_table

#: Columns of ``changes.csv``.
COLUMNS: Final = ("link_id", "change", "before", "after", "why", "page_url", "domain", "target_url", "anchor")
_NEEDED: Final = ("link_id", "page_url", "target_url", "anchor", "domain", "decision", "facts", "lost", "basis", "kept")


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier audit, as far as it is compared.

    Attributes
    ----------
    model
        What identifies its model.
    """

    folder: Path
    date: str
    site: str
    model: Mapping[str, str]
    links: pd.DataFrame

    @property
    def decisions(self) -> Path | None:
        """Its decisions, which may have been edited since."""
        path = self.folder / DECISIONS
        return path if path.is_file() else None


def read_earlier(folder: Path, site: str) -> Earlier:
    """Read an earlier audit folder.

    Raises
    ------
    InputError
        If it is no audit folder, is damaged, or is of another site.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        earlier = Earlier(
            folder, str(manifest["date"]), str(manifest["site"]), dict(manifest["model"]), read_table(folder / LINKS)
        )
    except OSError as error:
        raise InputError(f"{folder}: is no folder that `linksift audit` wrote ({error.strerror or error})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{folder}: {MANIFEST} is damaged ({error}); name another --previous, or leave it out"
        ) from error
    missing = [name for name in _NEEDED if name not in earlier.links.columns]
    if missing:
        raise InputError(f"{folder / LINKS}: has no column {missing[0]}; name another --previous, or leave it out")
    if earlier.site != site:
        raise InputError(f"{folder}: is an audit of {earlier.site}, not of {site}")
    return earlier


def compare(links: pd.DataFrame, earlier: Earlier, model: Mapping[str, str]) -> pd.DataFrame:
    """Return what changed, one row per link with the columns `COLUMNS`.

    Parameters
    ----------
    links
        Judged links.
    model
        What identifies the model that judged them.

    Returns
    -------
    DataFrame
        ``change`` is ``new``, ``lost`` (gone from the exports, or marked as lost since) or ``class``; ``before`` and
        ``after`` are decisions of the model. Lost links come first, then classes, then new ones.
    """
    before = earlier.links.drop_duplicates("link_id").set_index("link_id")
    now = links.set_index("link_id", drop=False)
    both = now.loc[now.index.isin(before.index)]
    was = before.loc[both.index]
    is_lost, was_lost = (_flag(frame["lost"]).to_numpy() for frame in (both, was))
    differs = both["decision"].astype(object).to_numpy() != was["decision"].astype(object).to_numpy()
    same_model = dict(earlier.model) == dict(model)
    gone = before.loc[~before.index.isin(now.index) & ~_flag(before["lost"])].reset_index()
    gone = gone[~_better_known(gone, links)]
    marked, changed = both[is_lost & ~was_lost], both[differs]
    fresh = now.loc[~now.index.isin(before.index)]
    parts = [
        gone.assign(change="lost", before=gone["decision"], after=None, why="not in these exports"),
        marked.assign(change="lost", before=was["decision"].loc[marked.index], after=marked["decision"], why="marked lost"),
        changed.assign(
            change="class", before=was["decision"].loc[changed.index], after=changed["decision"],
            why=[_why(now.loc[name], was.loc[name], same_model=same_model) for name in changed.index],
        ),
        fresh.assign(change="new", before=None, after=fresh["decision"], why=None),
    ]  # fmt: skip
    table: pd.DataFrame = pd.concat([part[list(COLUMNS)].astype("string") for part in parts], ignore_index=True)
    return table


def _flag(values: "pd.Series[bool]") -> "pd.Series[bool]":
    return values.astype("boolean").fillna(value=False).astype(bool)


def _better_known(gone: pd.DataFrame, links: pd.DataFrame) -> "pd.Series[bool]":
    """Tell which links without a target are not gone: an export now says more of the links of their page."""
    pages = set(links["page_url"].dropna())
    return gone["target_url"].isna() & gone["page_url"].isin(pages)


def _why(now: "pd.Series[Any]", was: "pd.Series[Any]", *, same_model: bool) -> str:
    what = "the page" if "page" in (now["basis"], was["basis"]) else "the row"
    same_facts = now["facts"] == was["facts"]
    if same_facts and same_model:
        return "the keep list changed" if now["kept"] != was["kept"] else "not known"
    if same_facts:
        return "the model changed"
    return f"{what} changed" if same_model else f"{what} and the model changed"
