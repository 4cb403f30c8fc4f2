"""From exports to an audit folder: merged by a stated rule, judged, and compared with the month before."""

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from linksift.audit.agreement import agreement
from linksift.audit.folder import audit_folder, for_spreadsheets
from linksift.audit.gather import gather
from linksift.audit.merge import merge
from linksift.cli import main
from linksift.decisions import read_decisions
from linksift.errors import InputError
from linksift.io.tables import read_table

BAKERY = Path(__file__).parents[1] / "examples" / "bakery"
SITE = "bakery.example"
SEMRUSH = (
    "Page ascore,Source title,Source url,Target url,Anchor,External links,Internal links,Nofollow,Sponsored,Ugc,Text,Frame,"
    "Form,Image,Sitewide,First seen,Last seen,New link,Lost link"
)
AHREFS = (
    "Referring page title,Referring page URL,Language,Domain rating,UR,External links,Target URL,Anchor,Is spam,Nofollow,UGC,"
    "Sponsored,First seen,Last seen,Lost,Links in group"
)


def semrush(
    page, target="https://bakery.example/", anchor="rye bread", *, last="2026-01-05", lost="false", title="A page"
):
    return f'20,{title},{page},{target},"{anchor}",5,9,false,false,false,true,false,false,false,false,2025-03-01,{last},false,{lost}'


def ahrefs(
    page, anchor="rye bread", *, spam="false", last="2026-02-01", gone="", group="3", target="http://www.bakery.example"
):
    return f"Other title,{page},en,12,3,4,{target},{anchor},{spam},false,false,false,2024-11-01,{last},{gone},{group}"


@pytest.fixture
def write(tmp_path):
    def write_file(name, *lines):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def run(tmp_path, small_model):
    def run_audit(*arguments, site=SITE, out="audit", date="2026-03-01"):
        call = ["audit", *map(str, arguments), "--site", site, "-o", str(tmp_path / out), "-m", str(small_model)]
        code = main([*call, "--date", date, "--jobs", "1"])
        return code, tmp_path / out

    return run_audit


def test_spellings_of_one_link_from_two_tools_become_one_row(write):
    one = write("semrush.csv", SEMRUSH, semrush("https://www.blog.example/post/#top", anchor="rye  bread"))
    two = write("ahrefs.csv", AHREFS, ahrefs("http://blog.example/post", group="7"))
    merged = merge(gather([one, two], SITE).rows)
    row = merged.iloc[0]
    assert len(merged) == 1
    assert row["sources"] == "semrush.csv; ahrefs.csv"
    assert row["providers"].split("; ")[0] == "semrush_backlinks"
    assert (row["first_seen"], row["last_seen"], row["weight"]) == ("2024-11-01", "2026-02-01", 7)
    assert row["semrush_backlinks.Page ascore"] == "20"
    assert row[f"{row['providers'].split('; ')[1]}.Links in group"] == "7"
    assert row["ahrefs_domain_rating"] == 12
    assert row["title"] == "Other title"  # the later export's


@pytest.mark.parametrize(
    ("page", "anchor"), [("https://blog.example/post?id=2", "rye bread"), ("https://blog.example/post", "Rye Bread")]
)
def test_another_query_or_anchor_is_another_link(write, page, anchor):
    path = write("s.csv", SEMRUSH, semrush("https://blog.example/post"), semrush(page, anchor=anchor))
    assert merge(gather([path], SITE).rows)["link_id"].nunique() == 2


def test_a_page_of_search_console_joins_the_links_of_that_page(write):
    one = write(
        "s.csv", SEMRUSH, semrush("https://blog.example/post"), semrush("https://blog.example/post", anchor="bun")
    )
    two = write(
        "gsc.csv",
        "Linking page,Last crawled",
        "https://blog.example/post/,2026-03-03",
        "https://new.example/,2026-03-04",
    )
    merged = merge(gather([two, one], SITE).rows).set_index("anchor", drop=False)
    assert len(merged) == 3
    assert set(merged.loc[["rye bread", "bun"], "sources"]) == {"s.csv; gsc.csv"} or set(
        merged.loc[["rye bread", "bun"], "sources"]
    ) == {"gsc.csv; s.csv"}
    assert merged.loc["bun", "last_seen"] == "2026-03-03"
    alone = merged[merged["anchor"].isna()].iloc[0]
    assert alone["page_url"] == "https://new.example/"


