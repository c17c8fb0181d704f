"""Decoy rules on hosts that were drawn at random and looked up: in a whole run, and files that are not right."""

import json
from pathlib import Path
from typing import Any

import pytest

from camcensus.core import storage
from camcensus.core.config import Study, load_study
from camcensus.core.console import Reporter
from camcensus.core.errors import IntegrityError
from camcensus.core.manifest import Stage, load_manifest
from camcensus.dedupe.host_sample import DRAW, FOLDER, draw_hosts
from camcensus.raw.imports import import_files
from camcensus.run import run
from tests.conftest import banner, write_lines

HOSTS = [f"81.2.69.{n}" for n in range(1, 11)]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study with one snapshot, counted: a camera on each host, and no other port of any."""
    (tmp_path / "study.toml").write_text('title = "t"\nsimulated = true\n[decoys]\nports = 5\n')
    loaded = load_study(tmp_path / "study.toml")
    raw = write_lines(tmp_path / "SYNTHETIC-cameras.json", [banner(ip_str=host) for host in HOSTS])
    import_files([str(raw)], loaded.data / "one")
    run(loaded, Reporter(quiet=True), report=False)
    return loaded


def camera(host: str) -> dict[str, Any]:
    """The banner that was counted."""
    return banner(ip_str=host)


def other(host: str, port: int) -> dict[str, Any]:
    """A port of the host that is no camera."""
    return banner(
        ip_str=host, port=port, data="SSH-2.0-OpenSSH_8.9", http=None, _shodan={"module": "ssh"}, product="OpenSSH"
    )


def look_up(study: Study, replies: dict[str, list[dict[str, Any]] | None]) -> None:
    """The replies to look-ups, in the file where a collector puts them."""
    lines = [
        json.dumps({"host": host, "reply": None if data is None else {"ip_str": host, "ports": [], "data": data}})
        for host, data in replies.items()
    ]
    write_lines(study.data / "one" / FOLDER / "replies.jsonl", lines)


def deduped(study: Study) -> Stage:
    """The record of dedupe after a run."""
    run(study, Reporter(quiet=True), report=False)
    manifest = load_manifest(study.data / "one")
    assert manifest is not None
    return manifest.stages["dedupe"]


def test_a_rule_that_could_not_be_evaluated_on_all_is_on_the_sample(study: Study) -> None:
    before = deduped(study)
    assert before.host_sample is None
    drawn = draw_hosts(study.data / "one", 6, seed=1)
    assert (drawn.of, len(drawn.hosts), drawn.seed) == (10, 6, 1)
    assert set(drawn.hosts) < set(HOSTS)
    trap, gone, closed, *honest = drawn.hosts
    open_ports = [other(trap, port) for port in (21, 22, 23, 25)]
    honest_ones = {host: [camera(host), other(host, 22)] for host in honest}
    look_up(study, {trap: [camera(trap), *open_ports], gone: None, closed: [other(closed, 22)], **honest_ones})
    found = deduped(study)
    sample = found.host_sample
    assert sample is not None
    assert (sample.asked, sample.gone, sample.counted) == (6, 1, 4)
    ports = sample.rules["many-ports"]
    assert (ports.hosts, ports.flagged, ports.share) == (4, 1, 0.25)
    assert 0 < ports.low < 0.25 < ports.high < 1
    assert sample.likely == ports
    rule = next(r for r in found.decoy_rules if r.rule == "many-ports")
    assert (rule.evaluated, rule.hosts, rule.sample) == (False, None, ports)
    assert "on a random sample of 4 hosts" in str(rule.reason)
    # It moves no count, and what was looked up is no part of the snapshot.
    assert {name: output.sha256 for name, output in found.outputs.items()} == {
        name: output.sha256 for name, output in before.outputs.items()
    }
    assert found.flow == before.flow


def test_another_reply_is_another_share_and_the_same_is_not_counted_again(study: Study) -> None:
    drawn = draw_hosts(study.data / "one", 2, seed=1).hosts
    look_up(study, {host: [camera(host)] for host in drawn})
    first = deduped(study)
    assert deduped(study) == first
    look_up(study, {drawn[0]: [camera(drawn[0])], drawn[1]: None})
    second = deduped(study).host_sample
    assert second is not None
    assert (second.gone, second.counted) == (1, 1)


def test_a_sample_of_which_nobody_is_left_has_no_share(study: Study) -> None:
    look_up(study, dict.fromkeys(draw_hosts(study.data / "one", 2, seed=1).hosts))
    sample = deduped(study).host_sample
    assert sample is not None
    assert (sample.gone, sample.counted, sample.likely, sample.rules) == (2, 0, None, {})


def test_a_draw_is_written_down_and_repeatable(study: Study) -> None:
    folder = study.data / "one"
    once = draw_hosts(folder, 3, seed=7)
    assert storage.read_json(folder / FOLDER / DRAW) == once.model_dump()
    assert draw_hosts(folder, 3, seed=7) == once


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("replies.jsonl", '{"host": "8.8.8.8", "reply": null}', "8.8.8.8 is not in the sample that was drawn"),
        ("replies.jsonl", '{"host": 5}', "is no reply to a look-up"),
        ("replies.jsonl", '{"host": "{host}", "reply": null}\n{"host": "{host}", "reply": null}', "is twice there"),
        ("replies.jsonl.gz", "no gzip", "is damaged"),
        (DRAW, '{"seed": 1}', "is no draw of hosts"),
        (DRAW, "{", "is damaged"),
    ],
)
def test_files_that_are_not_right_are_refused(study: Study, name: str, content: str, words: str) -> None:
    (host,) = draw_hosts(study.data / "one", 1, seed=1).hosts
    look_up(study, {host: [camera(host)]})
    if name != DRAW:
        (study.data / "one" / FOLDER / "replies.jsonl").unlink()
    (study.data / "one" / FOLDER / name).write_text(content.replace("{host}", host))
    with pytest.raises(IntegrityError, match=words):
        deduped(study)


def test_replies_without_a_draw_are_refused(study: Study) -> None:
    look_up(study, {HOSTS[0]: None})
    with pytest.raises(IntegrityError, match="nobody knows how the hosts were drawn"):
        deduped(study)
