"""The script an analyst would write instead: read, look up, drop duplicates, group. Written fairly, kept as the peer.

Usage: python benchmarks/analyst.py COUNTRY.mmdb OUT.csv EXPORT... ; writes IPv4 hosts by country and maker.
"""

import re
import sys

import geoip2.database
import geoip2.errors
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


def main(database: str, out: str, files: list[str]) -> None:
    """Writes hosts by country and maker."""
    reader = geoip2.database.Reader(database)
    rows = []
    for banner in iterate_files(files):
        text = banner.get("data") or ""
        maker = next((name for name, pattern in PATTERNS.items() if pattern.search(text)), None)
        address = banner["ip_str"]
        if maker is None or ":" in address:
            continue
        try:
            country = reader.country(address).country.iso_code
        except geoip2.errors.AddressNotFoundError:
            country = None
        rows.append((address, banner["port"], banner["timestamp"], country, maker))
    table = pd.DataFrame(rows, columns=["host", "port", "seen", "country", "maker"])
    table = table.sort_values("seen").drop_duplicates(["host", "port"], keep="last")
    hosts = table.groupby(["country", "maker"])["host"].nunique()
    hosts.rename("hosts").reset_index().to_csv(out, index=False)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
