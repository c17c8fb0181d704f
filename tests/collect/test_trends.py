"""History by month, for queries whose filters Trends has; never mixed with a snapshot's pages."""

import json
from pathlib import Path

import pytest
import zstandard

from camcensus.core.errors import PlanRefusedError
from camcensus.raw.ledger import CHECKSUM, FILE
from camcensus.validation.loopback.faults import Fault
from tests.collect.worlds import CATALOGUE, PRODUCT, SERVER, cameras, collect, raw, rows, served, study_in

MODULE = """
[[query]]
id = "hikvision.query.module"
text = 'shodan.module:hikvision'
since = 2026-11-23
catches = "cameras"
also = "nothing"
trends = false
"""


def test_months_since_2017_are_kept_as_received_and_cost_nothing(folder: Path) -> None:
    study = study_in(folder, queries=(PRODUCT, SERVER))
    with served(cameras(60)) as server:
        done = collect(study, "trends")
        assert done.complete
        assert (done.credits, server.account.credits) == (0, 10_000_000)
        assert [request.path for request in server.log] == ["/api/v1/search"] * 2
        collect(study, "trends")
        assert len(server.log) == 2
    found = rows(study, "select query, file from replies where mode = 'trends'")
    assert [query for query, _ in found] == [PRODUCT, SERVER]
    value = json.loads(zstandard.ZstdDecompressor().decompress((raw(study) / found[0][1]).read_bytes()))
    assert value["matches"][0]["month"] == "2017-06"
    assert [month["key"] for month in value["facets"]["country"]] == [month["month"] for month in value["matches"]]
    assert {path.name for path in raw(study).iterdir() if path.is_file()} <= {FILE, CHECKSUM, ".lock"}


def test_a_query_without_history_is_told_and_nothing_is_asked(folder: Path) -> None:
    study = study_in(folder, queries=(PRODUCT, "hikvision.query.module"))
    (folder / "queries" / "hikvision.toml").write_text(CATALOGUE + MODULE)
    with served(cameras(9)) as server:
        done = collect(study, "trends")
        assert done.complete
        assert done.notes == ["hikvision.query.module: has no history: Trends refuses shodan.module"]
        assert len(server.log) == 1


def test_a_plan_without_trends_is_told(folder: Path) -> None:
    with served(cameras(9), plan="plus"), pytest.raises(PlanRefusedError, match="Requires membership"):
        collect(study_in(folder), "trends")


def test_f2_faults_on_the_way_and_a_query_that_is_not_answered(folder: Path) -> None:
    study = study_in(folder, queries=(PRODUCT, SERVER), deadline_seconds=0.3)
    with served(cameras(9), faults=[Fault("502", at=1), Fault("half-body", at=2), Fault("200-html", at=3)]) as server:
        assert collect(study, "trends").complete
        assert len(server.log) == 5
    other = study_in(folder / "other", queries=(PRODUCT, SERVER), deadline_seconds=0.2)
    with served(cameras(9), faults=[Fault("502", where="query=product", times=None)]) as server:
        done = collect(other, "trends")
        assert done.missing == [f"{PRODUCT}: not requested yet"]
        server.set_faults()
        assert collect(other, "trends").complete