def test_the_latest_word_on_a_loss_counts(write):
    lost = write("a.csv", SEMRUSH, semrush("https://blog.example/p", last="2026-01-01", lost="true"))
    back = write("b.csv", SEMRUSH, semrush("https://blog.example/p", last="2026-02-01", lost="false"))
    assert merge(gather([back, lost], SITE).rows)["lost"].tolist() == [False]
    later = write("c.csv", SEMRUSH, semrush("https://blog.example/p", last="2026-03-01", lost="true"))
    assert merge(gather([later, back, lost], SITE).rows)["lost"].tolist() == [True]


def test_the_same_rows_in_another_order_have_the_same_ids(write):
    rows = [semrush(f"https://b{n}.example/") for n in range(5)]
    one, two = write("1.csv", SEMRUSH, *rows), write("2.csv", SEMRUSH, *rows[::-1])
    ids = [set(merge(gather([path], SITE).rows)["link_id"]) for path in (one, two)]
    assert ids[0] == ids[1]


def test_links_to_other_sites_and_of_the_site_itself_are_counted_and_set_aside(write):
    path = write(
        "s.csv", SEMRUSH, semrush("https://blog.example/"), semrush("https://blog.example/", "https://other.example/"),
        semrush("https://shop.bakery.example/about"), semrush("no address"),
    )  # fmt: skip
    found = gather([path], SITE)
    source = found.sources[0]
    assert (source.rows, source.used, source.elsewhere, source.internal, source.unusable) == (4, 1, 1, 1, 1)
    assert any("other.example (1)" in note for note in found.notes)
    assert "s.csv:5" in found.problems[0]


def test_an_export_of_another_site_ends_with_its_name(write, run, capsys):
    path = write("s.csv", SEMRUSH, semrush("https://blog.example/", "https://other.example/"))
    code, out = run(path)
    said = capsys.readouterr().err
    assert code == 2
    assert "other.example (1)" in said
    assert not out.exists()


@pytest.mark.parametrize("content", ["", "neither,this\n1,2\n", SEMRUSH + "\n", "just words"])
def test_a_wrong_or_empty_file_ends_with_a_message_and_no_folder(write, run, capsys, content):
    code, out = run(write("x.csv", content))
    assert code == 2
    assert "x.csv" in capsys.readouterr().err
    assert not out.exists()
    assert not list(out.parent.glob(".audit*"))


def test_a_domain_row_stays_one_and_tells_how_many_links_there_are(write, run):
    links = write("s.csv", SEMRUSH, semrush("https://a.ourbreadblog.com/1"), semrush("https://ourbreadblog.com/2"))
    sites = write("sites.csv", "Site,Linking pages,Target pages", "ourbreadblog.com,40,2", "only.example,5,1")
    code, out = run(links, sites)
    assert code == 0
    table = read_table(out / "links.parquet")
    assert table["level"].tolist().count("domain") == 2
    domains = pd.read_csv(out / "domains.csv").set_index("site")
    assert domains.loc["ourbreadblog.com", ["links", "reported_links"]].tolist() == [2, 40]
    assert domains.loc["only.example", ["links", "reported_links"]].tolist() == [0, 5]


def test_an_audit_of_the_bakery(run):
    code, out = run(
        BAKERY / "backlinks.csv", "--keep", BAKERY / "keep.txt", "--built-links", site="www.oatandember-bakery.com"
    )
    assert code == 0
    summary = json.loads((out / "summary.json").read_text())
    links = read_table(out / "links.parquet")
    flagged = links["decision"].isin(["harmful", "review"])
    assert summary["links"] == len(links) == 67
    assert sum(row["links"] for row in summary["profile"]["anchors"]) == 67
    assert links.loc[~flagged, "reasons"].isna().all()
    reasons = pd.read_csv(out / "reasons.csv")
    assert set(reasons["link_id"]) <= set(links.loc[flagged, "link_id"])
    assert reasons.groupby("link_id").size().max() <= 4  # three, and that it does not count
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["inputs"][0]["name"] == "backlinks.csv"
    assert len(manifest["inputs"][0]["sha256"]) == 64
    assert manifest["options"]["built_links"] is True
    assert (out / "disavow.txt").exists() == summary["disavow"]["written"]
    kept = links[links["decided_by"] == "keep_list"]
    assert len(kept) > 0
    assert set(kept["action"]) == {"keep"}


def test_pages_make_the_basis_page(run):
    _, out = run(
        BAKERY / "backlinks.csv",
        "--pages",
        BAKERY / "pages",
        "--urls",
        BAKERY / "pages.csv",
        site="oatandember-bakery.com",
    )
    assert (read_table(out / "links.parquet")["basis"] == "page").sum() > 50


def test_two_runs_write_the_same_bytes(run):
    args = (BAKERY / "backlinks.csv",)
    _, one = run(*args, site="oatandember-bakery.com", out="one")
    _, two = run(*args, site="oatandember-bakery.com", out="two")
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes(), path.name


