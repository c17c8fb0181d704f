"""Banners of an engine's observations, and what they show: queries that return them, evidence they contain."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from camcensus.validation.simulate.chance import Bits, Flags, Ints
from camcensus.validation.simulate.engines import Observations
from camcensus.validation.simulate.pieces import AnswerSpec
from camcensus.validation.simulate.population import VARIANTS
from camcensus.validation.simulate.products import load_products
from camcensus.validation.simulate.templates import SECOND, LineTemplate, Rows, escaped, hosts, macs_of, template_of
from camcensus.validation.simulate.world import View

NEW_LAYOUT = 2024  # from this year on
# The token in a realm of newer firmware is not one: it is not known whether it stays the same.
_IDENTITY = frozenset({"serial", "mac", "dashed", "bare", "BARE"})
_SERVICES = 8  # most services of a product


@dataclass(frozen=True)
class Banners:
    """Banners of a view by column. `template`: index into `templates`.

    `returned`: a query of that year returns it; `names`, `tells`, `models`, `identifies`: it shows an expert the maker,
    that it is a surveillance device, the model, which device it is.
    """

    view: View
    engine: str
    device: Ints
    port: Ints
    product: Ints
    template: Ints
    templates: list[LineTemplate]
    rows: Rows
    high: Bits
    low: Bits
    is_repeat: Flags
    returned: Flags
    names: Flags
    tells: Flags
    models: Flags
    identifies: Flags

    def take(self, at: Ints) -> "Banners":
        """Return these banners."""
        columns: dict[str, Any] = {
            name: value[at] for name, value in vars(self).items() if isinstance(value, np.ndarray)
        }
        return replace(self, **columns, rows=self.rows.take(at))


def banners_of(view: View, observations: Observations, engine: str = "first") -> Banners:
    """Return the banners of observations. The second engine parses no pages and guesses no products."""
    products, snapshot, devices = view.products, view.snapshot, view.devices
    service = snapshot.services.service[observations.service]
    device = snapshot.services.device[observations.service]
    port, number = snapshot.services.port[observations.service], devices.number[device]
    product = devices.product[device]
    is_first = engine == "first"
    chance, value = view.world.chance, view.world.parameters.number
    # What the engine reads from an answer stays the same for the year.
    parsed = chance.uniform("parsed", number, service, view.year) < is_first * value("strings.parsed")
    guessed = chance.uniform("guessed", number, service, view.year) < is_first * value("strings.guessed")
    code = (product * _SERVICES + service) * len(VARIANTS) + devices.variant[device]
    codes, template = np.unique((code * 2 + parsed) * 2 + guessed, return_inverse=True)
    layout = SECOND if not is_first else "new" if view.year >= NEW_LAYOUT else "plain"
    templates = [_template(each, layout) for each in codes.tolist()]

    def flags(shows: Callable[[LineTemplate], bool]) -> Flags:
        return np.array([shows(each) for each in templates], bool)[template]

    key, seen_at = devices.key[device], observations.seen_at
    has_session = chance.uniform("session", product) < value("strings.sessions")
    models, firmware = devices.model[device].tolist(), view.firmware(device).tolist()
    rows = Rows(
        key=key,
        session=np.where(has_session, key ^ (seen_at * 1e3).astype(np.uint64), np.uint64(0)) % np.uint64(1 << 48),
        mac=macs_of(key, product, products),
        model=np.array([escaped(products[p].models[m]) for p, m in zip(product.tolist(), models, strict=True)], object),
        firmware=np.array([products[p].firmware[f] for p, f in zip(product.tolist(), firmware, strict=True)], object),
        host=np.array(hosts(observations.high, observations.low), object),
        seen_at=seen_at,
    )
    return Banners(
        view, engine, device, port, product, template, templates, rows, observations.high, observations.low,
        is_repeat=observations.is_repeat,
        returned=_returned(view, templates, template, port),
        names=flags(lambda t: bool(t.spec.product.names & t.answer.pieces)),
        tells=flags(lambda t: bool(t.spec.product.tells & t.answer.pieces)),
        models=flags(lambda t: "model" in t.names),
        identifies=flags(lambda t: bool(_IDENTITY & set(t.names))),
    )  # fmt: skip


@functools.cache
def _template(code: int, layout: str) -> LineTemplate:
    code, guessed = divmod(code, 2)
    code, parsed = divmod(code, 2)
    code, variant = divmod(code, len(VARIANTS))
    product, service = divmod(code, _SERVICES)
    return template_of(
        AnswerSpec(load_products()[product], service, VARIANTS[variant], layout, bool(parsed), bool(guessed))
    )


def _returned(view: View, templates: list[LineTemplate], template: Ints, port: Ints) -> Flags:
    """Whether any query returns each banner; computed once per template and port."""
    queries = view.world.queries(view.year)
    pairs, which = np.unique(template * (1 << 16) + port, return_inverse=True)
    return np.array([queries.returns(templates[p >> 16].answer, p & 0xFFFF) for p in pairs.tolist()], bool)[which]
