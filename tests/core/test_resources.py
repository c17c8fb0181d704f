"""Files that come with camcensus are found in a checkout and in an installed package."""

import importlib.util
import lzma
import shutil
from collections.abc import Callable
from pathlib import Path

import maxminddb
import pytest

import camcensus.core.resources
from camcensus.core.errors import InputError
from camcensus.core.resources import bundled

Bundled = Callable[[str], Path]


def installed(package: Path) -> Bundled:
    """`bundled` as it is when the package lies in `package`."""
    (package / "core").mkdir(parents=True)
    copy = Path(shutil.copy(camcensus.core.resources.__file__, package / "core"))
    spec = importlib.util.spec_from_file_location("resources_elsewhere", copy)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Bundled = module.bundled
    return found


def test_a_file_and_a_folder_of_the_checkout() -> None:
    assert bundled("data/reference/countries.csv").is_file()
    assert bundled("data/reference").is_dir()


def test_a_missing_file_is_named() -> None:
    with pytest.raises(InputError, match=r"no-such-file\.csv: .*install camcensus again") as caught:
        bundled("data/reference/no-such-file.csv")
    assert caught.value.path.name == "no-such-file.csv"


def test_a_wheel_has_its_own_copy(tmp_path: Path) -> None:
    find = installed(tmp_path / "site" / "camcensus")
    inside = tmp_path / "site" / "camcensus" / "_bundled" / "data"
    beside = tmp_path / "site" / "data"
    for folder in (inside, beside):
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text("")
    (beside / "b.csv").write_text("")
    assert find("data/a.csv") == inside.resolve() / "a.csv"
    with pytest.raises(InputError):
        find("data/b.csv")  # never a file that only happens to lie beside the package


def test_a_checkout_has_them_beside_the_package(tmp_path: Path) -> None:
    find = installed(tmp_path / "checkout" / "pipeline" / "camcensus")
    (tmp_path / "checkout" / "a.csv").write_text("")
    assert find("a.csv") == (tmp_path / "checkout" / "a.csv").resolve()


def test_the_geolocation_database_opens(tmp_path: Path) -> None:
    database = tmp_path / "dbip.mmdb"
    database.write_bytes(lzma.decompress(bundled("data/reference/dbip-country-2026-06.mmdb.xz").read_bytes()))
    with maxminddb.open_database(database) as reader:
        assert reader.metadata().ip_version == 6
        assert reader.get("81.2.69.142") == {"country_code": "GB"}
        assert reader.get("2001:67c:2e8:22::c100:68b") == {"country_code": "NL"}
        assert reader.get("10.0.0.1") is None
