"""Load the table of countries, and make codes of geolocation databases and engines canonical.

A country here is one of 249 ISO 3166-1 alpha-2 codes or XK, Kosovo, which has no ISO code. Any other code is
`UNKNOWN_COUNTRY`. Source of the table: data/reference/README.md.
"""

import csv
import functools
from dataclasses import dataclass
from typing import Any

from camcensus.core.resources import COUNTRIES, bundled
from camcensus.core.tables import UNKNOWN_COUNTRY

IPV4_SOURCE = "DB-IP Lite country, 2026-06"  # of `ipv4_located`

# Codes that do not name one country of today; canonical_code() makes them ZZ.
NOT_A_COUNTRY = {
    "": "country not given",
    "AN": "Netherlands Antilles (dissolved 2010)",
    "AP": "Asia and Pacific, country not given",
    "CS": "Serbia and Montenegro (dissolved 2006)",
    "EU": "Europe, country not given",
    UNKNOWN_COUNTRY: "country not known",
}
_OTHER_SPELLING = {"UK": "GB"}
# Codes of ISO 3166-1 that are not UN members and that readers ask about.
OWN_CODE = ("HK", "MO", "PS", "TW")
NOT_ISO = "XK"


@dataclass(frozen=True)
class Country:
    """One row of data/reference/countries.csv."""

    alpha2: str
    alpha3: str
    numeric: str  # three digits; XK has CLDR's own 983
    name: str  # plain and short, English
    un_member: bool
    region: str  # Africa, Americas, Antarctica, Asia, Europe or Oceania (UN M49)
    population: int | None  # people; the year is CLDR's and not stated by country
    population_source: str  # empty if there is no population
    ipv4_located: int  # IPv4 addresses that the built-in database puts there
    ipv4_delegated: int  # IPv4 addresses that registries delegated to holders there, wherever they are used


@functools.cache
def load_countries() -> dict[str, Country]:
    """Return all countries by alpha-2 code, sorted by code. Shared: do not change it."""
    # Not pandas: by default it reads Namibia's code, NA, as a missing value.
    with bundled(COUNTRIES).open(encoding="utf-8", newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    for row in rows:
        row["un_member"] = row["un_member"] == "true"
        row["population"] = int(row["population"]) if row["population"] else None
        row |= {name: int(row[name]) for name in ("ipv4_located", "ipv4_delegated")}
    return {row["alpha2"]: Country(**row) for row in rows}


def canonical_code(raw: str | None) -> str:
    """Return the alpha-2 code of a country in the table, or ZZ: for regions (AP, EU), dissolved countries (AN, CS), ...

    UK becomes GB. Upper and lower case are accepted, but not "No": in one database (Geoacumen) it is a cut-off word,
    not Norway.
    """
    text = (raw or "").strip()
    code = text if text.isupper() else text.upper() if text.islower() else ""
    code = _OTHER_SPELLING.get(code, code)
    return code if code in load_countries() else UNKNOWN_COUNTRY


def code_notes() -> list[str]:
    """Return a sentence on each code that raises questions."""
    countries = load_countries()
    meant = {code: f"{code} ({text.replace(' (', ', ').rstrip(')')})" for code, text in NOT_A_COUNTRY.items()}
    regions, gone = (f"{meant[one]} and {meant[two]}" for one, two in (("AP", "EU"), ("AN", "CS")))
    spelt = "; ".join(f"{other} is read as {code} ({countries[code].name})" for other, code in _OTHER_SPELLING.items())
    own = [f"{code} ({countries[code].name})" for code in OWN_CODE]
    members = sum(country.un_member for country in countries.values())
    return [
        (
            f"{NOT_ISO} ({countries[NOT_ISO].name}) is not a code of ISO 3166-1; databases use it, and it counts as a "
            "country or territory here."
        ),
        (
            f"{', '.join(own[:-1])} and {own[-1]} have ISO 3166-1 codes and are not UN members: each is counted under "
            "its own code."
        ),
        f"{regions} are regions, not countries: their hosts are {UNKNOWN_COUNTRY}.",
        f"{gone} no longer exist, and their code does not show today's country: their hosts are {UNKNOWN_COUNTRY}.",
        f"{spelt}.",
        (
            f"{UNKNOWN_COUNTRY} is not a country: it has the hosts whose country is not known, and those in private or "
            "reserved address space. They are in the totals, but in no rank and no number of countries."
        ),
        f"Of the {len(countries)} codes in the list, {members} are of UN members; headlines give their number too.",
    ]


def country_name(code: str) -> str:
    """Return the English name of a code, or what a code that is not a country means."""
    if country := load_countries().get(canonical_code(code)):
        return country.name
    return NOT_A_COUNTRY.get(code.strip().upper(), NOT_A_COUNTRY[UNKNOWN_COUNTRY])
