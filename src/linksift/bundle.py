"""A model as a folder that people can read and programs can check; nothing in it is pickled.

======================  =====================================================================================
``booster.txt``         the trees, in LightGBM's text format
``bundle.json``         name, classes, features, calibration, policy, parameters, and a SHA-256 of each other file
``metrics.json``        how well the model did, and on what
``frozen.parquet``      optional: cross-fitted probabilities of the frozen links
``README.md``           the model card
======================  =====================================================================================

The hashes, and the one that ``bundle.json`` carries of itself, are there against accidents: a cut download, a
changed line end, an edit by hand. They do not stop somebody who wants to deceive, for whoever changes a file can
write its new hash as well. Load models only from where you would install programs from.
"""

import platform
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version as installed_version
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import lightgbm
import pandas as pd

from linksift._booster_text import check_booster_text
from linksift._bundle import Bundle
from linksift._frozen import from_parquet, to_parquet
from linksift._manifest import (
    FORMAT,
    REMEDY,
    Manifest,
    decode_manifest,
    encode_manifest,
    from_json,
    sha256,
    to_json,
)
from linksift.calibration import Calibration
from linksift.classifier import LinkClassifier
from linksift.contract import FeatureRef
from linksift.errors import BundleError, ContractError
from linksift.labels import BASES

__all__ = ["Bundle", "bundle_from", "check_contract", "load_bundle", "save_bundle"]

BOOSTER: Final = "booster.txt"
MANIFEST: Final = "bundle.json"
METRICS: Final = "metrics.json"
FROZEN: Final = "frozen.parquet"
CARD: Final = "README.md"

_REQUIRED: Final = frozenset({BOOSTER, METRICS, CARD})
_MEGABYTE: Final = 1 << 20
#: Largest size that is read, in bytes; the table of frozen links may also unpack to no more than this.
_LIMITS: Final = {
    BOOSTER: 256 * _MEGABYTE,
    MANIFEST: 16 * _MEGABYTE,
    METRICS: 16 * _MEGABYTE,
    FROZEN: 256 * _MEGABYTE,
    CARD: 16 * _MEGABYTE,
}


def bundle_from(
    classifier: LinkClassifier,
    features: Sequence[FeatureRef],
    *,
    name: str,
    version: str,
    policy: Mapping[str, Any],
    metrics: Mapping[str, Any],
    data_sha256: str,
    card: str,
    calibration: Mapping[str, Calibration] | None = None,
    frozen: pd.DataFrame | None = None,
) -> Bundle:
    """Put a fitted classifier into a bundle.

    Parameters
    ----------
    calibration
        One for each of `linksift.labels.BASES`; without, the classifier's own for all of them.

    Raises
    ------
    ContractError
        Where `features` are not the columns that the classifier was fitted on, in their order.
    """
    fitted_on = classifier.booster_.feature_name()
    if [ref.name for ref in features] != fitted_on:
        raise ContractError(f"the classifier was fitted on other columns than the features given: {fitted_on}")
    own = Calibration(classifier.calibration_coef_, classifier.calibration_intercept_)
    parameters = classifier.get_params()
    for setting in ("n_jobs", "fold_jobs"):  # no property of the model
        del parameters[setting]
    libraries = ("lightgbm", "numpy", "pandas", "scikit-learn", "scipy")
    return Bundle(
        booster=classifier.booster_,
        features=tuple(features),
        classes=tuple(str(label) for label in classifier.classes_),
        calibration=calibration or dict.fromkeys(BASES, own),
        policy=policy,
        metrics=metrics,
        parameters=parameters,
        versions={
            "python": platform.python_version(),
            **{library: installed_version(library) for library in libraries},
        },
        data_sha256=data_sha256,
        frozen=frozen,
        card=card,
        name=name,
        version=version,
    )


def save_bundle(bundle: Bundle, folder: str | Path) -> None:
    """Write a model folder, whole or not at all; the same bundle gives the same bytes.

    An existing model folder is replaced, and so is an empty folder.

    Raises
    ------
    BundleError
        Where the place holds anything else than a model, or the bundle could not be loaded again.
    """
    target = Path(folder).resolve()
    _check_replaceable(target)
    contents = _encode(bundle, str(folder))
    _decode(contents, str(folder))  # what could not be read again is never written
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
        fresh, old = Path(scratch, "fresh"), Path(scratch, "old")
        fresh.mkdir()
        for name, data in contents.items():
            (fresh / name).write_bytes(data)
        replacing = target.exists()
        if replacing:
            target.rename(old)
        try:
            fresh.rename(target)
        except OSError:
            if replacing:
                old.rename(target)
            raise


