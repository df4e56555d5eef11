"""A file in a long series of tables is opened by its own name."""

from spacecast import data
from spacecast.formats import series


def test_a_file_in_a_series_of_tables_gives_its_own_rows(facility):
    folder = facility.root / "20260721_drift"
    folder.mkdir()
    for number in range(25):
        (folder / f"drift_{number}.csv").write_text(f"time,x\n0,{number}\n1,{number + 1}\n")
    facility.publish(folder.name)
    table = data.open(data.ref(folder.name, "drift_17.csv"))
    assert table.columns == ["time", "x"]
    assert table.read()["x"].tolist() == [17, 18]
    assert table.read(["x"]).columns.tolist() == ["x"]
    assert table.metadata["files"] == 25
    table.series.context.close()


def test_a_file_in_any_of_many_tables_gives_its_own_rows(facility, monkeypatch):
    monkeypatch.setattr(series, "_MOST_TABLES", 10)
    folder = facility.root / "20260721_drift"
    folder.mkdir()
    for number in range(25):
        (folder / f"drift_{number}.csv").write_text(f"time,x\n0,{number}\n1,{number + 1}\n")
    facility.publish(folder.name)
    for number in (0, 9, 10, 19, 20, 24):
        table = data.open(data.ref(folder.name, f"drift_{number}.csv"))
        assert table.read()["x"].tolist() == [number, number + 1]
    assert data.status(data.ref(folder.name, "drift_25.csv")).state == "pending"
    table.series.context.close()
