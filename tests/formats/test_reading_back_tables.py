"""Tables, registered by what was found in them, come back from a real Tiled server."""

import csv

import numpy as np


def test_a_table_comes_back_with_the_types_that_were_promised(tiled):
    path = tiled.folder() / "table.csv"
    rows = [
        {"id": 1, "energy/eV": 2.5, "name": "a,b", "good": True, "code": "000417", "gap": ""},
        {"id": -3, "energy/eV": 1e-3, "name": "žluť", "good": False, "code": "12", "gap": 7},
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    entry = tiled.open(path)
    table = entry.read()
    assert list(entry.columns) == list(rows[0])
    assert table["id"].tolist() == [1, -3]
    assert table["id"].dtype == np.int64
    assert table["energy/eV"].tolist() == [2.5, 1e-3]
    assert table["name"].tolist() == ["a,b", "žluť"]
    assert table["good"].dtype == np.bool_
    assert table["good"].tolist() == [True, False]
    assert table["code"].tolist() == ["000417", "12"]
    assert np.isnan(table["gap"][0])
    assert table["gap"][1] == 7
    assert entry["id"].read().tolist() == [1, -3]
    types = {field.name: str(field.type) for field in entry.structure().arrow_schema_decoded}
    assert types == {
        "id": "int64", "energy/eV": "double", "name": "string", "good": "bool", "code": "string", "gap": "double",
    }  # fmt: skip


def test_a_series_of_tables_is_one_table_with_a_partition_for_each_file(tiled):
    folder = tiled.folder()
    paths = [folder / f"spectrum_{number}.csv" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_text(f"energy;counts\n{number},5;10\n2,5;{number}\n")
    entry = tiled.open(*paths)
    assert entry.read_partition(1)["energy"].tolist() == [1.5, 2.5]
    assert entry.read_partition(2)["counts"].tolist() == [10, 2]
    assert entry.read()["counts"].tolist() == [10, 0, 10, 1, 10, 2]
    assert entry.metadata["files"] == 3


def test_numbers_with_decimal_commas_behind_comments_come_back(tiled):
    path = tiled.folder() / "spektrum.csv"
    path.write_bytes("# Gerät: Größe\n# zwei\nWellenlänge;Größe;n\n1,5;2,25;1\n-3,5;1e3;2\n".encode("latin-1"))
    table = tiled.open(path).read()
    assert table["Wellenlänge"].tolist() == [1.5, -3.5]
    assert table["Größe"].tolist() == [2.25, 1000.0]
    assert table["n"].tolist() == [1, 2]


def test_a_table_without_names_gets_numbered_columns(tiled):
    path = tiled.folder() / "spectrum.tsv"
    path.write_text("100\t0.5\n200\t0.25\n300\t1e-3\n")
    table = tiled.open(path).read()
    assert table["column_1"].tolist() == [100, 200, 300]
    assert table["column_2"].tolist() == [0.5, 0.25, 1e-3]


def test_names_that_are_doubled_missing_or_reserved_are_made_usable(tiled):
    path = tiled.folder() / "names.csv"
    path.write_text("\ufeffx,x,,_private\n1,2,3,4\n", encoding="utf-8")
    table = tiled.open(path).read()
    assert {name: table[name].tolist() for name in table} == {"x": [1], "x_2": [2], "column_3": [3], "private": [4]}
