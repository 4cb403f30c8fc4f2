"""Answers of DataForSEO's API, whole or cut down; all items are made up."""

import gzip
import io
import json

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linksift.errors import InputError
from linksift.io import jsonrows
from linksift.io.exports import open_export, read_export
from linksift.io.jsonrows import JsonRows

ITEM = {
    "type": "backlink", "domain_from": "bees.example", "url_from": "https://bees.example/a", "url_to": "https://shop.example/",
    "anchor": None, "dofollow": True, "attributes": ["ugc", "noopener"], "item_type": "image", "group_count": 3,
    "backlink_spam_score": 14, "page_from_title": "Bees", "page_from_external_links": 7, "is_lost": False,
    "first_seen": "2019-11-29 17:02:29 +00:00", "page_from_rank": 1.5, "text_pre": "we sell", "ranked_keywords_info": {"a": [1]},
}  # fmt: skip


@pytest.fixture
def export(tmp_path):
    def write_and_read(content, name="x.json"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return read_export(path)

    return write_and_read


@pytest.mark.parametrize(
    "shape",
    [
        lambda items: {"version": "0.1", "tasks": [{"id": "x", "result": [{"target": "t", "items": items}]}]},
        lambda items: [{"result": [{"items": items}]}],
        lambda items: {"result": [{"total_count": 2, "items": items}]},
        lambda items: [{"target": "t", "items": items}],
        lambda items: {"items": items},
        lambda items: items,
    ],
)
def test_an_answer_wherever_it_was_cut(export, shape):
    result = export(shape([ITEM, ITEM | {"dofollow": False, "url_from": "nope"}]))
    row = result.links.loc[0]
    assert (result.format, result.level, len(result.raw)) == ("dataforseo_backlinks", "link", 2)
    assert list(result.raw.columns) == list(ITEM)
    assert (row.page_url, row.target_url, row.anchor, row.title) == (ITEM["url_from"], ITEM["url_to"], "", "Bees")
    assert (row.nofollow, row.ugc, row.sponsored, row.image, row.lost) == (False, True, False, True, False)
    assert (row.weight, row.n_external, row.first_seen, row.left_context) == (3.0, 7.0, "2019-11-29", "we sell")
    assert result.raw.loc[0, ["attributes", "page_from_rank", "ranked_keywords_info"]].tolist() == [
        "ugc noopener",
        "1.5",
        '{"a": [1]}',
    ]
    assert result.errors.tolist() == [None, "x.json:item 2: 'nope' is no http(s) URL"]
    assert result.links.loc[1, "nofollow"]


def test_one_item_a_line_and_several_answers_in_one_file(export):
    one_a_line = "\n".join(json.dumps(ITEM) for _ in range(3)).encode()
    answers = (json.dumps({"tasks": [{"result": [{"items": [ITEM, ITEM]}]}]}) + "\n").encode() * 2
    assert len(export(one_a_line).raw) == 3
    assert len(export(answers).raw) == 4


@pytest.mark.parametrize("encode", [gzip.compress, lambda text: text.decode().encode("utf-16")])
def test_packed_and_in_another_encoding(export, encode):
    assert len(export(encode(json.dumps([ITEM]).encode())).raw) == 1


def test_where_the_file_breaks_off_the_items_before_stay(export):
    whole = json.dumps({"tasks": [{"result": [{"items": [ITEM] * 5}]}]}).encode()
    result = export(whole[: len(whole) - 300])
    assert result.links["page_url"].notna().tolist() == [True] * 4 + [False]
    assert "item 5: the JSON breaks off here" in result.errors[4]


def test_items_that_are_no_objects_are_rows_with_an_error(export):
    result = export([ITEM, 3, None, ITEM])
    assert result.errors.notna().tolist() == [False, True, True, False]
    assert result.raw.loc[1].isna().all()


def test_keys_that_come_too_late_are_said(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps([ITEM] * 100 + [ITEM | {"late": 1}]))
    with open_export(path) as reader:
        assert sum(len(chunk.raw) for chunk in reader.chunks()) == 101
    assert reader.notes == ["keys that only later items have are left out: late"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{}", "no list of objects"),
        (b"[]", "no list of objects"),
        (b"[1, 2]", "no header|no export|no list of objects"),
        (b'{"a": 1}', "Columns found: a"),
        (b'{"tasks": [{"result": [{"items": null}]}]}', "Columns found: tasks"),
        (b'[{"a": ', "breaks before its first item ends"),
        (b'[{"url_from": nope}]', "breaks before its first item ends"),
        (b'{"status_code": 40100, "status_message": "You are not authorized"}', "Columns found: status_code"),
    ],
)
def test_json_that_is_no_export(export, content, message):
    with pytest.raises(InputError, match=message):
        export(content)


@pytest.mark.parametrize("content", ['[{"url_from": "' + "a" * 5_000, '[{"a":' * 2_000, "[{" + " " * 5_000])
def test_an_item_beyond_measure_is_refused(monkeypatch, content):
    monkeypatch.setattr(jsonrows, "MAX_ITEM_BYTES", 1_000)
    with pytest.raises(InputError):
        JsonRows(io.StringIO(content), "x")


def test_nesting_without_end_is_refused(export):
    with pytest.raises(InputError, match="more than 100 levels deep"):
        export(b'[{"a":' * 100_000)
    result = export(json.dumps([ITEM]).encode()[:-1] + b', {"a":' * 2 + b"[" * 100_000)
    assert result.links["page_url"].notna().tolist() == [True, False]


def test_half_a_character_is_replaced(export):
    assert export(b'[{"url": "https://a.example/", "anchor": "\\ud800x"}]').links.loc[0, "anchor"] == "?x"


def test_a_number_of_thousands_of_digits_does_no_harm(export):
    with pytest.raises(InputError):
        export(b'[{"url_from": ' + b"1" * 5_000 + b"}]")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=12,
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_an_export_or_refused(export, value):
    for content in (value, [{"url_from": value, "url_to": "", "anchor": value, "dofollow": value}]):
        try:
            result = export(content)
        except InputError as error:
            assert str(error)
        else:
            assert len(result.raw) == len(result.links) == 1
            assert isinstance(result.raw, pd.DataFrame)
