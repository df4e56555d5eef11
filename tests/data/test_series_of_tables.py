"""A file in a long series of tables is opened by its own name."""

from spacecast import data


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
