"""What an installed wheel and the source archive carry, tried outside the tree."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
CARRIED = [
    "features/catalogue.toml",
    "features/lexicons/gambling.txt",
    "features/words.npy",
    "training/default.toml",
    "models/default/booster.txt",
    "data/links.parquet",
    "data/readings.csv",
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(TOP)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_wheel_works_outside_the_tree(built: Path, tmp_path: Path) -> None:
    wheel = next(built.glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")  # noqa: S202 - our own wheel
    assert all(f"linksift/_data/{name}" in names for name in CARRIED)
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    (tmp_path / "links.csv").write_text("url,anchor\nhttps://one.example/a,a bakery\n")
    code = "import linksift._resources as r; print(r.resource('features'))"
    where = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert str(tmp_path) in where.stdout
    command = [sys.executable, "-m", "linksift", "predict", "links.csv", "-o", "-"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("link_id,url,anchor,label,")


def test_the_source_archive_carries_the_owners_folders(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert set(CARRIED) <= names
    assert "examples/bakery/backlinks.csv" in names
    assert not any(name.startswith((".venv", "mlruns", "demo/")) for name in names)
