"""Making the training table from made-up sources: whose label counts, that it names nobody, and that it measures as a user's links are measured."""

import dataclasses
import hashlib
import re

import numpy as np
import pandas as pd
import pytest

from linksift.cli import main
from linksift.corpus import build_table, label_precision
from linksift.dataset import TABLE_COLUMNS
from linksift.errors import InputError
from linksift.extraction import extract
from linksift.inputs import read_links
from linksift.io.rawpage import RawPage
from linksift.words import WordWeights

N = 40
LABELS = ("harmful", "neutral", "valuable")
TELLING = {"harmful": "casino bonus", "neutral": "index page", "valuable": "sourdough notes"}
EXPORT = {
    "Source url": "page_url", "Source title": "title", "Target url": "target_url", "Anchor": "anchor", "Image": "image",
    "External links": "n_external", "Internal links": "n_internal", "Page ascore": "ascore", "Sitewide": "sitewide",
}  # fmt: skip


def link_hash(link_id):
    return hashlib.sha256(link_id.encode()).hexdigest()[:12]


def corpus_pages():
    rows = []
    for at in range(N):
        words = TELLING[LABELS[at % 3]]
        html = f"<title>{words} {at}</title><p>Some words about {words}, and <a href='https://target{at}.com/'>{words}</a>.</p>"
        label = "ham" if at % 3 else "spam"
        rows.append((f"page{at:02}", f"https://site-{at}.com/{at}", "unknown", label, html.encode()))
    # Beside them a page whose only link does not count, and one to a platform that everybody links to.
    rows.append(
        ("nofollow", "https://one.com/", "unknown", "ham", b"<p>Far <a rel=nofollow href='https://a.com/'>away</a></p>")
    )
    rows.append(
        (
            "platform",
            "https://two.com/",
            "unknown",
            "spam",
            b"<p>On <a href='https://www.facebook.com/'>a platform</a></p>",
        )
    )
    return pd.DataFrame(rows, columns=["page_id", "url", "group", "page_label", "html"])


def backlinks():
    rows = [
        {
            "Source url": f"https://row-{at}.com/x",
            "Source title": TELLING[LABELS[at % 3]] if at % 7 else None,
            "Target url": "https://mine.com/",
            "Anchor": TELLING[LABELS[at % 3]].split()[0] if at % 5 else None,
            "Image": at % 5 == 0,
            "External links": 10 + at,
            "Internal links": 5,
            "Page ascore": at,
            "Nofollow": at == N - 1,
            "Sponsored": False,
            "Ugc": False,
            "Sitewide": False,
            "source_domain": f"row-{at}.com",
            "n_disavow_lists": 4 if at % 3 == 0 else 0,
            "n_profiles_linked": 1,
            "negative_kinds": "",
            "positive_kinds": "university" if at % 3 == 2 else "",
        }
        for at in range(N)
    ]
    return pd.DataFrame(rows)


def gold_links(rows):
    """Two links of pages, one of which does not count, and one row of an export."""
    pages = pd.DataFrame(
        {
            "id": ["g0", "g1"], "kind": "page", "label": ["valuable", "neutral"], "counts": [True, False], "group": "unknown",
            "page_id": ["page00", "page01"], "a_index": [0, 0],
        }
    )  # fmt: skip
    row = rows.iloc[[5]][list(EXPORT)].rename(columns=EXPORT)
    row = row.assign(
        id="g2", kind="export", label="harmful", counts=True, group="unknown", page_url="https://gold-row.com/x"
    )
    return pd.concat([pages, row], ignore_index=True)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    for name in ("corpus", "links", "labels"):
        (folder / name).mkdir()
    rows = backlinks()
    corpus_pages().to_parquet(folder / "corpus" / "pages-0.parquet")
    rows.to_parquet(folder / "links" / "semrush_backlinks.parquet")
    gold_links(rows).to_parquet(folder / "labels" / "gold_dev.parquet")
    return folder


@pytest.fixture(scope="module")
def few_words(contract):
    """Few weights, which are fitted in a second, and readings of the made-up links."""
    ids = {f"page{at:02}:0": at for at in range(N) if at not in (1, 30)} | {
        f"export:{at}": at for at in range(N) if at != 31
    }
    readings = pd.DataFrame(
        [(link_hash(name), LABELS[at % 3], 7, ("read", "read_unsure")[at % 2]) for name, at in ids.items()],
        columns=["link", "label", "rule", "source"],
    ).set_index("link")
    with pytest.MonkeyPatch.context() as patch:
        for module in ("words", "wordfit"):
            patch.setattr(f"linksift.{module}.BUCKETS", 1 << 12)
        patch.setattr("linksift.corpus.load_readings", lambda: readings)
        yield readings


@pytest.fixture(scope="module")
def built(sources, contract, few_words):
    return build_table(sources, contract)


def of(table, link_id):
    return table.set_index("link").loc[link_hash(link_id)]


