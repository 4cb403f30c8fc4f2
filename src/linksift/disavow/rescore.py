"""Score the entries of a disavow file from their names alone."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from linksift.bundle import Bundle, check_contract
from linksift.contract import Contract
from linksift.disavow.entry import Entry
from linksift.extraction import IDENTITY
from linksift.features import Featurizer
from linksift.features.row import RowFacts
from linksift.prediction import score
from linksift.urls import registrable_domain


def score_entries(entries: Sequence[Entry], bundle: Bundle, contract: Contract) -> pd.DataFrame:
    """Score each entry as a link of which nothing but the URL, or the home page of the domain, is known.

    Returns
    -------
    DataFrame
        One row per entry with the columns `linksift.disavow.scored.COLUMNS`; `basis` is ``url``.

    Raises
    ------
    linksift.errors.ContractError
        Where the contract lacks a feature of the model, or has another version of it.
    """
    check_contract(bundle, contract.refs)
    featurizer = Featurizer(contract)
    pages = [entry.url or f"http://{entry.domain}/" for entry in entries]
    identity = pd.DataFrame({name: pd.array([pd.NA] * len(pages), dtype="string") for name in IDENTITY})
    identity = identity.assign(page_url=pd.array(pages, dtype="string"), status="ok", basis="url")
    identity["counts"] = pd.array([pd.NA] * len(pages), dtype="boolean")
    features = featurizer.frame([featurizer.of_row(RowFacts(page_url=page)) for page in pages])
    outcome = score(pd.concat([identity, features], axis=1), bundle)
    return pd.DataFrame(
        {
            "page_url": pd.array([entry.url for entry in entries], dtype="string"),
            "host": pd.array([entry.host for entry in entries], dtype="string"),
            "site": pd.array([registrable_domain(entry.host) for entry in entries], dtype="string"),
            "target_url": pd.array([None] * len(entries), dtype="string"),
            "decision": outcome["decision"].astype("string"),
            "p_harmful": outcome["p_harmful"].astype(np.float64),
            "counts": outcome["counts"],
            "kept": False,
            "lost": False,
            "basis": outcome["basis"],
            "reasons": pd.array([None] * len(entries), dtype="string"),
        }
    )
