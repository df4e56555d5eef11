"""A catalog that was taken home is read without a server, wherever it lies and whatever may be written there."""

import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from spacecast import data
from support.downloads import NAME, check_content, files_below


def test_a_zip_has_the_same_folder_and_opens_after_being_unpacked(facility, published, tmp_path, opened):
    data.download(NAME, tmp_path / "stuff.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["stuff.zip"]
    with zipfile.ZipFile(tmp_path / "stuff.zip") as packed:
        assert packed.testzip() is None
        packed.extractall(tmp_path / "unpacked")
    assert files_below(tmp_path / "unpacked" / "stuff" / "data" / NAME) == files_below(published)
    check_content(opened(tmp_path / "unpacked" / "stuff" / "catalog.db"), published)


def test_a_read_only_medium_and_an_older_catalog_are_opened_in_a_copy(facility, published, tmp_path, opened):
    data.download(NAME, tmp_path / "stuff")
    shutil.move(tmp_path / "stuff", tmp_path / "moved")
    catalog = tmp_path / "moved" / "catalog.db"
    downgrade = ["catalog", "downgrade-database", f"sqlite:///{catalog}", "9bc9b57294b9"]
    subprocess.run([sys.executable, "-m", "tiled", *downgrade], check=True, capture_output=True)
    with sqlite3.connect(catalog) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    before = catalog.read_bytes()
    check_content(opened(catalog), published)
    assert catalog.read_bytes() == before


def test_a_medium_that_cannot_be_written_is_read_after_being_moved(facility, published, tmp_path, opened, monkeypatch):
    data.download(NAME, tmp_path / "stuff")
    shutil.move(tmp_path / "stuff", tmp_path / "moved")
    real = sqlite3.connect

    def read_only(database, **options):
        if Path(str(database)) == tmp_path / "moved" / "catalog.db":
            return real(f"file:{database}?mode=ro", uri=True)
        return real(database, **options)

    monkeypatch.setattr(sqlite3, "connect", read_only)
    before = (tmp_path / "moved" / "catalog.db").read_bytes()
    check_content(opened(tmp_path / "moved" / "catalog.db"), published)
    assert (tmp_path / "moved" / "catalog.db").read_bytes() == before


@pytest.mark.parametrize("name", ["run #3", "two\nlines"])
def test_a_folder_that_a_catalog_cannot_name_is_refused_with_the_reason(facility, published, tmp_path, name):
    with pytest.raises(data.BadReference, match="which Tiled cannot address"):
        data.download(NAME, tmp_path / name)
    assert not (tmp_path / name).exists()
    data.download(f"{NAME}/mask.npy", tmp_path / "stuff")
    shutil.move(tmp_path / "stuff", tmp_path / name)
    with pytest.raises(data.BadReference, match="move this one to such a place"):
        data.from_catalog(tmp_path / name / "catalog.db")
    data.download(f"{NAME}/spectrum.csv", tmp_path / name, catalog=None)
    assert (tmp_path / name / "data" / NAME / "spectrum.csv").is_file()


def test_a_folder_of_any_other_name_is_read(facility, published, tmp_path, opened):
    first, second = tmp_path / "日本 ü", tmp_path / "50%41 a;b&c=d+e"
    data.download(f"{NAME}/mask.npy", first)
    assert opened(first / "catalog.db")[NAME, "mask.npy"].read().shape == (3, 4)
    shutil.move(first, second)
    assert opened(second / "catalog.db")[NAME, "mask.npy"].read().shape == (3, 4)


def test_the_data_is_found_below_any_of_the_folders_that_may_be_read(facility, published, tmp_path, opened):
    data.download(NAME, tmp_path / "stuff")
    (tmp_path / "elsewhere").mkdir()
    for storage in (tmp_path / "stuff", [tmp_path / "elsewhere", tmp_path / "stuff" / "data"], str(tmp_path)):
        local = opened(tmp_path / "stuff" / "catalog.db", readable_storage=storage)
        assert local[NAME, "mask.npy"].read().shape == (3, 4), storage
    shutil.move(tmp_path / "stuff" / "data", tmp_path / "elsewhere" / "data")
    local = opened(tmp_path / "stuff" / "catalog.db", readable_storage=[tmp_path / "elsewhere" / "data"])
    assert local[NAME, "mask.npy"].read().shape == (3, 4)


def test_what_is_no_catalog_is_said(tmp_path):
    with pytest.raises(data.BadReference, match="is not there"):
        data.from_catalog(tmp_path / "catalog.db")
    (tmp_path / "catalog.db").write_text("something else")
    with pytest.raises(data.BadReference, match="no catalog"):
        data.from_catalog(tmp_path / "catalog.db")
    with sqlite3.connect(tmp_path / "newer.db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('fedcba987654')")
    connection.close()
    with pytest.raises(data.BadReference, match="newer Tiled"):
        data.from_catalog(tmp_path / "newer.db")
