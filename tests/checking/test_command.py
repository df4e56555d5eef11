import json

import pytest
from click.testing import CliRunner

from spacecast.cli.checking import check
from support.config_files import secret_file, write_config
from support.preflight import values_for


@pytest.fixture
def values(tmp_path, onedata):
    return values_for(tmp_path, onedata)


def run(path, *options):
    return CliRunner().invoke(check, ["--config", str(path), *options], catch_exceptions=False)


def test_it_ends_with_0_when_all_is_well(tmp_path, values):
    result = run(write_config(tmp_path, values))

    assert result.exit_code == 0
    assert "Onezone" in result.stdout
    assert "all is well" in result.stdout


def test_it_ends_with_0_when_there_are_only_warnings(tmp_path, values):
    values["watch"].append({"folder": str(tmp_path / "nobody-*")})

    result = run(write_config(tmp_path, values))

    assert result.exit_code == 0
    assert "problems: 0, warnings: 1" in result.stdout


def test_it_ends_with_1_when_somebody_has_to_act_and_says_how(tmp_path, onedata, values):
    onedata.zone.down()

    result = run(write_config(tmp_path, values))

    assert result.exit_code == 1
    assert "-> Start the Onezone" in result.stdout


def test_in_a_pipe_each_finding_is_one_line(tmp_path, values):
    values["onedata"]["user_group"] = "nosuchgroup" * 20

    lines = run(write_config(tmp_path, values)).stdout.splitlines()

    assert [line for line in lines if "nosuchgroup" in line] == [
        f" X  user_group: the zone has no group {'nosuchgroup' * 20}"
    ]


def test_it_ends_with_2_when_the_config_cannot_be_understood(tmp_path, values):
    values["facilty"] = values.pop("facility")

    result = run(write_config(tmp_path, values))

    assert result.exit_code == 2
    assert "facility" in result.stderr


def test_it_ends_with_2_when_a_folder_is_missing_and_looks_at_the_rest_all_the_same(tmp_path, values):
    values["watch"] = [{"folder": str(tmp_path / "not-mounted")}]

    result = run(write_config(tmp_path, values), "--json")

    assert result.exit_code == 2
    findings = json.loads(result.stdout)["findings"]
    assert any(finding["area"] == "config" and "watch[0].folder" in finding["message"] for finding in findings)
    assert any(finding["area"] == "zone" and finding["outcome"] == "ok" for finding in findings)
    assert [finding["area"] for finding in findings if finding["outcome"] == "problem"] == ["config"]


def test_as_json_it_is_one_document_with_every_finding(tmp_path, onedata, values):
    result = run(write_config(tmp_path, values), "--json")

    told = json.loads(result.stdout)
    assert (told["problems"], told["warnings"]) == (0, 0)
    assert {finding["area"] for finding in told["findings"]} == {
        "config", "state", "folders", "zone", "provider", "panel", "tiled",
    }  # fmt: skip
    assert set(told["findings"][0]) == {"area", "subject", "outcome", "message", "remedy"}
    assert onedata.token not in result.stdout


def test_a_secret_that_is_missing_does_not_hide_the_rest(tmp_path, values):
    values["onedata"]["zone"]["token"] = {"file": str(tmp_path / "nowhere.token")}

    result = run(write_config(tmp_path, values), "--json")

    assert result.exit_code == 2
    findings = json.loads(result.stdout)["findings"]
    assert any(finding["area"] == "panel" and finding["subject"] == "privileges" for finding in findings)
    assert any("nowhere.token" in finding["message"] for finding in findings if finding["area"] == "config")


def test_a_secret_that_everybody_may_read_is_told_once_with_its_own_remedy(tmp_path, values):
    values["onedata"]["zone"]["token"] = {"file": str(secret_file(tmp_path, "open.token", mode=0o644))}

    findings = json.loads(run(write_config(tmp_path, values), "--json").stdout)["findings"]

    [problem] = [finding for finding in findings if finding["outcome"] == "problem"]
    assert f"chmod 600 {tmp_path}/open.token" in problem["message"]
    assert problem["remedy"] == ""


def test_a_config_that_is_not_there_ends_with_2_and_says_how_to_name_one(tmp_path):
    result = run(tmp_path / "nothing.yaml")

    assert result.exit_code == 2
    assert "--config" in result.stderr


def test_control_characters_from_outside_are_written_out(tmp_path, values):
    (tmp_path / "datasets" / "bad\x1b[31mname").mkdir()
    (tmp_path / "datasets" / "bad\x1b[31mname" / "SPA.yml").write_text("a: 1")

    result = run(write_config(tmp_path, values))

    assert "\x1b" not in result.stdout
