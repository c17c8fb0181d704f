"""Every example in the docstrings of the API runs, and gives what it says."""

import doctest
import importlib
import pkgutil
import re
from functools import cached_property

import pytest

import camcensus
import camcensus.api
from camcensus.api import OpenStudy

DESCRIBED = (property, cached_property, classmethod, staticmethod)
MODULES = [name for _, name, _ in pkgutil.iter_modules(camcensus.api.__path__, "camcensus.api.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str, world: OpenStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world.study.path.parent.parent)
    found = importlib.import_module(name)
    names = {key: getattr(camcensus, key) for key in camcensus.__all__} | {"cc": camcensus, "study": world}
    failed, _ = doctest.testmod(found, extraglobs=names, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert not failed


def test_every_public_name_says_what_it_is() -> None:
    for name in camcensus.__all__:
        found = getattr(camcensus, name)
        assert found.__doc__, name
        for key, value in (
            vars(found).items() if isinstance(found, type) and found.__module__.startswith("camcensus") else ()
        ):
            if not key.startswith("_") and (callable(value) or isinstance(value, DESCRIBED)):
                assert getattr(value, "__doc__", None), f"{name}.{key}"


def test_every_answer_says_from_which_file_it_is() -> None:
    asked = [name for name, found in vars(OpenStudy).items() if callable(found) and not name.startswith("_")]
    told = {name: getattr(OpenStudy, name).__doc__ for name in asked if name not in ("run", "explain")}
    assert len(told) > 8
    for name, text in told.items():
        assert re.search(r"`[\w./]+\.(parquet|json|py)`|As `table\(|same files as `errors`", str(text)), name


def test_what_the_api_says_that_it_raises_can_be_caught_by_name() -> None:
    named = {
        error
        for name in camcensus.__all__
        for found in (getattr(camcensus, name), *vars(getattr(camcensus, name)).values())
        for error in re.findall(r"`(\w+Error)`", str(getattr(found, "__doc__", "")))
    }
    assert len(named) > 4
    assert named <= set(camcensus.__all__)