def test_one_row_for_each_link_with_a_label(built, contract):
    table, _ = built
    assert list(table.columns) == [*TABLE_COLUMNS, *contract.names]
    expected = {f"page{at:02}:0" for at in range(N)} | {f"export:{at}" for at in range(N) if at != 31} | {"gold:g2"}
    assert set(table["link"]) == set(map(link_hash, expected))
    assert table["link"].is_monotonic_increasing
    assert not table["link"].duplicated().any()


def test_the_table_names_nobody(built):
    texts = built[0][list(TABLE_COLUMNS)].select_dtypes(exclude="bool").astype("string")
    assert texts["link"].str.fullmatch("[0-9a-f]{12}").all()
    assert texts["group"].str.fullmatch("[0-9a-f]{12}").all()
    assert not [value for value in texts.stack().dropna() if re.search(r"[./]|page\d|row-", value)]


def test_hand_made_labels_come_first_then_readings_then_functions(built):
    table, _ = built
    assert of(table, "page00:0")[["label", "label_source", "gold", "reading"]].tolist() == [
        "valuable",
        "gold",
        True,
        "harmful",
    ]
    assert of(table, "page01:0")[["label", "label_source", "counts"]].tolist() == ["neutral", "gold", False]
    assert of(table, "gold:g2")[["label", "label_source", "basis"]].tolist() == ["harmful", "gold", "row"]
    assert of(table, "page02:0")[["label", "label_source"]].tolist() == ["valuable", "read"]
    assert of(table, "page03:0")[["label", "label_source"]].tolist() == ["harmful", "read_unsure"]
    assert of(table, "page30:0")[["label", "label_source"]].tolist() == ["harmful", "spam_page"]
    # What was read is judged as if it counted, though the export flags it.
    assert of(table, f"export:{N - 1}")[["label", "counts"]].tolist() == ["harmful", True]


def test_word_scores_are_those_that_a_user_of_the_weights_gets(built, sources, contract, tmp_path):
    table, encoded = built
    own = dataclasses.replace(contract, words=WordWeights.decode(encoded, "new"))
    words = [feature.name for feature in contract.features if feature.family == "words"]
    # Groups with a hand-labelled link are scored by the very weights that ship.
    gold = corpus_pages().iloc[0]
    measured = pd.concat(extract([RawPage(gold["page_id"], gold["url"], gold["html"])], contract=own)).iloc[0]
    np.testing.assert_allclose(of(table, "page00:0")[words].astype(float), measured[words].astype(float), atol=2e-5)
    backlinks().iloc[[5]].assign(**{"Source url": "https://gold-row.com/x"}).to_csv(tmp_path / "row.csv", index=False)
    (chunk,) = read_links(tmp_path / "row.csv", own)
    row = of(table, "gold:g2")
    assert row["words_anchor_harmful"] == 0, "an empty anchor is known to be empty"
    np.testing.assert_allclose(row[words].astype(float), chunk.links.iloc[0][words].astype(float), atol=2e-5)


def test_words_tell_the_classes_of_links_that_did_not_teach_them(built):
    table, _ = built
    read = table[table["label_source"].str.startswith("read")]
    mean = read.groupby("label")["words_title_harmful"].mean()
    assert mean["harmful"] > mean["neutral"] + 0.2
    assert mean["harmful"] > mean["valuable"] + 0.2


def test_the_same_sources_give_the_same_table(built, sources, contract):
    again, weights = build_table(sources, contract)
    pd.testing.assert_frame_equal(again, built[0])
    assert weights == built[1]


def test_the_precision_of_each_label_source_on_hand_labelled_links(built):
    measured = label_precision(built[0])
    # page00 was read, and stands on a page called spam: both are wrong. Nothing else is said of a hand-labelled link that counts.
    assert measured.to_dict("index") == {"read": {"n": 1, "precision": 0.0}, "spam_page": {"n": 1, "precision": 0.0}}


def test_the_command_writes_table_and_weights(built, sources, tmp_path, capsys):
    command = [
        "dataset",
        str(sources),
        "-o",
        str(tmp_path / "links.parquet"),
        "--words",
        str(tmp_path / "words.npy"),
        "--jobs",
        "1",
    ]
    assert main(command) == 0
    written = pd.read_parquet(tmp_path / "links.parquet")
    assert written["link"].tolist() == built[0]["link"].tolist()
    assert (tmp_path / "words.npy").read_bytes() == built[1]
    assert f"{len(written)} links of" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(command[:4])


def test_a_missing_source_is_named(sources, contract, tmp_path, few_words):
    with pytest.raises(InputError, match=r"gold_dev\.parquet: missing"):
        build_table(tmp_path, contract)
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "gold_dev.parquet").write_bytes((sources / "labels" / "gold_dev.parquet").read_bytes())
    with pytest.raises(InputError, match=r"no pages-\*\.parquet"):
        build_table(tmp_path, contract)


def test_sources_of_which_no_link_was_read_are_refused(sources, contract, few_words, monkeypatch):
    monkeypatch.setattr("linksift.corpus.load_readings", lambda: few_words.head(0))
    with pytest.raises(InputError, match="no link to learn words from"):
        build_table(sources, contract)
