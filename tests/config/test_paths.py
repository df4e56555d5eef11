from pathlib import Path, PurePosixPath

import pytest

from spacecast.config import is_pattern, map_path
from spacecast.config.paths import fixed_part


def mounts(**pairs):
    return {PurePosixPath(f"/{here}"): PurePosixPath(there) for here, there in pairs.items()}


def test_a_path_below_a_mount_point_is_mapped():
    assert map_path(PurePosixPath("/data/a/b"), mounts(data="/volumes/data")) == PurePosixPath("/volumes/data/a/b")


def test_the_mount_point_itself_is_mapped():
    assert map_path(PurePosixPath("/data"), mounts(data="/volumes/data")) == PurePosixPath("/volumes/data")


def test_only_whole_components_count():
    assert map_path(PurePosixPath("/database/x"), mounts(data="/volumes")) == PurePosixPath("/database/x")


def test_the_longest_mount_point_decides_whatever_the_order():
    points = {PurePosixPath("/"): PurePosixPath("/all"), PurePosixPath("/data/fast"): PurePosixPath("/nvme")}
    points[PurePosixPath("/data")] = PurePosixPath("/slow")
    assert map_path(PurePosixPath("/data/fast/x"), points) == PurePosixPath("/nvme/x")
    assert map_path(PurePosixPath("/data/other"), points) == PurePosixPath("/slow/other")
    assert map_path(PurePosixPath("/srv"), points) == PurePosixPath("/all/srv")


def test_without_mount_points_a_path_is_the_same_there():
    assert map_path(PurePosixPath("/data/a"), {}) == PurePosixPath("/data/a")


@pytest.mark.parametrize(
    ("folder", "fixed"),
    [("/data/users/*/datasets", "/data/users"), ("/data/a", "/data/a"), ("/*/x", "/"), ("/d/[ab]/?", "/d")],
)
def test_the_fixed_part_of_a_pattern_ends_before_its_first_wildcard(folder, fixed):
    assert fixed_part(Path(folder)) == Path(fixed)
    assert is_pattern(Path(folder)) == (folder != fixed)
