"""What several test modules share."""

import os
from pathlib import Path

import pytest

from linksift.contract import load_contract
from linksift.io.rawpage import RawPage


@pytest.fixture(scope="session")
def contract():
    return load_contract()


@pytest.fixture(scope="session")
def shared():
    """Raw pages and labels that do not ship: ``LINKSIFT_SHARED``, or the folder ``shared`` beside the checkout."""
    folder = Path(os.environ.get("LINKSIFT_SHARED") or Path(__file__).parents[2] / "shared")
    if not folder.is_dir():
        pytest.skip(f"no raw data: {folder} is missing; set LINKSIFT_SHARED")
    return folder


@pytest.fixture(scope="session")
def make_page():
    """Make a raw page from the markup of its body, or from bytes as they are."""

    def make(body, url="https://page.example/post", *, head="", page_id="p"):
        if isinstance(body, bytes):
            return RawPage(page_id, url, body)
        html = f"<!doctype html><html lang='en'><head>{head}</head><body>{body}</body></html>"
        return RawPage(page_id, url, html.encode())

    return make
