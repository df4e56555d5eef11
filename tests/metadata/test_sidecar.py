import pytest

from spacecast.metadata import Refused, is_sidecar, read_block, read_sidecar, render_sidecar, sidecar_name


@pytest.mark.parametrize(
    ("name", "sidecar"),
    [
        ("SPA.yml", "SPA.spacecast.yml"),
        ("a.b.yaml", "a.b.spacecast.yaml"),
        ("metadata", "metadata.spacecast.yml"),
        (".meta.yml", ".meta.spacecast.yml"),
    ],
)
def test_a_sidecar_is_named_after_its_metadata_file(name, sidecar):
    assert sidecar_name(name) == sidecar


def test_a_sidecar_says_why_it_exists_and_is_read_back():
    data = render_sidecar("SPA.yml", {"Onedata": {"Space": "0123"}, "Tiled": {}}, reason="The root is a flow mapping.")
    assert data.startswith(b"# Written by Spacecast for SPA.yml;")
    assert b"# The root is a flow mapping.\n" in data
    assert read_sidecar(data, "SPA.spacecast.yml") == {"Onedata": {"Space": "0123"}}
    assert read_block(read_sidecar(data, "x")).space == "0123"
    assert is_sidecar(data)
    assert not is_sidecar(b"Onedata:\n  Space: x\n")


def test_nothing_in_a_name_or_reason_gets_out_of_the_comment():
    data = render_sidecar("a\nb: 1.yml", {"Onedata": {"Space": "x"}}, reason="why\rc: 2\x1b\u2028d: 3")
    assert read_sidecar(data, "x") == {"Onedata": {"Space": "x"}}


def test_a_value_that_cannot_be_written_is_refused():
    with pytest.raises(Refused, match="bad-value"):
        render_sidecar("SPA.yml", {"Onedata": {"Space": "a\nb"}})
