import pickle
import traceback
from pathlib import Path, PurePosixPath

import pytest
import yaml

from spacecast.config import ConfigError, default_path, load
from spacecast.faults import NeedsPerson
from support.config_files import SECRET, secret_file, small_config, write_config


def test_a_small_config_has_the_documented_defaults(loaded, tmp_path):
    config = loaded()
    assert config.watch[0].folder == tmp_path / "datasets"
    assert (config.watch[0].events, config.watch[0].rescan_interval) == ("auto", None)
    assert (config.metadata.quiet, config.metadata.running_file, config.metadata.invite_token) == (
        5.0,
        ".running",
        "file",
    )
    assert (config.metadata.block_names.onedata, config.metadata.block_names.tiled) == ("Onedata", "Tiled")
    assert (config.onedata.space_size, config.onedata.invite.usage_limit) == (10 * 2**40, 50)
    assert config.onedata.invite.valid_for == 90 * 86_400
    assert config.onedata.group_privileges == ("space_view", "space_read_data")
    assert (config.limits.link_workers, config.limits.bulk_workers) == (8, 2)
    assert config.tiled is None


def test_the_panel_is_reached_through_the_provider_unless_named(loaded):
    assert loaded().onedata.provider.panel_address == "https://provider.example.org"
    other = loaded("onedata.provider.panel_url", "https://provider.example.org:9443/")
    assert other.onedata.provider.panel_address == "https://provider.example.org:9443"


def test_secrets_are_read_from_where_the_config_says(loaded):
    assert loaded().onedata.zone.token.reveal() == SECRET
    from_variable = loaded("onedata.zone.token", {"env": "ZONE_TOKEN"}, environ={"ZONE_TOKEN": "from-variable"})
    assert from_variable.onedata.zone.token.reveal() == "from-variable"
    assert from_variable.secrets()[0].reveal() == "from-variable"


def test_a_tiled_section_gives_scientists_the_public_address(loaded, tmp_path):
    tiled = {"url": "http://localhost:8000", "api_key": {"file": str(secret_file(tmp_path, "tiled.key"))}}
    assert loaded("tiled", tiled).tiled.scientists_url == "http://localhost:8000"
    public = loaded("tiled", tiled | {"public_url": "https://tiled.example.org"}).tiled
    assert public.scientists_url == "https://tiled.example.org"
    assert public.path == ("datasets",)


def test_paths_are_mapped_for_provider_and_server(loaded):
    config = loaded("onedata.mount_points", {"/data": "/volumes/data"})
    assert config.onedata.path_at_provider(PurePosixPath("/data/a")) == PurePosixPath("/volumes/data/a")


def test_the_ledger_is_sqlite_in_the_state_folder_unless_named(loaded, tmp_path):
    assert loaded().ledger_url == f"sqlite:///{tmp_path}/state/ledger.sqlite"
    named = loaded("ledger", "postgresql://spacecast@db.example.org/spacecast")
    assert named.ledger_url == "postgresql+psycopg://spacecast@db.example.org/spacecast"


def test_names_are_made_from_the_template_and_the_prefix(loaded):
    names = loaded("onedata.names", {"template": "{folder} (Krios)", "prefix": "test-"}).onedata.names
    assert names.name_for("2024{x}_apo") == "test-2024{x}_apo (Krios)"


def test_a_section_with_every_line_commented_out_means_the_defaults(loaded):
    assert loaded("limits", None).limits.link_workers == 8
    assert loaded("metadata.block_names", None).metadata.block_names.tiled == "Tiled"


def test_a_config_written_out_as_json_is_the_same_when_read_again(loaded, tmp_path):
    config = loaded()
    written = yaml.safe_dump(config.model_dump(mode="json"))
    assert load(write_config(tmp_path, written)) == config
    assert SECRET not in written
    assert SECRET not in repr(config)
    assert SECRET.encode() not in pickle.dumps(config)


def test_a_config_cannot_be_changed(loaded):
    config = loaded()
    with pytest.raises(ValueError, match="frozen"):
        config.facility = "other"


def test_anchors_and_merges_work(tmp_path):
    values = small_config(tmp_path)
    token = values["onedata"]["zone"]["token"]["file"]
    text = f"""
facility: x
state_folder: {tmp_path}
watch: [{{folder: {tmp_path}/datasets}}]
metadata: {{files: [SPA.yml]}}
onedata:
  zone: &both {{url: "https://a.example.org", token: {{file: {token}}}}}
  provider:
    <<: *both
    url: https://b.example.org
"""
    text = text.replace(f"state_folder: {tmp_path}\n", f"state_folder: {tmp_path}/state\n")
    config = load(write_config(tmp_path, text))
    assert config.onedata.provider.url == "https://b.example.org"
    assert config.onedata.provider.token == config.onedata.zone.token


def test_without_the_machine_folders_and_secrets_need_not_be_there(tmp_path):
    values = small_config(tmp_path) | {"watch": [{"folder": "/nowhere/data"}], "state_folder": "/nowhere/at/all"}
    values["onedata"]["zone"]["token"] = {"file": "/nowhere/zone.token"}
    config = load(write_config(tmp_path, values), check_machine=False)
    assert config.watch[0].folder == Path("/nowhere/data")


def test_the_default_config_is_the_named_one_else_the_one_in_etc():
    assert default_path({"SPACECAST_CONFIG": "/srv/x.yaml"}) == Path("/srv/x.yaml")
    assert default_path({}) == default_path({"SPACECAST_CONFIG": ""}) == Path("/etc/spacecast/spacecast.yaml")


def test_a_missing_config_says_how_to_name_one(tmp_path):
    with pytest.raises(ConfigError, match=r"none.yaml: cannot be read: No such file .* --config or \$SPACECAST_CONFIG"):
        load(tmp_path / "none.yaml")


def test_an_error_survives_pickling_and_is_one_for_a_person(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load(write_config(tmp_path, "facility: [\n"))
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert isinstance(again, NeedsPerson)


def test_no_secret_shows_in_an_error_or_in_what_led_to_it(tmp_path):
    values = small_config(tmp_path)
    values["onedata"]["zone"]["token"] = SECRET
    values["onedata"]["provider"]["token"] = {SECRET: None}
    values["tiled"] = {"url": f"https://{SECRET}@host", "api_key": {"file": SECRET}, SECRET * 2: 1, "path": SECRET}
    values["ledger"] = f"postgresql://user:{SECRET}@host/db"
    values["ledger_password"] = {"env": SECRET, "credential": f"{SECRET}/x"}
    with pytest.raises(ConfigError) as caught:
        load(write_config(tmp_path, values))
    told = "".join(traceback.format_exception(caught.value))
    assert len(caught.value.problems) == 9
    assert SECRET not in told
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
