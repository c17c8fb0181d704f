"""The pieces of a product's text, as a variant of a device shows them, and the texts that products share.

A variant removes or replaces pieces: `hidden` (no headers and texts), `retitled` (another title), `reskinned` (a page
and an icon that are not in the catalogue).
"""

import functools
import tomllib
from dataclasses import dataclass
from string import Template
from typing import Any

from camcensus.core.resources import bundled
from camcensus.validation.simulate.products import FOLDER, Product

Banner = dict[str, Any]
PAGES = ("pages.toml", "uncatalogued.toml")
PERSONAL = "PERSONAL-MARKER"  # fills every field that a person would fill in; ingest must drop it
_OF_THE_PAGE = frozenset({"page", "far", "favicon", "block"})  # what a reskinned device does not show


@dataclass(frozen=True)
class AnswerSpec:
    """What determines an answer, apart from the device's own numbers.

    `layout`: "plain" until 2023, then "new"; or the second engine's. `is_parsed`, `is_guessed`: whether the engine
    parsed the page, or named a product.
    """

    product: Product
    service: int
    variant: str
    layout: str
    is_parsed: bool
    is_guessed: bool

    @property
    def kind(self) -> str:
        """Return the protocol."""
        return self.product.services[self.service].kind


@functools.cache
def shared_texts() -> dict[str, Any]:
    """Return pages with their parts, fillers, answers of other protocols, and blocks. Shared: do not change it."""
    tables, more = (tomllib.loads((bundled(FOLDER) / name).read_text(encoding="utf-8")) for name in PAGES)
    parts = {name: Template(part).safe_substitute() for name, part in tables["parts"].items()}
    written = {**tables["pages"], **more["pages"]}
    pages = {name: Template(page).safe_substitute(parts).lstrip() for name, page in written.items()}
    return {**tables, "pages": pages}


class Pieces:
    """The pieces of a product's text as a variant shows them; records which were used."""

    def __init__(self, spec: AnswerSpec) -> None:
        self.spec = spec
        self.used: set[str] = set()

    def get(self, name: str) -> str:
        """Return a piece; empty if the product has none or the variant hides it."""
        text, variant = self.spec.product.piece(name), self.spec.variant
        if variant == "hidden" or (variant == "retitled" and name == "title"):
            return ""
        if variant == "reskinned" and name in _OF_THE_PAGE:
            return ""
        if text:
            self.used.add(name)
        return text

    def text(self, kind: str) -> str:
        """Return the answer of another protocol."""
        texts = self.spec.product.pieces.get("text", {})
        if self.spec.variant == "hidden" or kind not in texts:
            return "ready\r\n"
        self.used.add("text")
        frame = shared_texts()["answers"].get(kind, "$text")
        # The device's id contains the address of its card, if that is one of its maker's.
        identifier = "2419d68a-2dd2-11b2-a205-$bare" if self.spec.product.cards else "$token"
        return Template(frame).safe_substitute(text=texts[kind], identifier=identifier)

    @property
    def title(self) -> str:
        """Return the page's title."""
        return {"hidden": "Login", "retitled": "$newtitle"}.get(self.spec.variant) or self.get("title")

    @property
    def page(self) -> str:
        """Return the page's name in pages.toml."""
        usual = "login" if self.spec.product.piece("title") else "welcome"
        return {"hidden": "unauthorized", "reskinned": "app"}.get(self.spec.variant) or self.get("page") or usual
