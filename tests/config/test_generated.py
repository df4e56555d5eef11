import subprocess
import sys

import jsonschema
import pytest
import yaml

from spacecast.config import Config, ConfigError, load
from spacecast.config.generate import documents, main, stale
from spacecast.config.keys import all_paths, section_at, section_in
from spacecast.config.problems import dotted
from spacecast.config.schema import schema
from support.config_files import small_config


def test_the_files_in_the_tree_say_what_the_models_say(tree):
    assert stale(tree) == [], "run python -m spacecast.config.generate"


def test_the_sample_loads_as_it_stands(tree):
    config = load(tree / "config" / "spacecast.yaml", check_machine=False)
    assert config.onedata.zone.url == "https://datahub.egi.eu"
    assert config.tiled is not None


def test_on_another_machine_the_sample_lacks_its_folders_and_secrets_only(tree):
    with pytest.raises(ConfigError) as caught:
        load(tree / "config" / "spacecast.yaml")
    assert {problem.key for problem in caught.value.problems} <= {
        "state_folder",
        "watch[0].folder",
        "onedata.zone.token",
        "onedata.provider.token",
        "tiled.api_key",
        "notify.webhooks[0].secret",
    }


def test_the_sample_shows_every_key_and_every_default(tree):
    values = yaml.safe_load((tree / "config" / "spacecast.yaml").read_text())
    for path in all_paths():
        shown = values
        for key in path:
            shown = shown[0] if isinstance(shown, list) else shown
            assert key in shown, dotted(path)
            shown = shown[key]
    spelled_out = load(tree / "config" / "spacecast.yaml", check_machine=False).model_dump(mode="json")
    assert spelled_out == values


def test_the_reference_page_has_a_row_for_every_key():
    page = documents()["docs/reference/config.md"]
    for path in all_paths():
        section = page.split(f"## `{dotted(path[:-1])}`" if len(path) > 1 else "## Top level", 1)[1].split("\n## ", 1)[
            0
        ]
        assert f"| `{path[-1]}` |" in section, dotted(path)


def test_every_key_and_every_section_is_described_by_a_sentence():
    for path in all_paths():
        section = section_at(path[:-1])
        field = section.model_fields[path[-1]]
        meaning = field.description or section_in(field.annotation).__doc__
        assert meaning.rstrip().endswith("."), dotted(path)


def test_the_schema_accepts_the_sample_and_a_small_config(tree, tmp_path):
    jsonschema.Draft202012Validator.check_schema(schema())
    check = jsonschema.Draft202012Validator(schema())
    check.validate(yaml.safe_load((tree / "config" / "spacecast.yaml").read_text()))
    check.validate(small_config(tmp_path) | {"limits": None})
    check.validate(Config.model_validate(small_config(tmp_path)).model_dump(mode="json"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"unknown": 1},
        {"metadata": {"files": ["a"], "quiet": 5}},
        {"metadata": {"files": ["a"], "quiet": "5"}},
        {"watch": [{"folder": "relative"}]},
        {"watch": []},
        {"ledger_password": {"file": "/a", "env": "B"}},
        {"ledger_password": "literal"},
        {"log": {"level": "loud"}},
    ],
)
def test_the_schema_refuses_what_the_models_refuse(tmp_path, wrong):
    values = small_config(tmp_path) | wrong
    assert not jsonschema.Draft202012Validator(schema()).is_valid(values)
    with pytest.raises(ValueError, match="error"):
        Config.model_validate(values)


def test_the_defaults_in_the_schema_carry_their_units():
    definitions = schema()["$defs"]
    assert definitions["Metadata"]["properties"]["quiet"]["default"] == "5s"
    assert definitions["Onedata"]["properties"]["space_size"]["default"] == "10TiB"
    assert definitions["Watch"]["properties"]["rescan_interval"]["default"] == "auto"


def test_the_generator_writes_what_is_stale_and_names_it_when_only_checking(tmp_path, capsys):
    assert main([str(tmp_path), "--check"]) == 1
    assert "config/spacecast.yaml is out of date" in capsys.readouterr().out
    assert main([str(tmp_path)]) == 0
    assert main([str(tmp_path), "--check"]) == 0
    (tmp_path / "config" / "spacecast.yaml").write_text("other")
    assert stale(tmp_path) == ["config/spacecast.yaml"]


def test_the_generator_runs_as_a_command(tree):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "spacecast.config.generate", "--check", str(tree)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
