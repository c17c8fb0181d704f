"""Every parameter has a value and a source; a file that does not is refused."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from camcensus.core.countries import load_countries
from camcensus.core.errors import InputError
from camcensus.core.resources import bundled
from camcensus.validation.simulate.parameters import FILE, load_parameters
from camcensus.validation.simulate.products import load_products


def entries(table: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for value in table.values():
        if "source" in value:
            yield value
        else:
            yield from entries(value)


def test_every_value_says_where_it_is_from() -> None:
    found = list(entries(tomllib.loads(bundled(FILE).read_text())))
    assert len(found) > 100
    words = (
        "assumed",
        "prior-studies",
        "shodan.md",
        "geo.md",
        "NDAA",
        "FCC",
        "Cabinet Office",
        "Padmanabhan",
        "Austral",
    )
    assert [entry for entry in found if not any(word in entry["source"] for word in words)] == []


@pytest.mark.parametrize("entry", ["1", '{ value = 1, source = " " }', '{ source = "assumed" }'])
def test_an_entry_without_a_source_is_refused(tmp_path: Path, entry: str) -> None:
    path = tmp_path / "parameters.toml"
    path.write_text(f"[a]\nb = {entry}\n")
    with pytest.raises(InputError, match=r"a\.b"):
        load_parameters(path)


def test_an_override_must_exist() -> None:
    assert load_parameters().changed({"sites.lifetime": 3.0}).number("sites.lifetime") == 3.0
    with pytest.raises(KeyError, match="lifespan"):
        load_parameters().changed({"sites.lifespan": 3.0})


def test_countries_named_are_countries() -> None:
    parameters = load_parameters()
    sections = ("countries", "growth", "bans", "networks.numbers")
    named = {name for section in sections for name in parameters.section(section)}
    assert named - set(load_countries()) == {"rest", "makers", "hazard", "everywhere"}


def test_products_name_only_pieces_that_they_have() -> None:
    for product in load_products():
        kinds = {service.kind for service in product.services}
        has = {*product.pieces, *(["sdk"] if "sdk" in kinds else [])}
        assert product.names | product.tells <= has, (product.maker, product.models, product.names | product.tells)
