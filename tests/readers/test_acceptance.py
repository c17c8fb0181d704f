"""What `import` refuses before it copies anything, and what it says that a file is instead."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from camcensus.core.errors import InputError
from camcensus.readers.acceptance import require_accepted
from camcensus.readers.registry import SHODAN, named_source
from tests.conftest import banner

HOST = {
    "ip": "81.2.69.1",
    "services": [{"port": 80, "protocol": "HTTP", "banner": "x"}],
    "autonomous_system": {"asn": 64500},
}
TIME = "2026-10-20T08:30:01"
FOFA_HEADER = "ip,port,lastupdatetime,title\n"


def refusal(folder: Path, source: str, content: Any, name: str = "a.json") -> str:
    path = folder / name
    path.write_bytes(
        content
        if isinstance(content, bytes)
        else content.encode()
        if isinstance(content, str)
        else json.dumps(content).encode()
    )
    chosen = SHODAN if source == "shodan" else named_source(source, folder)
    with pytest.raises(InputError) as caught:
        require_accepted(chosen.of(path), path)
    return caught.value.reason


@pytest.mark.parametrize(
    ("content", "engine"),
    [
        ({"@category": "datascan", "@timestamp": TIME, "ip": "81.2.69.1", "port": 80}, "Onyphe"),
        ({"total": 1, "events": [{"origin": {"ip": "1.2.3.4"}, "target": {"port": 80}}]}, "BinaryEdge"),
        ({"ip": "81.2.69.1", "portinfo": {"port": 80}, "geoinfo": {}, "timestamp": TIME}, "ZoomEye (its API before"),
        ({"code": 60000, "data": [{"ip": "81.2.69.1", "update_time": TIME}]}, "ZoomEye; give --source zoomeye"),
        ({"mode": "extended", "query": "x", "size": 1, "results": [["81.2.69.1", "80"]]}, "FOFA; give --source fofa"),
        (
            {"result": {"hits": [{"ip": "81.2.69.1", "services": []}]}},
            "Censys Legacy Search; give --source censys-legacy",
        ),
        ({"host_v1": {"resource": HOST}}, "Censys Platform; give --source censys"),
        ({"code": 200, "data": {"list": [{"ip": "81.2.69.1", "port": 80}]}}, "Hunter.how"),
        ({"ip": "81.2.69.1", "timestamp": "1760949001", "ports": [{"port": 80, "proto": "tcp", "ttl": 50}]}, "masscan"),
        ({"ip": "81.2.69.1", "data": {"http": {"status": "success", "protocol": "http"}}}, "ZGrab"),
        ({"data": {"uri": "http://81.2.69.1", "isp": "x", "prot7": "http"}}, "Netlas; give --source netlas"),
        (b"saddr", None),
        (b'<?xml version="1.0"?>\n<nmaprun scanner="nmap">', "XML"),
        (b"<!DOCTYPE html>\n<html>", "a web page"),
        (b"#masscan\nopen tcp 80 81.2.69.1 1760949001", "masscan"),
        (gzip.compress(json.dumps(banner()).encode()), "compressed with gzip; end its name in .gz"),
        (b"PK\x03\x04" + bytes(40), "a zip archive or an Excel file"),
        (b"17 bytes of it...", "the commonest reason: it is not JSON"),
        ("not UTF-8: \xe9".encode("latin-1"), "it is not UTF-8"),
        ({"matches": [{"port": 80, "timestamp": TIME}]}, "has no address"),
        ({"ip_str": "81.2.69.1", "timestamp": TIME}, "has no port"),
        ([banner(timestamp=None)] * 3, "none of its first 3 records is a banner; the commonest reason: it has no time"),
        ({"name": "Kestrel", "age": 5}, "for other exports name a mapping with --source"),
    ],
)
def test_what_is_not_shodans_is_refused_with_what_it_is(tmp_path: Path, content: Any, engine: str | None) -> None:
    reason = refusal(tmp_path, "shodan", content)
    assert (engine or "it is not JSON") in reason
    assert len(reason) < 500


@pytest.mark.parametrize(
    ("source", "name", "content", "told"),
    [
        ("censys", "a.json", HOST, 'put time = "2026-11-30T00:00:00" (when it was made) under [fixed] in a mapping'),
        ("censys", "a.json", banner(), "it looks like an export of Shodan; give --source shodan"),
        ("netlas", "a.jsonl", {"data": {"domain": []}}, "an export of Netlas (domains, not responses)"),
        ("zoomeye", "a.json", {"ip": "81.2.69.1", "portinfo": {}, "geoinfo": {}}, "ZoomEye (its API before version 2)"),
        ("fofa", "a.json", {"results": [["81.2.69.1", "80"]]}, 'columns = ["ip", "port", "lastupdatetime"]'),
        (
            "fofa",
            "a.csv",
            (FOFA_HEADER + "81.2.69.1,80,2026-10-20 08:30:01,登录").encode("gbk"),
            'encoding = "gb18030"',
        ),
        (
            "fofa",
            "a.csv",
            "域名,端口\n81.2.69.1,80\n",
            "its header lacks ip (address), port (port), lastupdatetime (time)",
        ),
        ("shodan", "a.csv", FOFA_HEADER, "it looks like an export of FOFA; give --source fofa"),
        (
            "shodan",
            "a.csv",
            "IP,Port,Banner\n81.2.69.1,80,x\n",
            "lacks ip_str or ipv6 (address), port (port), timestamp",
        ),
        ("shodan", "a.csv", "IP;ip_str\n", "columns separated by ','"),
    ],
)
def test_the_way_out_is_named(tmp_path: Path, source: str, name: str, content: Any, told: str) -> None:
    assert told in refusal(tmp_path, source, content, name)


def test_a_compressed_file_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "cannot be read: a.json.gz breaks off" in refusal(tmp_path, "shodan", json.dumps(banner()), "a.json.gz")
    assert "it is an SQLite database" in refusal(tmp_path, "shodan", gzip.compress(b"SQLite format 3\0"), "a.json.gz")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\n\n", json.dumps({"matches": [], "total": 0}).encode(), b"[]",
        b"rubbish\n" * 50 + json.dumps(banner()).encode(),
        json.dumps(banner(html="x" * 300_000)).encode(),
        json.dumps([banner()], indent=1).encode(),
    ],
)  # fmt: skip
def test_files_with_a_banner_and_files_of_nothing_are_accepted(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    require_accepted(SHODAN, path)


def test_only_the_start_is_tried(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"rubbish\n" * 1000 + json.dumps(banner()).encode())
    with pytest.raises(InputError, match="none of its first 200 records is a banner"):
        require_accepted(SHODAN, path)
