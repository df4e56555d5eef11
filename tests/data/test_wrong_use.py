"""What cannot be meant is refused at once, and said in words of whoever calls."""

import numpy as np
import pytest

from spacecast import data

NAME = "20211227125_Demo"


@pytest.mark.parametrize("thing", [None, 12, b"run", {"run"}, ["run"]])
def test_what_is_no_reference_is_said(thing):
    with pytest.raises(data.BadReference, match="names no dataset or file"):
        data.ref(thing)
    with pytest.raises(data.BadReference, match="names no dataset or file"):
        data.open(thing)


def test_arguments_are_checked_before_anything_is_asked(tmp_path):
    with pytest.raises(data.WrongUse, match="none of known, downloadable, readable"):
        data.wait(NAME, stage="reedable")
    with pytest.raises(data.WrongUse, match="no number of seconds"):
        data.wait(NAME, timeout="10min")
    with pytest.raises(data.WrongUse, match="none of auto, tiled, onedata"):
        data.download(NAME, tmp_path, source="share")
    with pytest.raises(data.WrongUse, match="name of a file in the folder"):
        data.download(NAME, tmp_path, catalog="sub/catalog.db")
    (tmp_path / "stuff.zip").mkdir()
    with pytest.raises(data.DownloadFailed, match="is a folder"):
        data.download(NAME, tmp_path / "stuff.zip", catalog=None)
    with pytest.raises(data.BadReference, match=r"is a folder: name the catalog in it"):
        data.from_catalog(tmp_path)


@pytest.mark.parametrize("value", [None, ["a"], {"Name": "a"}, b"a", np.arange(2)])
def test_a_value_that_no_metadata_can_be_compared_with_is_said(value):
    with pytest.raises(data.WrongUse, match=r"Sample__Name=.* cannot be searched for"):
        data.search(Sample__Name=value)


@pytest.mark.parametrize("text", ["AND", "ribosome OR", '"', 'a"b', "\0", "NOT", "(x", "it's"])
def test_words_are_words_whatever_they_are_to_a_database(facility, text):
    facility.acquire()
    facility.publish(Sample={"Name": "the ribosome AND 5' end"})
    assert list(data.search(text)) == ([NAME] if text == "AND" else [])
    assert list(data.search("Ribosome and 5'")) == [NAME]


def test_numbers_of_numpy_are_numbers(facility):
    facility.acquire()
    facility.publish(Session={"Voltage": 300})
    assert list(data.search(Session__Voltage=np.int64(300))) == [NAME]


def test_a_search_at_a_wrong_place_or_with_a_wrong_key_is_said_at_once(facility):
    facility.acquire()
    facility.publish()
    with pytest.raises(data.NotAllowed, match="wrong, or has expired"):
        data.search("ribosome", api_key="wrong")
    with pytest.raises(data.NoServer, match="has no container"):
        data.search("ribosome", server=f"{facility.address}-elsewhere")
    with pytest.raises(data.ServerAway, match="does not answer"):
        data.search("ribosome", server="http://127.0.0.1:9/api/v1")
