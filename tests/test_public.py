"""The public names are what `__all__` says, sorted, and each can be had."""

from importlib import import_module
from types import ModuleType

import linksift


def test_public_names() -> None:
    assert list(linksift.__all__) == sorted(linksift.__all__)
    assert all(getattr(linksift, name) is not None for name in linksift.__all__)
    assert set(linksift.__all__) == set(linksift._HOME)


def test_no_module_hides_a_public_name() -> None:
    for home in set(linksift._HOME.values()):
        import_module(f"linksift.{home}")
    assert not [name for name in linksift.__all__ if isinstance(getattr(linksift, name), ModuleType)]
