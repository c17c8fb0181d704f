"""The script an analyst would write instead: read, look up, drop duplicates, group. Written fairly, kept as the peer.

Usage: python benchmarks/analyst.py COUNTRY.mmdb EXPORT... ; prints hosts by country and maker.
"""

import re
import sys

import maxminddb
import pandas as pd
from shodan.helpers import iterate_files

MAKERS = {
    "Hikvision": r"App-webs/|DNVRS-Webs|DVRDVS-Webs|Hikvision-Webs|hikvision",
    "Dahua": r"Dahua|Login to [0-9A-Z]{9,16}",
    "TVT": r"Cross Web Server",
    "Axis": r"AXIS",
    "Vivotek": r"VVTK-HTTP-Server|Vivotek",
    "Uniview": r"Uniview",
}
PATTERNS = {maker: re.compile(pattern) for maker, pattern in MAKERS.items()}


def main(database: str, files: list[str]) -> None:
    """Prints hosts by country and maker."""
    reader = maxminddb.open_database(database)
    rows = []
    for banner in iterate_files(files):
        text = banner.get("data") or ""
        maker = next((name for name, pattern in PATTERNS.items() if pattern.search(text)), None)
        if maker is None:
            continue
        address = banner.get("ip_str") or banner.get("ipv6")
        found = reader.get(address) or {}
        rows.append((address, banner["port"], banner["timestamp"], found.get("country_code"), maker))
    table = pd.DataFrame(rows, columns=["host", "port", "seen", "country", "maker"])
    table = table.sort_values("seen").drop_duplicates(["host", "port"], keep="last")
    print(table.groupby(["country", "maker"])["host"].nunique().to_string())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
