"""The table of countries, and what becomes of the codes that geolocation databases and engines give.

A country here is an ISO 3166-1 alpha-2 code (249 of them) or XK, Kosovo, which has no ISO code of its own. All else is
`UNKNOWN_COUNTRY`. Source of the table: data/reference/README.md.
"""

import csv
import functools
from dataclasses import dataclass

from camcensus.core.resources import COUNTRIES, bundled
from camcensus.core.tables import UNKNOWN_COUNTRY

IPV4_SOURCE = "DB-IP Lite country, 2026-06"  # of `ipv4_located`

# Codes that name something else than one country of today; canonical_code() makes them ZZ.
NOT_A_COUNTRY = {
    "": "country not given",
    "AN": "Netherlands Antilles (dissolved 2010)",
    "AP": "Asia and Pacific, country not given",
    "CS": "Serbia and Montenegro (dissolved 2006)",
    "EU": "Europe, country not given",
    UNKNOWN_COUNTRY: "country not known",
}
_OTHER_SPELLING = {"UK": "GB"}
# Codes of ISO 3166-1 that are not UN members, and that readers ask about.
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
    """All countries by alpha-2 code, in the order of the codes. Shared: do not change it."""
    # Not pandas: it reads Namibia's code, NA, as a missing value unless told otherwise.
    with bundled(COUNTRIES).open(encoding="utf-8", newline="") as file:
        return {row["alpha2"]: _country(row) for row in csv.DictReader(file)}


def _country(row: dict[str, str]) -> Country:
    return Country(
        alpha2=row["alpha2"],
        alpha3=row["alpha3"],
        numeric=row["numeric"],
        name=row["name"],
        un_member=row["un_member"] == "true",
        region=row["region"],
        population=int(row["population"]) if row["population"] else None,
        population_source=row["population_source"],
        ipv4_located=int(row["ipv4_located"]),
        ipv4_delegated=int(row["ipv4_delegated"]),
    )


def canonical_code(raw: str | None) -> str:
    """The alpha-2 code of a country in the table, or ZZ: for no code, for regions (AP, EU), for dissolved countries
    (AN, CS) and for anything else. UK becomes GB.

    Upper and lower case are read, but not "No": that is a cut-off word in one database (Geoacumen), not Norway.
    """
    text = (raw or "").strip()
    code = text if text.isupper() else text.upper() if text.islower() else ""
    code = _OTHER_SPELLING.get(code, code)
    return code if code in load_countries() else UNKNOWN_COUNTRY


def code_notes() -> list[str]:
    """How each code that raises questions is handled, a sentence each."""
    countries = load_countries()
    meant = {code: f"{code} ({text.replace(' (', ', ').rstrip(')')})" for code, text in NOT_A_COUNTRY.items()}
    regions, gone = (f"{meant[one]} and {meant[two]}" for one, two in (("AP", "EU"), ("AN", "CS")))
    spelt = "; ".join(f"{other} is read as {code} ({countries[code].name})" for other, code in _OTHER_SPELLING.items())
    own = [f"{code} ({countries[code].name})" for code in OWN_CODE]
    members = sum(country.un_member for country in countries.values())
    return [
        (
            f"{NOT_ISO} ({countries[NOT_ISO].name}) is no code of ISO 3166-1; databases use it, and it counts as a "
            "country or territory here."
        ),
        (
            f"{', '.join(own[:-1])} and {own[-1]} have codes of ISO 3166-1 of their own: each is counted under its own "
            "code, and none is a UN member."
        ),
        f"{regions} are regions and name no country: their hosts are {UNKNOWN_COUNTRY}.",
        f"{gone} are no more, and which country it is today is not said: their hosts are {UNKNOWN_COUNTRY}.",
        f"{spelt}.",
        (
            f"{UNKNOWN_COUNTRY} is no country: there stand the hosts whose country is not known, and those in private "
            "or reserved address space. They are in the totals, and in no rank and no number of countries."
        ),
        f"Of the {len(countries)} codes in the list, {members} are of UN members; headlines say so of theirs.",
    ]


def country_name(code: str) -> str:
    """The plain English name of a code, in words also for the codes that are no country."""
    country = load_countries().get(canonical_code(code))
    if country:
        return country.name
    return NOT_A_COUNTRY.get(code.strip().upper(), NOT_A_COUNTRY[UNKNOWN_COUNTRY])
