import gzip
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from linksift.errors import InputError
from linksift.io.tables import TableWriter, read_metadata, read_table, write_table


def frame(rows=4, start=0):
    return pd.DataFrame(
        {
            "page_id": [f"{number:016d}" for number in range(start, start + rows)],
            "anchor": pd.array(["2024", 'Grüße, "x"\ny', pd.NA, "NA"] * rows, dtype="string")[:rows],
            "error": [None] * rows,
            "counts": pd.array([True, pd.NA, False, True] * rows, dtype="boolean")[:rows],
            "score": np.array([0.1, 1 / 3, np.nan, 1e10] * rows, dtype="float32")[:rows],
            "wide": ([0.1, 1 / 3, np.nan, 1e22] * rows)[:rows],
        }
    )


@pytest.mark.parametrize("name", ["t.parquet", "t.csv", "t.jsonl", "folder/"])
def test_what_is_written_is_read_back(tmp_path, name):
    dest = f"{tmp_path}/{name}"
    with TableWriter(dest, metadata={"model": "m1"}) as writer:
        writer.write(frame())
        writer.write(frame(start=4))
    back = read_table(dest)
    expected = pd.concat([frame(), frame(start=4)], ignore_index=True)
    assert list(back.columns) == list(expected.columns)
    for column in ("page_id", "anchor", "error"):
        assert str(back[column].dtype) == "string"
        assert back[column].astype(object).where(back[column].notna(), None).tolist() == [
            None if pd.isna(value) else value for value in expected[column]
        ]
    assert back["counts"].tolist() == expected["counts"].tolist()
    np.testing.assert_array_equal(back["score"].to_numpy("float32"), expected["score"])
    np.testing.assert_array_equal(back["wide"], expected["wide"])
    assert read_metadata(dest) == {"model": "m1"}
    assert not list(tmp_path.rglob("*.tmp"))


def test_csv_text(tmp_path):
    write_table(frame(), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes().decode() == (
        "page_id,anchor,error,counts,score,wide\n"
        "0000000000000000,2024,,True,0.1,0.1\n"
        '0000000000000001,"Grüße, ""x""\ny",,,0.33333334,0.3333333333333333\n'
        "0000000000000002,,,False,,\n"
        "0000000000000003,NA,,True,1e+10,1e+22\n"
    )


def test_jsonl_text(tmp_path):
    write_table(frame(3).assign(count=[1, 2, 3], inf=[np.inf, 0.0, 1.0]), tmp_path / "t.jsonl")
    lines = (tmp_path / "t.jsonl").read_text(encoding="utf-8").splitlines()
    assert '"score": 0.33333334' in lines[1]
    assert "Grüße" in lines[1]
    assert json.loads(lines[0])["inf"] is None
    assert json.loads(lines[2]) == {
        "page_id": "0000000000000002",
        "anchor": None,
        "error": None,
        "counts": False,
        "score": None,
        "wide": None,
        "count": 3,
        "inf": 1.0,
    }


@pytest.mark.parametrize("name", ["t.parquet", "t.csv", "t.jsonl"])
def test_the_bytes_do_not_depend_on_the_chunks(tmp_path, name):
    whole = frame(1000)
    for folder, sizes in (("a", [1000]), ("b", [1, 300, 0, 699])):
        (tmp_path / folder).mkdir()
        start = 0
        with TableWriter(tmp_path / folder / name, metadata={"b": "2", "a": "1"}) as writer:
            for size in sizes:
                writer.write(whole.iloc[start : start + size])
                start += size
    assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_row_groups_are_joined_and_cut(tmp_path, monkeypatch):
    monkeypatch.setattr("linksift.io._encode.ROW_GROUP_ROWS", 100)
    with TableWriter(tmp_path / "t.parquet") as writer:
        for start in range(0, 250, 50):
            writer.write(frame(50, start))
    file = pq.ParquetFile(tmp_path / "t.parquet")
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [100, 100, 50]
    assert read_table(tmp_path / "t.parquet")["page_id"].tolist() == [f"{i:016d}" for i in range(250)]


def test_parquet_types_and_metadata(tmp_path):
    write_table(frame(), tmp_path / "t.parquet", metadata={"model": "m1"})
    schema = pq.read_schema(tmp_path / "t.parquet")
    assert schema.metadata == {b"linksift.model": b"m1"}
    assert str(schema.field("error").type) == "string"
    assert pq.ParquetFile(tmp_path / "t.parquet").metadata.row_group(0).column(0).compression == "ZSTD"


def test_an_all_missing_first_chunk_is_text(tmp_path):
    with TableWriter(tmp_path / "t.parquet") as writer:
        writer.write(frame(2))
        writer.write(frame(2).assign(error="broken"))
    assert read_table(tmp_path / "t.parquet")["error"].tolist() == [pd.NA, pd.NA, "broken", "broken"]


@pytest.mark.parametrize("name", ["t.parquet", "t.csv", "t.jsonl", "folder/"])
def test_an_exception_leaves_what_was_there(tmp_path, name):
    dest = f"{tmp_path}/{name}"
    write_table(frame(1), dest)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def fail():
        with TableWriter(dest, metadata={"a": "b"}) as writer:
            writer.write(frame(3))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_chunks_of_other_columns_are_refused(tmp_path):
    with pytest.raises(ValueError, match="columns"), TableWriter(tmp_path / "t.parquet") as writer:
        writer.write(frame())
        writer.write(frame().drop(columns="wide"))
    assert not list(tmp_path.iterdir())


def test_parts(tmp_path, monkeypatch):
    monkeypatch.setattr("linksift.io.tables.PART_ROWS", 100)
    (tmp_path / "part-00009.parquet").write_bytes(b"of an earlier run")
    (tmp_path / "mine.txt").write_bytes(b"not a part")
    with TableWriter(tmp_path) as writer:
        writer.write(frame(250))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "mine.txt",
        "part-00000.parquet",
        "part-00001.parquet",
        "part-00002.parquet",
    ]
    assert len(read_table(tmp_path)) == 250


