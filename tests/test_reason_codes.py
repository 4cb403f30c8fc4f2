"""Every feature has one plain reason, the file is checked, and its words are sober."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linksift import counterfactuals, reasons
from linksift.changes import CHANGES
from linksift.contract import Contract
from linksift.errors import ContractError
from linksift.reason_codes import load_reasons

FILE = Path(__file__).parents[1] / "features" / "reasons.toml"
#: Words of alarm. Google acts on links or ignores them; nothing here says what it does to a site.
ALARM = re.compile(
    r"penal|toxic|danger|risk|attack|alarm|urgent|threat|punish|warning|guilt|poison|\bbad\b|severe|immediately|!", re.I
)
SMALL = """
[reasons.A]
about = "a thing"
families = ["url", "*"]

[[reasons.A.says]]
classes = ["harmful"]
text = "A thing is there."
high = ["url_depth"]
"""


@pytest.fixture(scope="module")
def codes(contract):
    return load_reasons(contract)


def write(folder: Path, text: str) -> Path:
    (folder / "reasons.toml").write_text(text, encoding="utf-8")
    return folder


def texts():
    """Everything that a reader may be told, besides the meanings of features."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    yield from data["wording"].values()
    yield from (practice["text"] for practice in data["practices"].values())
    for code in data["reasons"].values():
        yield code["about"]
        yield from (says["text"] for says in code.get("says", ()))
    yield from (text for change in CHANGES for text in (change.condition, change.name))
    for module in (reasons, counterfactuals):
        yield from re.findall(r"\"([A-Z][^\"\n]{20,})", Path(module.__file__).read_text(encoding="utf-8"))


def test_every_feature_has_exactly_one_reason(codes, contract: Contract) -> None:
    listed = [name for code in codes.codes for name in code.features]
    assert len(listed) == len(set(listed))
    for feature in contract.features:
        claims = [code.code for code in codes.codes if feature.name in code.features]
        claims = claims or [code.code for code in codes.codes if feature.family in code.families]
        assert claims == [codes.code_of(feature)], feature.name


def test_every_family_of_the_catalogue_is_listed(codes, contract: Contract) -> None:
    listed = {family for code in codes.codes for family in code.families}
    by_family = {feature.family for feature in contract.features if feature.name not in codes._by_feature}
    assert by_family <= listed


def test_the_file_names_no_feature_that_is_not_there(codes, contract: Contract) -> None:
    named = {name for code in codes.codes for name in code.features} | set(codes.wording)
    named |= {name for code in codes.codes for says in code.says for name in (*says.high, *says.low)}
    # Measured over a whole export, beside the catalogue.
    absent = {name for name in named - set(contract.names) if not name.startswith("profile_")}
    assert not absent


def test_a_new_feature_goes_to_its_family_and_a_new_family_to_the_rest(codes, contract: Contract) -> None:
    known = contract.by_name["url_depth"]
    assert codes.code_of(replace(known, name="url_brand_new")) == codes.code_of(known) == "ADDRESS_FORM"
    assert codes.code_of(replace(known, name="x", family="brand_new")) == "OTHER"


def test_names_in_the_evidence_begin_in_lower_case(codes, contract: Contract) -> None:
    assert codes.name(contract.by_name["words_host_harmful"]) == "score of the host's words for harmful"
    assert codes.name(contract.by_name["url_depth"]) == "path segments"
    assert codes.name(contract.by_name["page_amp"]) == "AMP page"


def test_wording_is_sober() -> None:
    said = list(texts())
    assert len(said) > 100
    assert not [text for text in said if ALARM.search(text)]


def test_sentences_are_sentences(codes) -> None:
    for code in codes.codes:
        assert code.about[0].islower() and not code.about.endswith(".")
        assert all(says.text[0].isupper() and says.text.endswith(".") for says in code.says)


def test_practices_say_where_google_describes_them(codes) -> None:
    practices = {says.practice for code in codes.codes for says in code.says if says.practice}
    assert len(practices) > 8
    assert all(
        re.fullmatch(r"https://developers\.google\.com/search/docs/essentials/spam-policies#[a-z-]+", practice.url)
        for practice in practices
    )


def test_the_small_file_is_valid(tmp_path: Path, contract: Contract) -> None:
    codes = load_reasons(contract, write(tmp_path, SMALL))
    assert {codes.code_of(feature) for feature in contract.features} == {"A"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = [", "not valid TOML"),
        ("x = 1", "unknown key x"),
        ("", "takes the rest"),
        ("reasons = 1", "a table was expected"),
        ("[reasons]\nA = 1", "a table was expected"),
        (SMALL.replace('about = "a thing"', "about = 3"), "a text was expected"),
        (SMALL.replace('about = "a thing"', ""), "a text was expected"),
        (SMALL.replace('about = "a thing"', 'about = "a"\nshows = "html"'), "'html' is none of"),
        (SMALL.replace('["url", "*"]', '["url"]'), "takes the rest"),
        (SMALL.replace('["url", "*"]', '["*", "*"]'), "more than one reason"),
        (SMALL.replace('["url", "*"]', '"url"'), "a list of names"),
        (SMALL.replace('["harmful"]', '["toxic"]'), "classes"),
        (SMALL.replace('high = ["url_depth"]', ""), "names no sign"),
        (SMALL + 'practice = "none such"', "stands not under"),
        (SMALL + '[reasons.B]\nabout = "b"\nfeatures = ["url_depth"]', "signs of another reason: url_depth"),
        (SMALL + "[wording]\nurl_depth = 1", "a text was expected"),
        (SMALL + '[practices.p]\ntext = "t"', "a text was expected"),
    ],
)
def test_a_malformed_file_is_refused(tmp_path: Path, contract: Contract, text: str, message: str) -> None:
    with pytest.raises(ContractError, match=re.escape(message)):
        load_reasons(contract, write(tmp_path, text))


def test_a_folder_without_the_file_is_refused(tmp_path: Path, contract: Contract) -> None:
    with pytest.raises(ContractError, match="linksift init"):
        load_reasons(contract, tmp_path)


VALUES = st.recursive(
    st.sampled_from(['"harmful"', '"url_depth"', '"*"', "1", "true"]),
    lambda inner: st.lists(inner, max_size=2).map(lambda items: f"[{', '.join(items)}]"),
    max_leaves=4,
)
KEYS = st.sampled_from(["about", "shows", "families", "features", "says", "classes", "text", "high", "practice", "url"])
HEADS = st.sampled_from(["[reasons.A]", "[[reasons.A.says]]", "[reasons]", "[practices.p]", "[wording]"])


@given(st.lists(st.tuples(HEADS, st.dictionaries(KEYS, VALUES, max_size=4)), max_size=4))
def test_any_file_is_read_or_refused(tmp_path_factory, contract: Contract, tables) -> None:
    lines = [line for head, table in tables for line in (head, *(f"{key} = {value}" for key, value in table.items()))]
    folder = tmp_path_factory.mktemp("fuzz")
    try:
        load_reasons(contract, write(folder, "\n".join(lines)))
    except ContractError as error:
        assert "reasons.toml" in str(error)
