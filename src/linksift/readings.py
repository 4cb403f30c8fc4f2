"""Labels that a language model gave by reading a link: hashes and classes, no text."""

from typing import Final

import pandas as pd

from linksift._resources import resource
from linksift.errors import InputError
from linksift.labels import CLASSES

#: Label sources of readings that the reader was sure of, and of the others.
SURE: Final = "read"
UNSURE: Final = "read_unsure"
_COLUMNS: Final = ("link", "label", "rule", "sure")


def load_readings() -> pd.DataFrame:
    """Return the shipped readings.

    Returns
    -------
    DataFrame
        Index ``link`` (the hash of the training table); ``label``, ``rule`` (number of the guideline's rule), ``source`` (`SURE` or `UNSURE`).

    Raises
    ------
    InputError
        Where the file is no CSV, lacks a column, names a link twice or holds a label that does not exist.
    """
    with resource("data", "readings.csv").open("rb") as handle:
        try:
            table = pd.read_csv(handle, dtype={"link": "string", "label": "string", "rule": "int8", "sure": "int8"})
        except ValueError as error:
            raise InputError(f"data/readings.csv: cannot be read: {error}") from error
    is_sound = tuple(table.columns) == _COLUMNS and not table["link"].duplicated().any()
    if not is_sound or not table["label"].isin(CLASSES).all() or not table["sure"].isin([0, 1]).all():
        raise InputError(
            f"data/readings.csv: columns {', '.join(_COLUMNS)}, distinct links, known labels, and 0 or 1 for sure expected"
        )
    table["source"] = table["sure"].map({1: SURE, 0: UNSURE})
    return table.set_index("link")[["label", "rule", "source"]]