def test_a_table_without_metadata_drops_the_old_document(tmp_path):
    write_table(frame(), tmp_path / "t.csv", metadata={"a": "b"})
    assert json.loads((tmp_path / "t.csv.meta.json").read_text()) == {"linksift.a": "b"}
    write_table(frame(), tmp_path / "t.csv")
    assert read_metadata(tmp_path / "t.csv") == {}
    assert not (tmp_path / "t.csv.meta.json").exists()


def test_an_empty_table_keeps_its_columns(tmp_path):
    for name in ("t.parquet", "t.csv"):
        write_table(frame().iloc[:0], tmp_path / name)
        back = read_table(tmp_path / name)
        assert list(back.columns) == list(frame().columns)
        assert len(back) == 0


@pytest.mark.parametrize("dest", ["t.txt", "t", "none/t.csv"])
def test_a_bad_destination_is_refused_before_the_work(tmp_path, dest):
    with pytest.raises(InputError, match=r"parquet|does not exist"):
        TableWriter(tmp_path / dest)


def test_stdout(capsysbinary):
    write_table(frame(1), "-", metadata={"a": "b"})
    assert capsysbinary.readouterr().out.startswith(b"page_id,anchor")


def test_a_reader_that_leaves_is_no_error():
    code = (
        "import pandas as pd\nfrom linksift.io.tables import TableWriter\n"
        "with TableWriter('-') as w:\n"
        "    for _ in range(50):\n        w.write(pd.DataFrame({'a': range(20_000)}))\n"
        "assert w.is_broken_pipe\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == b"a\n"
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 0
    assert errors == b""


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
def test_gzip_is_read(tmp_path, name):
    write_table(frame(), tmp_path / name)
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress((tmp_path / name).read_bytes()))
    pd.testing.assert_frame_equal(read_table(tmp_path / f"{name}.gz"), read_table(tmp_path / name))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.parquet", b"PAR1 broken", "damaged"),
        ("t.csv", b"", "empty"),
        ("t.csv", b"a,b\n1,2,3\n4,5,6,7\n", "cannot be read as CSV"),
        ("t.csv", b"a,b\n\xff\xff,1\n", "cannot be read as CSV"),
        ("t.csv.gz", gzip.compress(b"a,b\n1,2\n" * 99)[:-9], "cannot be read as CSV"),
        ("t.jsonl", b'{"a": 1}\n{"a"\n', "t.jsonl:2: is no JSON"),
        ("t.jsonl", b"[1]\n", "no JSON object"),
        ("t.jsonl", b"\n\n", "blank"),
        ("t.jsonl", b"[" * 100_000, "is no JSON"),
        ("t.xlsx", b"PK", "ends in .parquet, .csv or .jsonl"),
    ],
)
def test_unreadable_tables(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / name)


def test_missing_tables(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_table(tmp_path / "t.csv")
    with pytest.raises(InputError, match=r"no \.parquet"):
        read_table(tmp_path)
