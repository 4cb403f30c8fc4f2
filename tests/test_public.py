"""The public names are what `__all__` says, sorted, and each can be had."""

import linksift


def test_public_names() -> None:
    assert list(linksift.__all__) == sorted(linksift.__all__)
    assert all(getattr(linksift, name) is not None for name in linksift.__all__)
    assert set(linksift.__all__) == set(linksift._HOME)
