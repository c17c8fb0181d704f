"""Whether an answer has the shape it should have; the package hands on whatever JSON came, such as that of a failure.

Each function gives what is wrong, in words; empty: nothing.
"""

import functools
from typing import Annotated, Any

import msgspec

_Number = Annotated[int, msgspec.Meta(ge=0)]


class _Value(msgspec.Struct):
    """A value of a facet."""

    value: Any
    count: _Number


class _Counts(msgspec.Struct):
    """A count: a total, and facets of values and numbers."""

    total: _Number
    facets: dict[str, list[_Value]] | None = None


class _Page(_Counts, kw_only=True):
    """A page: a count with banners."""

    matches: list[dict[str, Any]]


class _Month(msgspec.Struct):
    """Matches of a month."""

    month: str
    count: _Number


class _MonthOfFacet(msgspec.Struct):
    """A facet in a month."""

    key: str
    values: list[_Value]


class _History(msgspec.Struct):
    """Months with numbers."""

    matches: list[_Month]
    facets: dict[str, list[_MonthOfFacet]] | None = None


class _Host(msgspec.Struct):
    """A host with its banners."""

    data: list[dict[str, Any]]


class _Account(msgspec.Struct):
    """Plan and credits."""

    plan: str
    query_credits: int


def _fault(kind: Any, value: Any) -> str:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


counted = functools.partial(_fault, _Counts)
paged = functools.partial(_fault, _Page)
monthly = functools.partial(_fault, _History)
looked_up = functools.partial(_fault, _Host)
account = functools.partial(_fault, _Account)
mapping = functools.partial(_fault, dict[str, Any])
numbers = functools.partial(_fault, list[_Number])
