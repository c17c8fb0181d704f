"""Whether an answer has the shape it should have; the package hands on whatever JSON came, such as that of a failure.

Each function gives what is wrong, in words; empty: nothing.
"""

from typing import Any


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def counted(value: Any) -> str:
    """What is wrong with a count: it has a total, and facets of values and numbers."""
    if not isinstance(value, dict) or not _is_number(value.get("total")):
        return "it has no total"
    facets = value.get("facets") or {}
    records = [f for found in facets.values() for f in found] if isinstance(facets, dict) else [None]
    if not all(isinstance(f, dict) and _is_number(f.get("count")) and "value" in f for f in records):
        return "its facets are not values and numbers"
    return ""


def paged(value: Any) -> str:
    """What is wrong with a page: a total, and a list of banners, are there."""
    if problem := counted(value):
        return problem
    matches = value.get("matches")
    if not isinstance(matches, list) or not all(isinstance(banner, dict) for banner in matches):
        return "it has no list of banners"
    return ""


def monthly(value: Any) -> str:
    """What is wrong with a history: months with numbers."""
    months = value.get("matches") if isinstance(value, dict) else None
    if not isinstance(months, list) or not all(
        isinstance(m, dict) and isinstance(m.get("month"), str) and _is_number(m.get("count")) for m in months
    ):
        return "it has no months"
    return ""


def account(value: Any) -> str:
    """What is wrong with an account: plan and credits are there."""
    if not isinstance(value, dict) or "plan" not in value or not isinstance(value.get("query_credits"), int):
        return "it has no plan and credits"
    return ""


def mapping(value: Any) -> str:
    """What is wrong with an object."""
    return "" if isinstance(value, dict) else "it is no object"


def numbers(value: Any) -> str:
    """What is wrong with a list of numbers, such as ports."""
    return "" if isinstance(value, list) and all(map(_is_number, value)) else "it is no list of numbers"
