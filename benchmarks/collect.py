"""What the collector itself costs, against a Shodan on this machine: pages a second without a rate limit beside the
official package's own download, time between pages at the engine's one request a second, and peak memory.

Banners are made up, 100 a page, 2.8 kB each. The collector splits, keeps each page, a ledger and completeness; the
package's download (`search_cursor` into one gzip file) does none of these. Both speak HTTP to the same server process,
which takes part of the same two cores.
Writes benchmarks/results/collect-<date>.json. Usage: python benchmarks/collect.py [--pages 1000] [--paced 60]
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from camcensus.validation.loopback.index import Index
from camcensus.validation.loopback.server import KEY, Loopback

HERE = Path(__file__).parent
ROUNDS = 5
SMALL = 200  # pages of the smaller collection, for memory
QUERY = "hikvision.query.product"
COUNTRIES = ("DE", "US", "FR", "IT", "NL", "BR", "VN", "IN", "GB", "TR")
# Runs a command of camcensus, then says its peak memory: a child's figure in the parent would hold the parent's too.
COMMAND = (
    "import sys, re\n"
    "from camcensus.cli.app import main\n"
    "try: main()\n"
    "finally: print('peak', re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1], file=sys.stderr)\n"
)
PACKAGE = (
    "import os, sys, shodan\n"
    "from shodan.helpers import open_file, write_banner\n"
    "api = shodan.Shodan(os.environ['SHODAN_API_KEY']); api.api_rate_limit = 0\n"
    "out = open_file(sys.argv[1], 'w')\n"
    "for banner in api.search_cursor('product:\"Hikvision IP Camera\"', minify=False): write_banner(out, banner)\n"
)


def banners(pages: int) -> Iterator[dict[str, Any]]:
    """So many pages of cameras in ten countries, each with a page of its own size."""
    filler = "x" * 2_200
    for n in range(100 * pages):
        yield {
            "ip_str": f"{60 + n % 120}.{n * 7919 // 120 % 250}.{n // 30_000}.{n // 120 % 250 + 1}", "port": 80,
            "transport": "tcp", "timestamp": f"2026-10-{n % 28 + 1:02}T08:{n // 60 % 60:02}:{n % 60:02}.000001",
            "hash": n, "asn": "AS64500", "org": "Example", "isp": "Example", "product": "Hikvision IP Camera",
            "data": f"HTTP/1.1 200 OK\r\nServer: App-webs/\r\nETag: {n}\r\n\r\n",
            "location": {"country_code": COUNTRIES[n % 10]}, "_shodan": {"module": "http"},
            "http": {"status": 200, "title": "index", "server": "App-webs/", "html": f"<html>{filler}{n}</html>"},
        }  # fmt: skip


def collected(server: Loopback, rate: float, budget: int) -> dict[str, float]:
    """One download by the collector: seconds, pages, pages a second, gaps between pages and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study.toml"
        study.write_text(
            f'title = "t"\nvendors = ["Hikvision"]\n[collect]\nrate = {rate}\nbudget = {budget}\nqueries = ["{QUERY}"]'
        )
        began, before = time.perf_counter(), len(server.log)
        words = ["collect", "--study", str(study), "--snapshot", "a", "--mode", "download", "--quiet"]
        command = [sys.executable, "-c", COMMAND, *words]
        done = subprocess.run(command, env=_environment(server), capture_output=True, text=True, check=True)
        seconds = time.perf_counter() - began
    log = server.log[before:]
    times = [entry.seconds for entry in log if entry.path == "/shodan/host/search"]
    peak = re.search(r"peak (\d+)", done.stderr)
    assert peak, done.stderr
    span = times[-1] - times[0]
    return {
        "pages": len(times),
        "requests": len(log),
        "seconds": round(seconds, 2),
        "pages_per_second_in_all": round(len(times) / seconds, 1),
        "pages_per_second_of_buying": round((len(times) - 1) / span, 1),
        "seconds_between_pages": round(span / (len(times) - 1), 4),
        "seconds_between_requests": round((log[-1].seconds - log[0].seconds) / (len(log) - 1), 4),
        "peak_mb": round(int(peak[1]) / 1024),
    }


def downloaded(server: Loopback) -> float:
    """Seconds that the official package takes for the same banners."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        command = [sys.executable, "-W", "ignore", "-c", PACKAGE, str(Path(folder) / "x.json.gz")]
        subprocess.run(command, env=_environment(server), check=True)
        return time.perf_counter() - began


def _environment(server: Loopback) -> dict[str, str]:
    return {**os.environ, "SHODAN_API_URL": server.url, "SHODAN_API_KEY": KEY}


def main() -> None:
    """All of it; a few minutes, and a second more for each paced page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--paced", type=int, default=60, help="pages at one request a second")
    told = parser.parse_args()
    with Loopback(Index(banners(SMALL))) as server:
        small = collected(server, 0, 10 * SMALL)
        pairs = [(collected(server, 0, 10 * SMALL), downloaded(server)) for _ in range(ROUNDS)]
    with Loopback(Index(banners(told.pages))) as server:
        large = collected(server, 0, 10 * told.pages)
    with Loopback(Index(banners(told.paced))) as server:
        paced = collected(server, 1.0, 10 * told.paced)
    result = {
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("shodan", "requests", "zstandard")},
        "rounds": ROUNDS,
        "collector": {**small, "seconds": round(median(one["seconds"] for one, _ in pairs), 2)},
        "package_seconds": round(median(seconds for _, seconds in pairs), 2),
        "times_as_long_as_the_package": round(median(one["seconds"] / seconds for one, seconds in pairs), 2),
        "pages_per_second_in_all": median(one["pages_per_second_in_all"] for one, _ in pairs),
        "pages_per_second_of_buying": median(one["pages_per_second_of_buying"] for one, _ in pairs),
        "larger": large,
        "one_request_a_second": paced,
    }
    text = json.dumps(result, indent=1) + "\n"
    (HERE / "results" / f"collect-{result['date']}.json").write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
