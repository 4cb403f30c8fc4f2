import shutil

import pytest

from linksift._resources import resource
from linksift.contract import WORDS, load_contract
from linksift.errors import ContractError

ENTRY = {
    "family": '"url"',
    "needs": '"url"',
    "type": '"count"',
    "range": "[0, 1]",
    "missing": '"never"',
    "version": "1",
    "meaning": '"A thing"',
}


def write(folder, *, text=None, **changes):
    values = {key: value for key, value in (ENTRY | changes).items() if value is not None}
    lines = [f"{key} = {value}" for key, value in values.items()]
    (folder / "catalogue.toml").write_text(text or "\n".join(["[thing]", *lines]), encoding="utf-8")
    (folder / "words.npy").write_bytes(resource("features", "words.npy").read_bytes())
    return folder


def test_a_small_catalogue(tmp_path):
    contract = load_contract(write(tmp_path, on="false"))
    assert contract.names == ["thing"]
    assert contract.on == []
    assert contract.needing("url") == ["thing"]
    assert contract.needing("page", "row") == []
    assert contract.refs["thing"].lexicon_hash == ""


@pytest.mark.parametrize(
    "change",
    [
        {"family": None},
        {"missing": None},
        {"version": '"one"'},
        {"needs": '"luck"'},
        {"cost": '"free"'},
        {"type": '"text"'},
        {"range": "[1, 0]"},
        {"range": "[1, 1]"},
        {"range": "[1]"},
        {"range": '"wide"'},
        {"colour": '"red"'},
        {"lexicons": "3"},
    ],
    ids=str,
)
def test_a_malformed_entry_is_named(tmp_path, change):
    with pytest.raises(ContractError, match=r"catalogue\.toml, \[thing\]"):
        load_contract(write(tmp_path, **change))


@pytest.mark.parametrize(("text", "place"), [("[thing", "not valid TOML"), ("thing = 3", r"\[thing\]: a table")])
def test_a_malformed_catalogue_is_named(tmp_path, text, place):
    with pytest.raises(ContractError, match=place):
        load_contract(write(tmp_path, text=text))


def test_a_catalogue_in_another_encoding_is_named(tmp_path):
    (tmp_path / "catalogue.toml").write_bytes(b"# caf\xe9\n[thing]\n")
    with pytest.raises(ContractError, match="catalogue"):
        load_contract(tmp_path)


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(ContractError, match="linksift init"):
        load_contract(tmp_path)


def test_a_missing_lexicon_is_named(tmp_path):
    with pytest.raises(ContractError, match=r"colours\.txt"):
        load_contract(write(tmp_path, lexicons='["colours"]'))


def test_a_lexicon_in_another_encoding_is_named(tmp_path):
    (tmp_path / "lexicons").mkdir()
    (tmp_path / "lexicons" / "colours.txt").write_bytes(b"gr\xfcn")
    with pytest.raises(ContractError, match=r"colours\.txt"):
        load_contract(write(tmp_path, lexicons='["colours"]'))


def test_a_folder_without_word_weights_is_named(tmp_path):
    (write(tmp_path) / "words.npy").unlink()
    with pytest.raises(ContractError, match=r"no words\.npy here; `linksift init DIR`"):
        load_contract(tmp_path)


@pytest.fixture
def copy(tmp_path):
    folder = tmp_path / "features"
    shutil.copytree(str(resource("features")), folder)
    return folder


def test_a_changed_lexicon_changes_the_features_that_use_it(copy, contract):
    path = copy / "lexicons" / "money.txt"
    path.write_text(path.read_text(encoding="utf-8") + "\nhaggle\n", encoding="utf-8")
    changed = load_contract(copy)
    differ = {name for name in contract.names if contract.refs[name] != changed.refs[name]}
    assert differ == {feature.name for feature in contract.features if "money" in feature.lexicons}
    assert "anchor_money_terms" in differ


def test_other_word_weights_change_the_features_that_use_them(copy, contract):
    path = copy / "words.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 0x80  # the sign of the last number
    path.write_bytes(data)
    changed = load_contract(copy)
    differ = {name for name in contract.names if contract.refs[name] != changed.refs[name]}
    assert differ == {feature.name for feature in contract.features if feature.family == "words"}
    assert differ


def test_a_model_learns_what_each_feature_needs(contract):
    assert contract.refs["url_depth"].needs == "url"
    assert contract.refs["words_title_harmful"].needs == "row"
    assert contract.refs["words_markup_valuable"].needs == "page"


def test_a_comment_changes_nothing(copy, contract):
    path = copy / "lexicons" / "money.txt"
    path.write_text("# Another comment.\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert load_contract(copy).refs == contract.refs


def test_the_shipped_catalogue_is_kept_well(contract):
    assert len(contract.names) == len(set(contract.names)) > 150
    for feature in contract.features:
        assert feature.meaning
        assert feature.source
        assert feature.on == (not feature.off_because), feature.name
        if feature.type in ("share", "flag"):
            assert (feature.low, feature.high) == (0, 1), feature.name
    used = {name for feature in contract.features for name in feature.lexicons}
    assert used == {*contract.lexicons, WORDS}