def load_bundle(folder: str | Path | Traversable) -> Bundle:
    """Read and check a model folder.

    Raises
    ------
    BundleError
        Where the folder or a file is missing, too large, changed, of another format version, or where the files
        do not fit each other. The message names the file and what to do.
    """
    where = str(folder)
    root = Path(folder) if isinstance(folder, str) else folder
    if not root.is_dir():
        raise BundleError(f"{where}: no such folder; name a folder that `linksift train` wrote")
    contents = {MANIFEST: _read(root, MANIFEST, where)}
    manifest = decode_manifest(contents[MANIFEST], f"{where}/{MANIFEST}")
    unknown = sorted(set(manifest.files) - _REQUIRED - {FROZEN})
    if unknown or not set(manifest.files) >= _REQUIRED:
        message = f"lists unknown files or lacks one of {', '.join(sorted(_REQUIRED))}"
        raise BundleError(f"{where}/{MANIFEST}: {message}; {REMEDY}")
    for name in sorted(manifest.files):
        contents[name] = _read(root, name, where)
    return _decode(contents, where)


def check_contract(bundle: Bundle, available: Mapping[str, FeatureRef]) -> None:
    """Refuse a model whose features are not all available as it knows them; further features do not matter.

    Raises
    ------
    ContractError
        Naming each feature that is missing, has another version or was made with other lexicons.
    """
    problems = []
    for wanted in bundle.features:
        found = available.get(wanted.name)
        if found is None:
            problems.append(f"{wanted.name} is missing")
        elif found.version != wanted.version:
            problems.append(f"{wanted.name} is version {found.version}, the model knows {wanted.version}")
        elif found.lexicon_hash != wanted.lexicon_hash:
            problems.append(f"{wanted.name} reads other lexicons than when the model was trained")
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise ContractError(
            f"model {bundle.name} {bundle.version} does not fit the features:\n{listed}\n"
            "Train a model with these features (`linksift train`), or use the features folder that the model "
            "was made with."
        )


def _check_replaceable(target: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise BundleError(f"{target}: a file, not a model folder; choose another place")
    names = {entry.name for entry in target.iterdir()}
    foreign = sorted(names - set(_LIMITS))
    if foreign:
        raise BundleError(f"{target}: holds {foreign[0]}, which is no part of a model; choose another place")
    if names:
        fields = from_json(_read(target, MANIFEST, str(target)), f"{target}/{MANIFEST}")
        if fields.get("format") != FORMAT:
            raise BundleError(f"{target}: holds files but no linksift model; choose another place")


def _encode(bundle: Bundle, where: str) -> dict[str, bytes]:
    contents = {
        BOOSTER: bundle.booster.model_to_string().encode(),
        METRICS: to_json(bundle.metrics, f"{where}/{METRICS}"),
        CARD: bundle.card.encode(),
    }
    if bundle.frozen is not None:
        contents[FROZEN] = to_parquet(bundle.frozen)
    manifest = Manifest(
        name=bundle.name,
        version=bundle.version,
        created_by=bundle.created_by,
        classes=bundle.classes,
        features=bundle.features,
        calibration=bundle.calibration,
        policy=bundle.policy,
        parameters=bundle.parameters,
        versions=bundle.versions,
        data_sha256=bundle.data_sha256,
        files={name: sha256(data) for name, data in contents.items()},
    )
    return {**contents, MANIFEST: encode_manifest(manifest, f"{where}/{MANIFEST}")}


def _decode(contents: Mapping[str, bytes], where: str) -> Bundle:
    manifest = decode_manifest(contents[MANIFEST], f"{where}/{MANIFEST}")
    for name, expected in manifest.files.items():
        if sha256(contents[name]) != expected:
            raise BundleError(f"{where}/{name}: changed since the model was written; {REMEDY}")
    frozen = contents.get(FROZEN)
    return Bundle(
        booster=_booster(contents[BOOSTER], manifest, f"{where}/{BOOSTER}"),
        features=manifest.features,
        classes=manifest.classes,
        calibration=manifest.calibration,
        policy=manifest.policy,
        metrics=from_json(contents[METRICS], f"{where}/{METRICS}"),
        parameters=manifest.parameters,
        versions=manifest.versions,
        data_sha256=manifest.data_sha256,
        frozen=None if frozen is None else from_parquet(frozen, _LIMITS[FROZEN], f"{where}/{FROZEN}"),
        card=_text(contents[CARD], f"{where}/{CARD}"),
        name=manifest.name,
        version=manifest.version,
        created_by=manifest.created_by,
    )


def _read(root: Traversable, name: str, where: str) -> bytes:
    entry, limit = root.joinpath(name), _LIMITS[name]
    if not entry.is_file():
        raise BundleError(f"{where}/{name}: missing; {REMEDY}")
    try:
        with entry.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise BundleError(f"{where}/{name}: cannot be read: {error}") from error
    if len(data) > limit:
        raise BundleError(f"{where}/{name}: larger than {limit // _MEGABYTE} MB, no model is; {REMEDY}")
    return data


def _text(data: bytes, where: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise BundleError(f"{where}: not UTF-8 ({error}); {REMEDY}") from error


def _booster(data: bytes, manifest: Manifest, where: str) -> lightgbm.Booster:
    text = _text(data, where)
    check_booster_text(text, [ref.name for ref in manifest.features], len(manifest.classes), where)
    try:
        return lightgbm.Booster(model_str=text)
    except lightgbm.basic.LightGBMError as error:
        raise BundleError(f"{where}: LightGBM cannot read it ({error}); {REMEDY}") from error
