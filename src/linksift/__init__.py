"""Tells good backlinks from bad: features, a three-class model, and decisions one can defend.

The steps are functions over DataFrames::

    pages -> extract -> train -> Bundle -> predict

Names are imported when they are first used, so that ``import linksift`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from linksift.bundle import Bundle, load_bundle, save_bundle
    from linksift.classifier import LinkClassifier
    from linksift.contract import load_contract
    from linksift.dataset import load_tables
    from linksift.extraction import extract
    from linksift.inputs import read_links
    from linksift.prediction import predict
    from linksift.reasons import reason_table
    from linksift.recipe import load_recipe
    from linksift.training import train

_HOME = {
    "Bundle": "bundle",
    "LinkClassifier": "classifier",
    "extract": "extraction",
    "load_bundle": "bundle",
    "load_contract": "contract",
    "load_recipe": "recipe",
    "load_tables": "dataset",
    "predict": "prediction",
    "read_links": "inputs",
    "reason_table": "reasons",
    "save_bundle": "bundle",
    "train": "training",
}

__all__ = [
    "Bundle",
    "LinkClassifier",
    "extract",
    "load_bundle",
    "load_contract",
    "load_recipe",
    "load_tables",
    "predict",
    "read_links",
    "reason_table",
    "save_bundle",
    "train",
]


def __getattr__(name: str) -> object:
    """Import a public name from its module."""
    if name not in _HOME:
        raise AttributeError(f"module 'linksift' has no attribute {name!r}")
    return getattr(import_module(f"linksift.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
