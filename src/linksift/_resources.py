"""Locate what ships beside the code: inside the wheel, or at the top of a source checkout."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def resource(*parts: str) -> Traversable:
    """Return one shipped file or folder, for example ``resource("features", "catalogue.toml")``."""
    packaged = files("linksift").joinpath("_data")
    root: Traversable = packaged if packaged.is_dir() else Path(__file__).parents[2]
    return root.joinpath(*parts)
