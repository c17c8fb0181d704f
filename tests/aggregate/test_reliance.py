"""What the headline rests on: one signature or field at a time, from banners to the table."""

from pathlib import Path
from typing import Any

from camcensus.core import parquet
from camcensus.core.tables import RELIANCE
from camcensus.identify.catalogue import load_catalogue
from camcensus.identify.matcher import Identifier, identifier_of
from camcensus.identify.pivots import Pivots
from camcensus.identify.verdict import Hits
from tests.census import DAY, NOON, banner, census

CATALOGUE = """
manufacturer = "Kestrel"
{}"""
SIGNATURE = """
[[signature]]
id = "kestrel.{name}"
field = "{field}"
pattern = '^{pattern}'
maker = "{strength}"
type = "{type}"
type_evidence = "{strength}"
source = "invented"
licence = "facts only"
examples = ["{pattern}"]
"""
RULES = (
    ("server", "http.server", "Kestrel", "specific", "camera"), ("title", "http.title", "Owl", "specific", "camera"),
    ("realm", "http.realm", "Kestrel", "specific", "camera"), ("guess", "http.title", "Merlin", "weak", "camera"),
    ("router", "http.server", "Router", "specific", "other"),
)  # fmt: skip
EMPTY = {"product_type": None, "type_confidence": None}


def identifier(folder: Path) -> Identifier:
    keys = ("name", "field", "pattern", "strength", "type")
    entries = "".join(SIGNATURE.format(**dict(zip(keys, rule, strict=True))) for rule in RULES)
    (folder / "kestrel.toml").write_text(CATALOGUE.format(entries))
    return identifier_of(load_catalogue(folder))


def pivotal(found: Identifier, **texts: str) -> str | None:
    hits = tuple(hit for column, text in texts.items() for hit in found.match(column, text).hits)
    (answer,) = Pivots(found).of_all([(Hits(hits),)], [found.decide(hits)])
    return answer


def test_one_signature_alone_is_pivotal_and_two_are_not(tmp_path: Path) -> None:
    found = identifier(tmp_path)
    assert pivotal(found, http_server="Kestrel") == "kestrel.server @http_server"
    assert pivotal(found, http_server="Kestrel", http_realm="Kestrel") is None
    assert pivotal(found, http_server="Kestrel", http_title="Merlin") == "kestrel.server @http_server"
    assert pivotal(found, http_title="Merlin") is None
    assert pivotal(found) is None


def test_what_excludes_a_camera_is_pivotal_too(tmp_path: Path) -> None:
    found = identifier(tmp_path)
    assert pivotal(found, http_server="Router", http_title="Owl") == "kestrel.router @http_server"


def reliance(folder: Path, rows: list[dict[str, Any]], **more: Any) -> dict[tuple[str, str], tuple[int, int]]:
    found = census(folder, rows, counts=True, **more)
    table = parquet.read_table(found.folder / "reliance.parquet", RELIANCE).to_pylist()
    return {(row["kind"], row["name"]): (row["n_hosts_only"], row["n_hosts_without"]) for row in table}


def test_a_host_rests_on_what_all_its_counted_banners_rest_on(tmp_path: Path) -> None:
    rows = [
        banner("192.0.2.1", 80, pivotal="x.a @http_title"), banner("192.0.2.1", 81, pivotal="x.b @http_title"),
        banner("192.0.2.2", 80, pivotal="x.a @http_title"), banner("192.0.2.2", 81),
        banner("192.0.2.3", 80, pivotal="x.a @http_title"), banner("192.0.2.3", 81, **EMPTY),
        banner("192.0.2.4", 80, pivotal="x.a @http_title"), banner("192.0.2.4", 81, pivotal="x.a", **EMPTY),
        banner("192.0.2.5", 80, pivotal="x.r @http_server", **EMPTY),
    ]  # fmt: skip
    assert reliance(tmp_path, rows) == {
        ("field", "http_title"): (3, 1),
        ("field", "http_server"): (0, 5),
        ("signature", "x.a"): (1, 3),
        ("signature", "x.b"): (0, 4),
        ("signature", "x.r"): (0, 5),
    }


def test_it_is_of_the_headline_alone(tmp_path: Path) -> None:
    rests = {"pivotal": "x.a @http_title"}
    rows = [
        banner("192.0.2.1", **rests), banner("2001:db8::1", **rests), banner("192.0.2.2", decoy="certain", **rests),
        banner("192.0.2.3", country="CN", **rests), banner("192.0.2.4", seen_at=NOON - 99 * DAY, **rests),
    ]  # fmt: skip
    assert reliance(tmp_path / "a", rows, days=30, left_out=("CN",))["signature", "x.a"] == (1, 0)
    assert reliance(tmp_path / "b", rows, min_confidence="high") == {}
