"""Versions of the package, and hashes over values."""

from camcensus.core.fingerprints import digest_of, library_versions, package_version


def test_a_digest_tells_values_apart() -> None:
    values = [(), ("",), ("a", "b"), ("ab",), (1,), ("1",), (None,), ((1, 2),), (1, 2)]
    assert len({digest_of(*parts) for parts in values}) == len(values)
    assert digest_of("a", {"b": 1}) == digest_of("a", {"b": 1})


def test_the_package_has_a_version() -> None:
    assert package_version().count(".") == 2


def test_the_libraries_that_decide_the_tables_have_versions() -> None:
    assert library_versions().keys() == {"python", "duckdb", "msgspec", "pyarrow"}
