"""Labels that were read: the shipped file, and what is refused."""

import pytest

from linksift import readings
from linksift.errors import InputError
from linksift.labels import CLASSES
from linksift.readings import SURE, UNSURE, load_readings

HEADER = "link,label,rule,sure\n"


@pytest.fixture
def load(tmp_path, monkeypatch):
    def load(text):
        (tmp_path / "readings.csv").write_text(text, encoding="utf-8")
        monkeypatch.setattr(readings, "resource", lambda *parts: tmp_path / parts[-1])
        return load_readings()

    return load


def test_the_shipped_readings():
    table = load_readings()
    assert len(table) > 10_000
    assert table.index.is_unique
    assert table.index.str.fullmatch("[0-9a-f]{12}").all(), "hashes, which name nobody"
    assert set(table["label"]) == set(CLASSES)
    assert set(table["source"]) == {SURE, UNSURE}
    assert table["rule"].between(1, 7).all()


def test_a_reader_who_was_not_sure_is_another_source(load):
    table = load(HEADER + "0a,harmful,3,1\n0b,neutral,7,0\n")
    assert table["source"].to_dict() == {"0a": SURE, "0b": UNSURE}
    assert table["rule"].tolist() == [3, 7]


@pytest.mark.parametrize(
    "text",
    [
        "link,label,rule\n0a,harmful,3\n",
        "label,link,rule,sure\nharmful,0a,3,1\n",
        HEADER + "0a,harmful,3,1\n0a,neutral,7,1\n",
        HEADER + "0a,toxic,3,1\n",
        HEADER + "0a,,3,1\n",
        HEADER + "0a,harmful,3,2\n",
        HEADER + "0a,harmful,three,1\n",
        HEADER + "0a,harmful,3,1,more,and more\n",
        "",
    ],
)
def test_a_malformed_file_is_refused(load, text):
    with pytest.raises(InputError, match=r"data/readings\.csv"):
        load(text)
