"""What can go wrong, in one small tree.

::

    LinksiftError
    ├── InputError        a file or table is not what was asked for (the command exits with 2)
    │   └── LabelError    a label file holds nothing usable
    ├── ContractError     the features on disk are not the ones that a model was made with
    ├── BundleError       a model folder is missing a file, was changed, or is of another version
    ├── RecipeError       a recipe has an unknown key or a value out of range
    └── LeakError         a feature gives the answer away, so that its measured quality would be an illusion

Each message says what was wrong, where, and what to do about it.
"""


class LinksiftError(Exception):
    """Base of every error that linksift raises on purpose."""


class InputError(LinksiftError, ValueError):
    """A file or table is not what was asked for."""


class LabelError(InputError):
    """A label file holds nothing that could be used."""


class ContractError(LinksiftError):
    """The features on disk are not the ones that a model was made with."""


class BundleError(LinksiftError):
    """A model folder is incomplete, was changed, or has a format that this version does not read."""


class RecipeError(LinksiftError, ValueError):
    """A training recipe has an unknown key or a value out of range."""


class LeakError(LinksiftError):
    """A feature gives the answer away: it predicts too well alone, is an id, or repeats a label source."""
