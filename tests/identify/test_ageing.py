"""Ageing: when signatures matched, on tables of several snapshots; and what the command refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from camcensus.identify.ageing import SignatureAge, UnmatchedMaker, ages_of
from tests.census import HIK, banner, numbered, write
from tests.commands import camcensus
from tests.conftest import banner as raw_banner
from tests.conftest import write_lines

Row = dict[str, Any]


def host(network: int, last: int = 1) -> str:
    return f"198.51.{network}.{last}"


def tables(folder: Path, **snapshots: list[Row]) -> dict[str, list[Path]]:
    return {name: write(folder / name, [numbered(rows)]) for name, rows in snapshots.items()}


def test_signatures_have_a_first_and_a_last_snapshot(tmp_path: Path) -> None:
    found = ages_of(
        tables(
            tmp_path,
            a=[banner(signatures="x.old"), banner(port=81, signatures="x.old x.both")],
            b=[banner(signatures="x.both"), banner(port=81, signatures="")],
            c=[banner(signatures="x.both x.new"), banner(port=81, signatures="x.both")],
        )
    )
    assert found.signatures == (
        SignatureAge("x.both", "a", "c", {"a": 1, "b": 1, "c": 2}, False),
        SignatureAge("x.new", "c", "c", {"a": 0, "b": 0, "c": 1}, False),
        SignatureAge("x.old", "a", "a", {"a": 2, "b": 0, "c": 0}, True),
    )


def test_a_maker_is_listed_whose_new_banners_none_counts(tmp_path: Path) -> None:
    axis = {"manufacturer": "Axis"}
    guess = {"product_type": None, "type_confidence": None}
    known, new = [banner(host(n), **axis) for n in range(2)], [banner(host(n), **axis, **guess) for n in range(9, 13)]
    others = [banner(host(n), **HIK, **guess) for n in range(20, 24)]
    router = [banner(host(n), manufacturer="Owl", product_type="other") for n in range(30, 34)]
    few = [banner(host(40, n), manufacturer="Kestrel", **guess) for n in range(1, 9)]
    found = ages_of(tables(tmp_path, a=known, b=[*known, *new, *others, *router, *few, banner(host(50), **HIK)]))
    assert found.unmatched_makers == (UnmatchedMaker("Axis", 4, 4, 2),)


@pytest.mark.slow
def test_the_command_needs_two_snapshots_and_lists_what_died_out(tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_text("title = 'T'\nvendors = ['Hikvision']\n")
    answers = {"2025": "Server: App-webs/", "2026": "Server: DVRDVS-Webs"}
    for name, server in answers.items():
        line = raw_banner(ip_str="81.2.0.1", data=f"HTTP/1.1 200 OK\r\n{server}\r\n\r\n")
        camcensus("import", write_lines(tmp_path / f"{name}.jsonl", [line]), "--study", study, "--snapshot", name)
    done = camcensus("catalogue", "ageing", "--study", study, status=1)
    assert "0 of the study's snapshots are identified; ages need 2" in done.stderr
    camcensus("run", "--study", study, "--no-report")
    text = camcensus("catalogue", "ageing", "--study", study).stdout
    assert "- hikvision.http.server.app-webs: 2025 to 2025; banners in 2025: 1" in text
    found = json.loads(camcensus("catalogue", "ageing", "--study", study, "--json").stdout)
    assert found["snapshots"] == ["2025", "2026"]
    gone = {age["signature"]: age["has_died_out"] for age in found["signatures"]}
    assert gone["hikvision.http.server.app-webs"]
    assert not all(gone.values())


@pytest.mark.parametrize("counted", [True, False])
def test_a_banner_that_was_there_before_is_not_new(tmp_path: Path, counted: bool) -> None:
    what = {} if counted else {"product_type": None, "type_confidence": None}
    rows = [banner(host(n), manufacturer="Axis", **what) for n in range(5)]
    assert ages_of(tables(tmp_path, a=rows, b=rows)).unmatched_makers == ()
