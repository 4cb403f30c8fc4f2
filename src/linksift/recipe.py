"""Training recipes: TOML files in which every choice of a training run is written down."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from linksift._resources import resource
from linksift.errors import RecipeError
from linksift.labeling import LABELING_FUNCTIONS
from linksift.labels import BASES
from linksift.readings import SURE, UNSURE

#: Label sources that a recipe may weigh.
SOURCES: Final = (
    "gold",
    SURE,
    UNSURE,
    *(f.name for f in LABELING_FUNCTIONS),
    "user_label",
    "user_disavow",
    "user_keep",
)
_SHIPPED: Final = ("default", "quick")


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Parameters of `linksift.LinkClassifier` that a recipe sets."""

    n_estimators: int = 150
    learning_rate: float = 0.06
    num_leaves: int = 15
    min_child_samples: int = 20
    feature_fraction: float = 0.3
    bagging_fraction: float = 0.8
    lambda_l2: float = 5.0
    class_balance: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """What one change of data, features or model gained: macro-F1 on the frozen links with a page, and on export rows."""

    change: str
    page: float
    row: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training run, written down.

    Attributes
    ----------
    allow_leaks
        Features that may predict as well as they do: somebody has looked at them.
    labels
        Weight of a link by its label source.
    views
        Weight of each view: what a user may have of a link.
    hidden
        Factor of that weight where a link is shown with less than it has.
    history
        How the recipe came about; it goes into the model card and changes nothing else.
    """

    name: str
    seed: int = 0
    tables: tuple[str, ...] = ("shipped",)
    use: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    allow_leaks: tuple[str, ...] = ()
    labels: Mapping[str, float] = field(default_factory=dict)
    views: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(BASES, 1.0))
    hidden: float = 1.0
    folds: int = 5
    model: ModelSettings = field(default_factory=ModelSettings)
    max_valuable_called_harmful: float = 0.02
    max_harmful_missed: float = 0.10
    history: tuple[Step, ...] = ()
    text: str = field(default="", compare=False)


def load_recipe(name_or_path: str | Path = "default") -> Recipe:
    """Read a recipe that ships (``default``, ``quick``) or a TOML file.

    Raises
    ------
    RecipeError
        Where the file is missing or malformed, or has an unknown key or a value of the wrong kind.
    """
    where = str(name_or_path)
    source = resource("training", f"{where}.toml") if where in _SHIPPED else Path(where)
    if not source.is_file():
        raise RecipeError(f"{where}: no such recipe; give {', '.join(_SHIPPED)} or the path of a TOML file")
    try:
        text = source.read_text(encoding="utf-8")
        return _recipe(tomllib.loads(text), where, text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{where}: not valid TOML: {error}") from error


def _recipe(data: dict[str, Any], where: str, text: str) -> Recipe:
    _only(data, ("name", "seed", "data", "features", "labels", "views", "split", "model", "policy", "history"), where)
    tables = {key: data.get(key, {}) for key in ("data", "features", "labels", "views", "split", "model", "policy")}
    for key, table in tables.items():
        if not isinstance(table, dict):
            raise RecipeError(f"{where}: [{key}] must be a table")
    _only(tables["data"], ("tables",), f"{where}, [data]")
    _only(tables["features"], ("use", "leave_out", "allow_leaks"), f"{where}, [features]")
    _only(tables["split"], ("folds",), f"{where}, [split]")
    views = dict(tables["views"])
    hidden = views.pop("hidden", 1.0)
    budgets = ("max_valuable_called_harmful", "max_harmful_missed")
    _only(tables["policy"], budgets, f"{where}, [policy]")
    return Recipe(
        name=str(data.get("name", Path(where).stem)),
        seed=_whole(data.get("seed", 0), f"{where}, seed", 0, 2**31 - 1),
        tables=_names(tables["data"].get("tables", ["shipped"]), f"{where}, [data] tables"),
        use=_names(tables["features"].get("use", []), f"{where}, [features] use"),
        leave_out=_names(tables["features"].get("leave_out", []), f"{where}, [features] leave_out"),
        allow_leaks=_names(tables["features"].get("allow_leaks", []), f"{where}, [features] allow_leaks"),
        labels=_weights(tables["labels"], SOURCES, f"{where}, [labels]"),
        views=_weights(views or dict.fromkeys(BASES, 1.0), BASES, f"{where}, [views]"),
        hidden=_number(hidden, f"{where}, [views] hidden", 0, 1_000),
        folds=_whole(tables["split"].get("folds", 5), f"{where}, [split] folds", 2, 50),
        model=_model(tables["model"], f"{where}, [model]"),
        max_valuable_called_harmful=_number(tables["policy"].get(budgets[0], 0.02), f"{where}, {budgets[0]}", 0, 0.99),
        max_harmful_missed=_number(tables["policy"].get(budgets[1], 0.10), f"{where}, {budgets[1]}", 0, 0.99),
        history=_history(data.get("history", []), f"{where}, [[history]]"),
        text=text,
    )


def _history(value: Any, where: str) -> tuple[Step, ...]:  # noqa: ANN401 - what TOML holds
    steps = []
    for entry in value if isinstance(value, list) else [value]:
        if not isinstance(entry, dict):
            raise RecipeError(f"{where}: tables with change, page and row were expected")
        _only(entry, ("change", "page", "row"), where)
        figures = (_number(entry.get(key), f"{where} {key}", 0, 1) for key in ("page", "row"))
        steps.append(Step(str(entry.get("change", "")), *figures))
    return tuple(steps)


def _model(table: dict[str, Any], where: str) -> ModelSettings:
    kinds = {item.name: item.type for item in fields(ModelSettings)}
    _only(table, tuple(kinds), where)
    settings: dict[str, Any] = {}
    for name, value in table.items():
        read = _whole if kinds[name] is int else _number
        settings[name] = read(value, f"{where} {name}", 0, 10_000)
    return ModelSettings(**settings)


def _only(table: Mapping[str, Any], allowed: tuple[str, ...], where: str) -> None:
    unknown = sorted(set(table) - set(allowed))
    if unknown:
        raise RecipeError(f"{where}: unknown key {', '.join(unknown)}; known are {', '.join(allowed)}")


def _weights(table: Mapping[str, Any], allowed: tuple[str, ...], where: str) -> dict[str, float]:
    _only(table, allowed, where)
    return {name: _number(value, f"{where} {name}", 0, 1_000) for name, value in table.items()}


def _names(value: Any, where: str) -> tuple[str, ...]:  # noqa: ANN401 - what TOML holds
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise RecipeError(f"{where}: a list of names was expected, found {value!r}")
    return tuple(value)


def _number(value: Any, where: str, low: float, high: float) -> float:  # noqa: ANN401 - what TOML holds
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise RecipeError(f"{where}: a number from {low:g} to {high:g} was expected, found {value!r}")
    return float(value)


def _whole(value: Any, where: str, low: int, high: int) -> int:  # noqa: ANN401 - what TOML holds
    number = _number(value, where, low, high)
    if not number.is_integer():
        raise RecipeError(f"{where}: a whole number was expected, found {value!r}")
    return int(number)
