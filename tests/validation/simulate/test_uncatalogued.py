"""Devices that the catalogue does not know: enough of them, with texts of their own, which only general rules find."""

import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from camcensus.core.resources import bundled
from camcensus.identify.matcher import Identifier
from camcensus.identify.verdict import Verdict
from camcensus.ingest.evidence import evidence_of
from camcensus.readers.banner import Banner, soften
from camcensus.validation.simulate.products import FOLDER, UNKNOWN, Product, load_products
from camcensus.validation.simulate.world import Plan, make_world
from tests.validation.simulate.test_answers import banner_of, spec_of

UNCATALOGUED = [p for p in load_products() if p.unknown]
LEAST = 0.15
_NOT_TEXTS = {"class", "unknown", "type", "like", "ports", "names", "tells", "page", "auth", "engine", "block"}


def texts_of(value: Any) -> Iterator[str]:
    """Yield each text of a product's table; of an answer in parts, each part."""
    if isinstance(value, dict):
        for each in value.values():
            yield from texts_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each)
    elif isinstance(value, str):
        yield value
        yield from (part.partition("=")[2] or part for piece in value.split("|") for part in piece.split(";"))


def verdicts_of(identifier: Identifier, product: Product) -> Iterator[tuple[str, Verdict]]:
    for service, each in enumerate(product.services):
        for is_parsed in (True, False):
            banner = soften(banner_of(spec_of(product, service, parsed=is_parsed)), Banner)
            yield each.kind, identifier.identify(evidence_of(banner))


@pytest.mark.parametrize("seed", [1, 20261101])
def test_at_least_15_of_100_devices_are_of_them_in_every_year(seed: int) -> None:
    world = make_world(Plan(devices=12_000, snapshots=6, seed=seed))
    for year in (world.years[0], world.years[-1]):
        view = world.view(year)
        at = np.flatnonzero(view.snapshot.exists)
        is_unknown = np.array([p.unknown is not None for p in view.products])[view.devices.product[at]]
        is_real = view.sites.decoy[view.devices.site[at]] < 0
        assert (is_unknown & is_real).mean() >= LEAST, year


def test_each_kind_is_there_with_several_makers_and_generations() -> None:
    kinds = Counter(p.unknown for p in UNCATALOGUED)
    assert set(kinds) == set(UNKNOWN)
    assert min(kinds.values()) >= 8
    generations = Counter(p.maker for p in UNCATALOGUED if p.unknown == "answer")
    assert sum(n > 1 for n in generations.values()) >= 2
    assert {p.type for p in UNCATALOGUED} == {"camera", "recorder", "encoder"}


def test_makers_are_invented_or_known(identifier: Identifier) -> None:
    catalogue = identifier.catalogue
    known = {name.casefold() for maker in catalogue.about for name in (maker.manufacturer, *maker.names)}
    known |= {brand.name.casefold() for brand in catalogue.brands}
    for product in UNCATALOGUED:
        assert (str(product.maker).casefold() in known) == (product.unknown != "maker"), product.maker


def test_no_text_is_taken_from_the_catalogue(identifier: Identifier) -> None:
    catalogue = identifier.catalogue
    rules = [*catalogue.signatures, *catalogue.models]
    taken = {example.casefold() for rule in rules for example in rule.examples}
    file = tomllib.loads((bundled(FOLDER) / "uncatalogued.toml").read_text(encoding="utf-8"))
    for table in file["product"]:
        own = {key: value for key, value in table.items() if key not in _NOT_TEXTS}
        if table["unknown"] != "maker":
            own.pop("maker", None)
        assert sorted({text for text in texts_of(own) if text and text.casefold() in taken}) == []
    assert [page for page in file["pages"].values() if page.casefold() in taken] == []


@pytest.mark.parametrize("product", [p for p in UNCATALOGUED if p.unknown != "model"], ids=lambda p: p.models[0])
def test_no_maker_s_own_rule_finds_them(identifier: Identifier, product: Product) -> None:
    own = {rule.id for rule in identifier.catalogue.signatures if rule.file_maker}
    own |= {model.id for model in identifier.catalogue.models}
    for kind, verdict in verdicts_of(identifier, product):
        assert own & set(verdict.signatures) == set(), kind


@pytest.mark.parametrize("product", [p for p in UNCATALOGUED if p.unknown == "model"], ids=lambda p: p.models[0])
def test_no_pattern_finds_their_models(identifier: Identifier, product: Product) -> None:
    for model in product.models:
        assert [rule.id for rule in identifier.catalogue.models if rule.regex.search(model)] == []
    base = next(p for p in load_products() if (p.maker, p.type) == (product.maker, product.type))
    assert base.pieces == product.pieces
    assert not set(base.models) & set(product.models)


def test_some_become_candidates_and_some_show_nothing(identifier: Identifier) -> None:
    found: Counter[str] = Counter()
    for product in UNCATALOGUED:
        if product.unknown != "model":
            verdicts = [verdict for _, verdict in verdicts_of(identifier, product)]
            outcomes = {"counted" if v.counted else "candidate" if v.candidate else "neither" for v in verdicts}
            found[next(o for o in ("counted", "candidate", "neither") if o in outcomes)] += 1
    assert found["candidate"] >= 3
    assert found["neither"] >= 3


def test_general_rules_find_some_answers_that_name_their_maker(identifier: Identifier) -> None:
    makers = tuple(maker.model_copy(update={"names": (maker.manufacturer,)}) for maker in identifier.catalogue.about)
    named = Identifier(replace(identifier.catalogue, about=makers))
    found, left = set(), set()
    for product in UNCATALOGUED:
        if product.unknown == "answer":
            verdicts = [verdict for _, verdict in verdicts_of(named, product)]
            right = [v for v in verdicts if v.counted and v.manufacturer == product.maker]
            (found if right else left).add((product.maker, product.models))
            assert {v.manufacturer for v in verdicts} <= {product.maker, None}
    assert len({maker for maker, _ in found}) >= 3
    assert len(left) >= 3


def test_every_page_of_theirs_is_used() -> None:
    pages = tomllib.loads((bundled(FOLDER) / "uncatalogued.toml").read_text(encoding="utf-8"))["pages"]
    assert set(pages) <= {p.piece("page") for p in UNCATALOGUED}
