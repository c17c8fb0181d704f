"""The country table as it is committed, and what becomes of codes."""

import csv
import re
from dataclasses import fields

import numpy as np
import pytest

from camcensus.core.countries import Country, canonical_code, code_notes, country_name, load_countries
from camcensus.core.resources import bundled
from camcensus.geolocate.database import open_locator


def test_one_row_for_each_iso_code_and_kosovo() -> None:
    countries = load_countries()
    assert len(countries) == 250
    assert list(countries) == sorted(countries)
    assert "XK" in countries
    assert not countries.keys() & {"ZZ", "EU", "AP", "UK", "AN", "CS"}


def test_codes_are_well_formed_and_unique() -> None:
    countries = load_countries().values()
    assert all(len(c.alpha2) == 2 and len(c.alpha3) == 3 and len(c.numeric) == 3 for c in countries)
    for field in ("alpha3", "numeric", "name"):
        assert len({getattr(c, field) for c in countries}) == 250, field


def test_193_un_members() -> None:
    members = {code for code, country in load_countries().items() if country.un_member}
    assert len(members) == 193
    assert not members & {"VA", "PS", "TW", "HK", "MO", "XK"}


def test_a_row_as_it_is() -> None:
    assert load_countries()["NL"] == Country(
        "NL", "NLD", "528", "Netherlands", True, "Europe", 17_772_400, "CLDR 48.2", 57_154_890, 47_859_232
    )


def test_addresses_add_up_to_most_of_the_internet() -> None:
    countries = load_countries().values()
    for name in ("ipv4_located", "ipv4_delegated"):
        assert 3.6e9 < sum(getattr(c, name) for c in countries) < 3.75e9  # of 3.7 billion that are not special
        assert all(getattr(c, name) > 0 for c in countries if c.un_member)


def test_located_is_what_the_builtin_database_says() -> None:
    ranges = open_locator().v4
    sizes = np.diff([*ranges.starts.tolist(), 1 << 32])
    for code in ("NA", "XK", "HK", "US"):
        assert load_countries()[code].ipv4_located == int(sizes[ranges.codes == code].sum())


def test_namibia_is_na() -> None:
    assert country_name("NA") == "Namibia"
    assert canonical_code("NA") == "NA"


def test_names_are_plain() -> None:
    names = {code: country.name for code, country in load_countries().items()}
    assert (names["HK"], names["MO"], names["PS"], names["TW"]) == ("Hong Kong", "Macao", "Palestine", "Taiwan")
    assert not [name for name in names.values() if "SAR" in name or "&" in name or "(" in name or "’" in name]


def test_regions() -> None:
    regions = {code: country.region for code, country in load_countries().items()}
    assert set(regions.values()) == {"Africa", "Americas", "Antarctica", "Asia", "Europe", "Oceania"}
    assert [code for code, region in regions.items() if region == "Antarctica"] == ["AQ"]
    assert (regions["XK"], regions["TW"], regions["NZ"], regions["EG"]) == ("Europe", "Asia", "Oceania", "Africa")


def test_population_and_its_source_go_together() -> None:
    countries = load_countries().values()
    assert all((c.population is None) == (c.population_source == "") for c in countries)
    assert 7.9e9 < sum(c.population or 0 for c in countries) < 8.3e9


def test_the_file_is_utf8_with_line_feeds() -> None:
    content = bundled("data/reference/countries.csv").read_bytes()
    assert b"\r" not in content
    assert "Åland Islands" in content.decode()
    header = next(csv.reader([content.decode().splitlines()[0]]))
    assert header == [field.name for field in fields(Country)]


@pytest.mark.parametrize("code", ["NL", "nl", " NL\n"])
def test_a_country_stays_itself(code: str) -> None:
    assert canonical_code(code) == "NL"


def test_every_country_stays_itself() -> None:
    assert all(canonical_code(code) == code for code in load_countries())


@pytest.mark.parametrize("code", ["UK", "uk"])
def test_f14_uk_is_gb(code: str) -> None:
    assert canonical_code(code) == "GB"
    assert country_name(code) == "United Kingdom"


NO_COUNTRY = (None, "", " ", "ZZ", "AP", "EU", "AN", "CS", "No", "Un", "XX", "NLD", "528", "-", "\0")


@pytest.mark.parametrize("code", NO_COUNTRY)
def test_f14_what_is_no_country_is_zz(code: str | None) -> None:
    assert canonical_code(code) == "ZZ"


def test_names_of_codes_that_are_no_country() -> None:
    assert country_name("ZZ") == "country not known"
    assert country_name("EU") == "Europe, country not given"
    assert country_name("XX") == "country not known"


@pytest.mark.parametrize("code", ["XK", "AP", "EU", "AN", "CS", "UK", "ZZ", "HK", "MO", "TW", "PS"])
def test_f14_every_code_that_raises_questions_is_handled_in_words(code: str) -> None:
    [note] = [text for text in code_notes() if re.search(rf"(^|[ ,]){code} (\(|is )", text)]
    found = canonical_code(code)
    if code == "UK":
        assert "UK is read as GB (United Kingdom)" in note
    elif code == "ZZ":
        assert "in no rank and no number of countries" in note
    elif found == code:
        assert f"{code} ({load_countries()[code].name})" in note
        assert not load_countries()[code].un_member
    else:
        assert note.endswith("their hosts are ZZ.")


def test_the_number_of_members_is_that_of_the_table() -> None:
    assert code_notes()[-1].startswith(f"Of the {len(load_countries())} codes in the list, 193 are of UN members")
