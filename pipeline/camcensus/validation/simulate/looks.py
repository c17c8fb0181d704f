"""Which look each sight of a block has, and what that look gives away: queries that return it, evidence it carries."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from camcensus.validation.simulate.answers import Look
from camcensus.validation.simulate.chance import Bits, Ints
from camcensus.validation.simulate.engines import Sights
from camcensus.validation.simulate.population import VARIANTS
from camcensus.validation.simulate.queries import Asked
from camcensus.validation.simulate.second import SECOND
from camcensus.validation.simulate.services import Now
from camcensus.validation.simulate.texts import Rows, Text, escaped, hosts, text_of
from camcensus.validation.simulate.world import Block, World

NEW_LAYOUT = 2024  # from this year on
# Not the token in a realm of newer firmware: nobody knows whether it stays.
_IDENTITY = frozenset({"serial", "mac", "dashed", "bare", "BARE"})
_SERVICES = 8  # most services that a product has
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Seen:
    """The sights of a block at one snapshot, by column, with what each looks like and what it gives away.

    `look`: index into `looks` and `texts`; `returned`: a query that is asked then returns it; `names`, `tells`,
    `models`, `identifies`: what an expert would read from it (maker, that it is a surveillance device, model, which
    device).
    """

    device: Ints
    port: Ints
    product: Ints
    look: Ints
    looks: list[Look]
    texts: list[Text]
    rows: Rows
    high: Bits
    low: Bits
    returned: Flags
    names: Flags
    tells: Flags
    models: Flags
    identifies: Flags


def seen(world: World, block: Block, here: Now, sights: Sights, year: int, engine: str = "first") -> Seen:
    """What the sights of a block look like, as one engine holds them. The second parses and guesses nothing."""
    products = world.population.market.products
    service, device = here.services.service[sights.service], here.services.device[sights.service]
    port, number = here.services.port[sights.service], block.devices.number[device]
    product = block.devices.product[device]
    # What the engine makes of an answer stays so for the year.
    own = engine == "first"
    parsed = world.chance.share("parsed", number, service, year) < own * world.parameters.number("strings.parsed")
    guessed = world.chance.share("guessed", number, service, year) < own * world.parameters.number("strings.guessed")
    code = (product * _SERVICES + service) * len(VARIANTS) + block.devices.variant[device]
    code = (code * 2 + parsed) * 2 + guessed
    codes, look = np.unique(code, return_inverse=True)
    layout = SECOND if not own else "new" if year >= NEW_LAYOUT else "plain"
    looks = [_look(world, each, layout) for each in codes.tolist()]
    texts = [text_of(each) for each in looks]

    def evidence(read: Callable[[Look, Text], bool]) -> Flags:
        return np.array([read(a, b) for a, b in zip(looks, texts, strict=True)], bool)[look]

    firmware = world.firmware(block.devices, device, year)
    models = block.devices.model[device]
    rows = Rows(
        key=block.devices.key[device],
        model=[escaped(products[p].models[m]) for p, m in zip(product.tolist(), models.tolist(), strict=True)],
        firmware=[products[p].firmware[f] for p, f in zip(product.tolist(), firmware.tolist(), strict=True)],
        host=hosts(sights.high, sights.low),
        seen=sights.seen,
    )
    return Seen(
        device, port, product, look, looks, texts, rows, sights.high, sights.low,
        returned=_returned(world.asked(year), texts, look, port),
        names=evidence(lambda a, b: bool(a.product.names & b.answer.pieces)),
        tells=evidence(lambda a, b: bool(a.product.tells & b.answer.pieces)),
        models=evidence(lambda _, b: "model" in b.names),
        identifies=evidence(lambda _, b: bool(_IDENTITY & set(b.names))),
    )  # fmt: skip


def _look(world: World, code: int, layout: str) -> Look:
    code, guessed = divmod(code, 2)
    code, parsed = divmod(code, 2)
    code, variant = divmod(code, len(VARIANTS))
    product, service = divmod(code, _SERVICES)
    found = world.population.market.products[product]
    return Look(found, service, VARIANTS[variant], layout, bool(parsed), bool(guessed))


def _returned(asked: Asked, texts: list[Text], look: Ints, port: Ints) -> Flags:
    """Whether any query that is asked returns each; looked up once for each look and port."""
    pairs, which = np.unique(look * (1 << 16) + port, return_inverse=True)
    said = [asked.returns(texts[pair >> 16], pair & 0xFFFF) for pair in pairs.tolist()]
    return np.array(said, bool)[which]
