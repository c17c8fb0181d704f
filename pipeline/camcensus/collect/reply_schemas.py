"""The shapes of the engine's replies. The `shodan` package passes on any JSON, that of a failure included."""

from typing import Annotated, Any

import msgspec

_Number = Annotated[int, msgspec.Meta(ge=0)]


class _Value(msgspec.Struct):
    value: Any
    count: _Number


class Count(msgspec.Struct):
    """A total, and facets of values and numbers."""

    total: _Number
    facets: dict[str, list[_Value]] | None = None


class Page(Count, kw_only=True):
    """A count with banners."""

    matches: list[dict[str, Any]]


class _Month(msgspec.Struct):
    month: str
    count: _Number


class _MonthOfFacet(msgspec.Struct):
    key: str
    values: list[_Value]


class History(msgspec.Struct):
    """Months with numbers."""

    matches: list[_Month]
    facets: dict[str, list[_MonthOfFacet]] | None = None


class Account(msgspec.Struct):
    """Plan and credits."""

    plan: str
    query_credits: int


Ports = list[_Number]
Tokens = dict[str, Any]