def decided(out, text):
    (out / "decisions.csv").write_text("url,domain,decision,who,when,why\n" + text, encoding="utf-8")


def test_without_grounds_there_is_no_disavow_file_and_the_reason_is_said(write, run, capsys):
    path = write("s.csv", SEMRUSH, *(semrush(f"https://b{n}.example/") for n in range(3)))
    choice = write("d.csv", "domain,decision,when,why", "b1.example,disavow,2026-01-01,bought")
    _, out = run(path, "--decisions", choice)
    assert not (out / "disavow.txt").exists()
    assert "Most sites never need this file" in capsys.readouterr().err
    _, out = run(path, "--decisions", choice, "--manual-action")
    assert "domain:b1.example\n" in (out / "disavow.txt").read_text()


def test_next_month_new_lost_and_changed_are_told_apart(write, run):
    first = write("1.csv", SEMRUSH, *(semrush(f"https://b{n}.example/") for n in range(4)))
    _, before = run(first, out="jan")
    decided(before, ",b0.example,keep,me,2026-02-02,a friend\n")
    # b1's decision was another one then, with the same facts: only another model can have done that.
    table = read_table(before / "links.parquet")
    is_b1 = table["page_url"] == "https://b1.example/"
    table["decision"] = table["decision"].mask(
        is_b1, "valuable" if table["decision"][is_b1].item() != "valuable" else "neutral"
    )
    table.to_parquet(before / "links.parquet")
    manifest = json.loads((before / "manifest.json").read_text())
    manifest["model"]["data_sha256"] = "another"
    (before / "manifest.json").write_text(json.dumps(manifest))
    second = write(
        "2.csv", SEMRUSH, semrush("https://b0.example/"), semrush("https://b1.example/"),
        semrush("https://b2.example/", lost="true"), semrush("https://b9.example/"),
    )  # fmt: skip
    code, after = run(second, "--previous", before, out="feb", date="2026-04-01")
    assert code == 0
    changes = pd.read_csv(after / "changes.csv").set_index("page_url")
    assert changes.loc["https://b3.example/", ["change", "why"]].tolist() == ["lost", "not in these exports"]
    assert changes.loc["https://b2.example/", ["change", "why"]].tolist() == ["lost", "marked lost"]
    assert changes.loc["https://b9.example/", "change"] == "new"
    assert changes.loc["https://b1.example/", ["change", "why"]].tolist() == ["class", "the model changed"]
    links = read_table(after / "links.parquet").set_index("page_url")
    assert links.loc["https://b0.example/", ["action", "decided_by", "since_previous"]].tolist() == [
        "keep",
        "decision",
        "seen",
    ]
    carried = read_decisions([after / "decisions.csv"]).of("https://b0.example/x")
    assert (carried.decision, carried.why) == ("keep", "a friend")
    assert json.loads((after / "summary.json").read_text())["previous"]["same_model"] is False


def test_a_changed_row_is_told_from_a_changed_model(write, run):
    _, before = run(write("1.csv", SEMRUSH, semrush("https://b.example/", title="Bread")), out="jan")
    table = read_table(before / "links.parquet")
    table["decision"] = "valuable" if table["decision"].item() != "valuable" else "neutral"
    table.to_parquet(before / "links.parquet")
    later = write("2.csv", SEMRUSH, semrush("https://b.example/", title="Cheap casino bonus and pills for all of you"))
    _, after = run(later, "--previous", before, out="feb")
    changes = pd.read_csv(after / "changes.csv")
    assert changes[changes["change"] == "class"]["why"].isin(["the row changed"]).all()


def test_decisions_edited_in_the_folder_survive_a_second_run_into_it(write, run):
    path = write("s.csv", SEMRUSH, semrush("https://b.example/"))
    _, out = run(path)
    decided(out, "https://b.example/,,disavow,me,2026-02-02,bought\n")
    _, out = run(path)
    assert read_decisions([out / "decisions.csv"]).of("https://b.example/").decision == "disavow"


def test_an_earlier_audit_of_another_site_is_refused(write, run, capsys):
    _, before = run(write("s.csv", SEMRUSH, semrush("https://b.example/")), out="jan")
    other = write("o.csv", SEMRUSH, semrush("https://b.example/", "https://mill.example/"))
    code, _ = run(other, "--previous", before, site="mill.example", out="feb")
    assert code == 2
    assert "is an audit of bakery.example" in capsys.readouterr().err
    assert run(other, "--previous", before.parent, site="mill.example", out="feb")[0] == 2
    assert run(other, site="mill.example", out="jan")[0] == 2
    assert json.loads((before / "manifest.json").read_text())["site"] == SITE


