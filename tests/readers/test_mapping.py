"""A mapping file is validated: each fault is one line that says which key, what was found and what is allowed."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from camcensus.core.errors import MappingError
from camcensus.core.resources import MAPPINGS, bundled
from camcensus.core.text_files import LARGEST
from camcensus.readers.mapping import Mapping, Time, load_mapping

CSV = """
engine = "other"
title = "Other"
format = "csv"
source = "https://example.org/export"
licence = "CC0-1.0"
verified = true

[fields]
address = "ip"
port = "port"
time = "seen"
"""
JSONL = CSV.replace('"csv"', '"jsonl"').replace('"port"\n', '"services.port"\n', 1)


def load(folder: Path, text: str) -> Mapping:
    path = folder / "m.toml"
    path.write_text(text, encoding="utf-8")
    return load_mapping(path)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(MappingError) as caught:
        load(folder, text)
    assert str(caught.value).startswith(f"{folder / 'm.toml'}: the mapping cannot be used\n  ")
    return caught.value.problems


def test_the_least_that_a_mapping_says(tmp_path: Path) -> None:
    mapping = load(tmp_path, CSV)
    assert (mapping.delimiter, mapping.time.zone, mapping.ignore) == (",", "UTC", [])
    assert mapping.sources("address") == ["ip"]
    assert mapping.sources("title") == mapping.sources("favicon") == []
    assert mapping.mapped == ["ip", "port", "seen"]


def test_a_byte_order_mark_is_allowed(tmp_path: Path) -> None:
    assert load(tmp_path, "\ufeff" + CSV).engine == "other"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("verified =", "titel = 1\nverified ="), "titel: unknown key; did you mean 'title'?"),
        (('engine = "other"\n', ""), "engine: missing; add it"),
        (('"other"', '"Other Engine"'), "engine: found 'Other Engine'; allowed: String should match pattern"),
        (('"csv"', '"xml"'), 'format: found \'xml\'; allowed: "csv", "jsonl", or a list of both'),
        (("verified = true", "verified = false"), "note: missing; say what was not verified with a real export"),
        (("verified = true", 'verified = "yes"'), "verified: found 'yes'; allowed: Input should be a valid boolean"),
        (("port =", "prot ="), "fields.prot: no such target; did you mean 'port'?"),
        (("port =", "xyzzy ="), "fields.xyzzy: no such target; there are: address, port,"),
        (('address = "ip"\n', ""), "fields.address: missing; name its field"),
        (('time = "seen"\n', ""), "fields.time: missing; name its field"),
        (('"ip"', '""'), "fields.address: found ''; allowed: the name of a field, or a list of names"),
        (('"ip"', "[]"), "fields.address: found []; allowed: the name of a field, or a list of names"),
        (('"ip"', '["ip", ""]'), "fields.address: found ['ip', '']; allowed: the name of a field"),
        (("[fields]\n", '[fields]\nfavicon = "x"\n'), "fields.favicon: move it to a section [favicon]"),
        (("[fields]", '[fixed]\nfavicon = "1"\n[fields]'), "fixed.favicon: move it to a section [favicon]"),
        (("[fields]", '[fixed]\nport = "80"\n[fields]'), "fixed.port: is in [fields] too; keep one"),
        (("[fields]", '[fixed]\nx = "80"\n[fields]'), "fixed.x: no such target"),
        (("[fields]", '[values]\nx = {a = "b"}\n[fields]'), "values.x: no such target"),
        (("[fields]", '[time]\nformat = "european"\n[fields]'), "time.format: found 'european'; allowed: \"iso\""),
        (("[fields]", '[time]\nzone = "CET"\n[fields]'), "time.zone: found 'CET'; allowed: \"UTC\", or an offset"),
        (("[fields]", '[time]\nzone = "+24:00"\n[fields]'), "time.zone: found '+24:00'"),
        (("[fields]", '[time]\nzoen = "UTC"\n[fields]'), "time.zoen: unknown key; did you mean 'zone'?"),
        (("[fields]", '[favicon]\nfield = "f"\n[fields]'), "favicon.kind: missing; add it"),
        (("[fields]", '[favicon]\nfield = "f"\nkind = "md5"\n[fields]'), "favicon.kind: found 'md5'; allowed: "),
        (("[fields]", 'delimiter = ",,"\n[fields]'), "delimiter: found ',,'; allowed: one ASCII character"),
        (("[fields]", "delimiter = '\"'\n[fields]"), "delimiter: found '\"'; allowed: one ASCII character"),
        (("[fields]", 'each = "services"\n[fields]'), "each: is for JSON lines, and this is CSV; remove it"),
        (("[fields]", 'within = ["data"]\n[fields]'), "within: is for JSON lines, and this is CSV; remove it"),
        (("[fields]", "flat = true\n[fields]"), "flat: is for JSON lines, and this is CSV; remove it"),
        (("[fields]", 'ignore = ["ip"]\n[fields]'), "ignore: ip hides ip, which is mapped; remove one of them"),
        (("[fields]", "[fields"), "is not TOML: "),
        (("[fields]", "a = " + "[" * 5000 + "\n[fields]"), "is not TOML: "),
    ],
)
def test_each_fault_is_told(tmp_path: Path, change: tuple[str, str], problem: str) -> None:
    assert change[0] in CSV
    (told,) = problems(tmp_path, CSV.replace(*change, 1))
    assert told.startswith(problem)


@pytest.mark.parametrize(
    ("added", "problem"),
    [
        ('delimiter = ";"', "delimiter: is for CSV, and this is JSON lines; remove it"),
        ('ignore_around = ["code"]', "ignore_around: without within there is nothing around a record; use ignore"),
        ('each = "hits"', "each: no port comes from hits; name it as hits.…"),
        ('each = "services"\nignore = ["services"]', "ignore: services hides services.port, which is mapped"),
    ],
)
def test_faults_of_json_lines(tmp_path: Path, added: str, problem: str) -> None:
    (told,) = problems(tmp_path, JSONL.replace("[fields]", f"{added}\n[fields]"))
    assert told.startswith(problem)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = CSV.replace("engine", "engin").replace('"csv"', '"xml"').replace("port =", "prot =")
    assert [line.split(":")[0] for line in problems(tmp_path, text)] == ["engine", "format", "fields.prot", "engin"]


def test_what_is_no_mapping_file_at_all(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "latin.toml").write_bytes(b'title = "\xe9"')
    (tmp_path / "huge.toml").write_bytes(b"#" * (LARGEST + 1))
    for name, told in {
        "none.toml": "no such file",
        "folder.toml": "cannot be read: ",
        "latin.toml": "cannot be read: ",
        "huge.toml": "is larger than 4,194,304 bytes",
    }.items():
        with pytest.raises(MappingError) as caught:
            load_mapping(tmp_path / name)
        assert caught.value.problems[0].startswith(told)


@pytest.mark.parametrize(("zone", "hours"), [("UTC", 0), ("+00:00", 0), ("+08:00", 8), ("-03:30", -3.5)])
def test_zones(zone: str, hours: float) -> None:
    assert Time(zone=zone).tzinfo.utcoffset(None) == timedelta(hours=hours)


SHIPPED = sorted(bundled(MAPPINGS).glob("*.toml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_mappings_that_are_shipped_say_where_they_are_from_and_what_was_not_verified(path: Path) -> None:
    mapping = load_mapping(path)
    assert "https://" in mapping.source
    assert "CC0-1.0" in mapping.licence
    # Whoever has held one against a real export says so here and in the file.
    assert not mapping.verified
    assert mapping.note


def test_the_favicon_of_another_kind_is_known_and_not_taken(tmp_path: Path) -> None:
    fields: dict[str, Any] = {}
    for kind in ("shodan", "other"):
        mapping = load(tmp_path, CSV.replace("[fields]", f'[favicon]\nfield = "f"\nkind = "{kind}"\n[fields]'))
        fields[kind] = mapping.mapped
    assert fields["shodan"] == fields["other"] == ["ip", "port", "seen", "f"]
