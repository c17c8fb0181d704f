"""The scorer of queries counts what each query returns of cameras and of others."""

import json
from pathlib import Path

import pytest

from tests.conftest import banner
from tools.query_recall import Recall, Returned, labelled_in, main, measure, text_of

CATALOGUE = """
manufacturer = "Kestrel"
country = "NL"
[[query]]
id = "kestrel.query.word"
text = 'kestrel'
since = 2026-11-23
catches = "x"
also = "y"
trends = true
[[signature]]
id = "kestrel.http.title.live"
field = "http.title"
pattern = '^Kestrel Live Camera$'
maker = "specific"
type = "camera"
source = "x"
licence = "facts only"
examples = ["Kestrel Live Camera"]
counterexamples = ["Kestrel"]
"""
CAMERA = banner(data="HTTP/1.1 200 OK", product=None, http={"title": "Kestrel Live Camera"})
FORUM = banner(data="HTTP/1.1 200 OK\r\nX-Blog: Kestrel", product=None, http={"title": "Birds"})
ROUTER = banner(data="HTTP/1.1 200 OK\r\nServer: Router", product=None, http={"title": "Router"})


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "kestrel.toml").write_text(CATALOGUE)
    labels = [("positive", CAMERA), ("positive", ROUTER), ("negative", FORUM)]
    labelled, others = tmp_path / "labelled.jsonl", tmp_path / "others.jsonl"
    labelled.write_text("".join(json.dumps({"kind": kind, "banner": one}) + "\n" for kind, one in labels))
    others.write_text("".join(json.dumps(one) + "\n" for one in (CAMERA, FORUM, ROUTER)) + "not a banner\n")
    return tmp_path / "queries", labelled, others


def test_shares_of_positives_and_of_others(files: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    catalogue, labelled, others = map(str, files)
    main([labelled, "--others", others, "--catalogue", catalogue, "--json"])
    found = json.loads(capsys.readouterr().out)
    # The camera among the others is counted by the catalogue, and so left out; the last line is no banner.
    assert found["banners"] == {"positive": 2, "negative": 1, "others.jsonl": 2}
    assert found["returned"] == {"positive": 1, "negative": 1, "others.jsonl": 1}
    assert found["missed"] == [2]
    by_query = {one["query"]: (one["positives"], one["others"]) for one in found["queries"]}
    assert by_query["kestrel.query.word"] == (0, 2)
    assert by_query["kestrel.fed.http-title.kestrel-live-camera"] == (1, 0)
    main([labelled, "--others", others, "--catalogue", catalogue, "--set", "written", "--missed"])
    text = capsys.readouterr().out
    assert "all positives: 0 of 2 (0.0%)" in text
    assert "all others: 2 of 3 (66.7%)" in text
    assert "missed, by line: 1, 2" in text


def test_without_queries_nothing_is_returned(files: tuple[Path, Path, Path]) -> None:
    found = measure([], labelled_in(files[1]))
    assert (found.share(True), found.share(False)) == ((0, 2), (0, 1))


def test_queries_with_most_others_come_first() -> None:
    found = Recall({"positive": 9}, {"positive": 9}, [Returned("a", 9, 0), Returned("b", 1, 3), Returned("c")])
    lines = text_of(found).splitlines()
    assert lines[-3:] == [
        "  b: 1 positives, 3 others", "  a: 9 positives, 0 others", "  1 queries return none of these"
    ]  # fmt: skip