def test_a_folder_with_something_else_is_left_alone(write, run, tmp_path):
    path = write("s.csv", SEMRUSH, semrush("https://b.example/"))
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "mine.txt").write_text("x")
    assert run(path)[0] == 2
    assert [one.name for one in (tmp_path / "audit").iterdir()] == ["mine.txt"]


def test_a_broken_run_leaves_the_earlier_folder(tmp_path):
    folder = tmp_path / "audit"
    with audit_folder(folder) as pending:
        (pending / "manifest.json").write_text("{}")
    with pytest.raises(RuntimeError), audit_folder(folder):
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["audit"]
    assert (folder / "manifest.json").is_file()


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", " =1", "＝1+1", "\r\n=1"])
def test_cells_that_run_as_formulas_are_neutralised(cell):
    table = pd.DataFrame({"text": pd.array([cell], dtype="string"), cell: [1]})
    safe = for_spreadsheets(table)
    assert safe["text"].item() == "'" + cell
    assert "'" + cell in safe.columns


@pytest.mark.parametrize("cell", ["-5", "+1.5", "-12,5 %".replace(" ", ""), "a=b", "https://a.example/?x=1", ""])
def test_other_cells_stay_as_they_are(cell):
    assert for_spreadsheets(pd.DataFrame({"text": [cell]}))["text"].item() == cell


def test_no_cell_of_a_written_csv_begins_like_a_formula(write, run):
    evil = '=HYPERLINK(""http://e.example"")'
    path = write("s.csv", SEMRUSH, semrush("https://b.example/", anchor=evil, title="@x"))
    _, out = run(path)
    for name in ("links.csv", "domains.csv", "campaigns.csv", "reasons.csv", "decisions.csv"):
        with (out / name).open(newline="", encoding="utf-8") as handle:
            cells = [cell for row in csv.reader(handle) for cell in row]
        assert not [cell for cell in cells if cell[:1] in ("=", "@", "+")], name
    assert read_table(out / "links.parquet")["anchor"].item().startswith("=")


def test_agreement_counts_a_tools_verdict_against_the_models():
    links = pd.DataFrame(
        {
            "semrush_toxic_score": [90.0, 10.0, None, 60.0],
            "ahrefs_is_spam": pd.array([None] * 4, dtype="boolean"),
            "moz_spam_score": [None] * 4,
            "dataforseo_spam_score": [None] * 4,
            "decision": ["harmful", "valuable", "harmful", "neutral"],
        }
    )
    rows = agreement(links).to_dict("records")
    assert [(row["tool_says"], row["links"], row["harmful"], row["neutral"], row["valuable"]) for row in rows] == [
        ("toxic", 2, 1, 1, 0),
        ("not toxic", 1, 0, 0, 1),
    ]


def test_more_rows_than_memory_takes_are_refused(write, monkeypatch):
    monkeypatch.setattr("linksift.audit.gather.MAX_ROWS", 2)
    path = write("s.csv", SEMRUSH, *(semrush(f"https://b{n}.example/") for n in range(2)))
    assert len(gather([path], SITE).rows) == 2
    with pytest.raises(InputError, match="2 rows at most"):
        gather([path, path], SITE)


def test_stdin_and_a_missing_file_are_refused(run, tmp_path, capsys):
    assert run("-")[0] == 2
    assert run(tmp_path / "none.csv")[0] == 2
    assert "none.csv" in capsys.readouterr().err


def test_the_links_can_be_given_to_disavow(write, run, tmp_path):
    path = write("s.csv", SEMRUSH, *(semrush(f"https://b{n}.example/") for n in range(3)))
    _, out = run(path)
    choice = write("d.csv", "domain,decision,when,why", "b1.example,disavow,2026-01-01,bought")
    call = ["disavow", "write", out / "links.parquet", "--decisions", choice, "-o", tmp_path / "list.txt", "--anyway"]
    assert main([*map(str, call)]) == 0
    assert "domain:b1.example" in (tmp_path / "list.txt").read_text()


def test_gather_refuses_anchor_texts_alone(write):
    path = write("text.csv", "Rank,Link text", "1,bread", "2,rye")
    with pytest.raises(InputError, match=r"text\.csv"):
        gather([path], SITE)


def test_real_exports_of_one_site_merge(shared):
    folder = shared / "exports"
    found = gather([folder / "semrush_backlink_audit.csv", folder / "ahrefs_backlinks_utf16.csv"], "caldea.com")
    merged = merge(found.rows)
    assert sum(source.used for source in found.sources) == len(found.rows)
    assert merged["link_id"].is_unique
    assert merged["n_rows"].sum() >= len(found.rows)
