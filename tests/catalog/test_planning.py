"""What is planned for the files of a folder; no server needed."""

import io
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import pytest

from spacecast.catalog import build_plan
from spacecast.faults import NeedsPerson, Passing

FOLDER = PurePosixPath("/data/d 1")


@dataclass(frozen=True)
class File:
    path: PurePosixPath
    size: int = 4
    modified_ns: int = 1


def npy(value=1):
    buffer = io.BytesIO()
    np.save(buffer, np.full((2, 2), value))
    return buffer.getvalue()


def planned(contents, left_out=frozenset()):
    files = [File(PurePosixPath(name), len(data)) for name, data in contents.items()]
    return build_plan(files, lambda path: io.BytesIO(contents[str(path)]), folder=FOLDER, left_out=left_out)


def reasons(plan):
    return {str(remark.path): remark.reason for remark in plan.unread}


def test_hidden_files_and_our_own_are_left_out_without_a_word():
    names = [".hidden", ".snapshots/a.npy", "sub/.x.tmp", "SPA.yml", "SPA.spacecast.yml", "sub/EELS.spacecast.yml"]
    plan = planned({**{name: npy() for name in names}, "a.npy": npy()}, left_out=frozenset({"SPA.yml", ""}))
    assert [file.uri for file in plan.files] == ["file://localhost/data/d 1/a.npy"]
    assert plan.unread == ()


def test_names_are_left_out_in_the_datasets_folder_only():
    plan = planned({"notes/SPA.yml": b"a: 1"}, left_out=frozenset({"SPA.yml"}))
    assert [str(file.path) for file in plan.files] == ["notes/SPA.yml"]


@pytest.mark.parametrize("name", ["movie.mrc.part", "x.filepart", "x.TMP", "draft.txt~"])
def test_files_under_a_temporary_name_are_told_of_and_not_registered(name):
    plan = planned({name: npy()})
    assert plan.files == ()
    assert "not finished" in reasons(plan)[name]


@pytest.mark.parametrize("name", ["a#1.npy", "what?.npy"])
def test_names_that_the_server_cannot_address_are_told_of(name):
    plan = planned({name: npy()})
    assert plan.files == ()
    assert plan.entries == ()
    assert "Rename it" in reasons(plan)[name]


def test_a_path_too_long_for_the_servers_database_is_told_of():
    name = "/".join(["x" * 200] * 6)
    assert "1023" in reasons(planned({name: npy()}))[name]


def test_a_name_outside_latin_1_can_be_read_and_is_told_of():
    plan = planned({"měření.npy": npy()})
    assert len(plan.entries) == len(plan.files) == 1
    assert "public link" in reasons(plan)["měření.npy"]


def test_same_stem_with_other_extension_and_names_in_other_folders_get_keys_of_their_own():
    contents = {"a.npy": npy(), "a.map": npy(), "sub/a.npy": npy(), "sub_a.npy": npy(), "files": npy()}
    keys = [entry.key for entry in planned(contents).entries]
    assert keys[:2] == ["a.npy", "a.map"]
    assert len(set(keys)) == 5
    assert "files" not in keys
    assert all(key.endswith(".npy") for key in (keys[2], keys[3]))


def test_a_file_gets_the_same_key_whatever_else_is_there():
    alone = planned({"sub/a b.npy": npy()}).entries[0].key
    among = {entry.key for entry in planned({"sub/a_b.npy": npy(), "sub/a b.npy": npy(), "z.npy": npy()}).entries}
    assert alone in among


def test_files_that_cannot_be_opened_are_told_of_and_do_not_spoil_the_others():
    def open_file(path):
        if path.name == "gone.npy":
            raise Passing("it is not there")
        if path.name == "locked.npy":
            raise NeedsPerson("permission denied")
        if path.name == "bad-disk.npy":
            raise OSError(5, "Input/output error")
        return io.BytesIO(npy())

    files = [File(PurePosixPath(name), 160) for name in ("gone.npy", "locked.npy", "bad-disk.npy", "good.npy")]
    plan = build_plan(files, open_file, folder=FOLDER)
    assert [entry.key for entry in plan.entries] == ["good.npy"]
    assert {str(remark.path) for remark in plan.waiting} == {"gone.npy", "bad-disk.npy"}
    assert "permission denied" in reasons(plan)["locked.npy"]
    assert len(plan.files) == 4


def test_the_plan_tells_when_anything_about_a_file_changes():
    def digests(size, modified_ns):
        files = [File(PurePosixPath("a.txt"), size, modified_ns)]
        plan = build_plan(files, lambda _: io.BytesIO(b"abcd"), folder=FOLDER)
        return plan.files_digest, plan.times_digest

    before = digests(4, 1)
    assert digests(4, 1) == before
    assert digests(5, 1)[0] != before[0]
    assert digests(4, 2)[0] == before[0]
    assert digests(4, 2)[1] != before[1]
