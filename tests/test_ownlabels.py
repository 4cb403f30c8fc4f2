"""A user's own labels: which links they find, and what becomes of those that find none."""

import pandas as pd
import pytest

from linksift.extraction import extract
from linksift.io.rawpage import raw_page
from linksift.io.userlabels import read_labels
from linksift.ownlabels import label_links

HTML = b"""<title>Notes</title><p>We like <a href="https://bakery.example/">the bakery</a>
and <a href="https://mill.example/">the mill</a>.</p>"""


@pytest.fixture
def pool() -> pd.DataFrame:
    pages = [
        raw_page(HTML + name.encode(), f"https://{name}.com/notes", name) for name in ("alpha-notes", "beta-notes")
    ]
    return pd.concat(extract(pages), ignore_index=True)


def labelled(tmp_path, text, pool, contract):
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return label_links(read_labels([path]), [pool], contract)


def test_a_page_label_beats_the_label_of_its_site(tmp_path, pool, contract):
    text = (
        "url,domain,label\nhttps://alpha-notes.com/notes,,valuable\n,alpha-notes.com,harmful\n,beta-notes.com,neutral\n"
    )
    own = labelled(tmp_path, text, pool, contract)
    by_page = own.table.groupby("group")["label"].agg(set)
    assert {"valuable"} in by_page.tolist()
    assert {"neutral"} in by_page.tolist()
    assert (own.matched, own.alone) == (3, 0)


def test_a_target_narrows_a_label_to_its_link(tmp_path, pool, contract):
    text = "url,target,label\nhttps://alpha-notes.com/notes,https://mill.example/,harmful\n"
    own = labelled(tmp_path, text, pool, contract)
    assert len(own.table) == 1
    assert own.table["basis"].tolist() == ["page"]


def test_a_label_that_finds_no_link_stands_by_itself(tmp_path, pool, contract):
    own = labelled(tmp_path, "domain,label\ncheap-links-for-all.com,harmful\n", pool, contract)
    assert (own.matched, own.alone) == (0, 1)
    assert own.table["basis"].tolist() == ["url"]
    assert own.table["url_host_length"].tolist() == [len("cheap-links-for-all.com")]
    assert own.table["page_bytes"].isna().all()
