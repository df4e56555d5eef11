"""`spacecast install` writes what a config needs, shows it before, and never writes over somebody's changes."""

import shlex
import subprocess

import pytest

from support.installing import DROP_IN, PLACES, PROGRAM, UNIT, configure, files, run, settings


def test_by_default_everything_is_shown_and_nothing_written(root, values):
    configure(root, values)
    before = sorted(root.rglob("*"))
    result = run(root)
    assert result.exit_code == 0
    assert sorted(root.rglob("*")) == before
    for place in PLACES:
        assert f"==> {root / place}   (new)" in result.stdout
    assert f"ExecStart={PROGRAM} run --config /etc/spacecast/spacecast.yaml" in result.stdout
    assert "Nothing was written: add --write." in result.stdout


def test_the_drop_in_holds_what_follows_from_the_config(root, values):
    configure(root, values)
    result = run(root, "--write", "--data-group", "emdata", "--data-group", "eels")
    assert result.exit_code == 0
    assert settings(files(root)[DROP_IN]) == [
        "[Service]",
        "ExecStart=",
        f"ExecStart={PROGRAM} run --config /etc/spacecast/spacecast.yaml",
        "User=spacecast",
        "Group=spacecast",
        "SupplementaryGroups=emdata eels",
        "ReadWritePaths=",
        "ReadWritePaths=-/data/datasets",
        "ReadWritePaths=-/data/users",
        "LoadCredential=provider-token:/etc/spacecast/credentials/provider-token",
    ]
    commands = [line.strip() for line in result.stdout.splitlines() if line.startswith("    ")]
    assert "systemctl enable spacecast" in commands
    (check,) = [shlex.split(command) for command in commands if " check " in command]
    assert "LoadCredential=provider-token:/etc/spacecast/credentials/provider-token" in check
    assert "SupplementaryGroups=emdata" in check
    assert any("/etc/spacecast/zone.token" in command for command in commands)


def test_another_user_state_folder_and_places_of_secrets_are_followed(root, values):
    values["state_folder"] = "/srv/spacecast state"
    values["watch"] = [{"folder": "/home/em/100% data"}, {"folder": "/data"}, {"folder": "/data/sub"}]
    values["onedata"]["zone"]["token"] = {"env": "ZONE_TOKEN"}
    configure(root, values)
    result = run(root, "--write", "--user", "caster", "--group", "em")
    assert result.exit_code == 0
    assert settings(files(root)[DROP_IN])[3:] == [
        "User=caster",
        "Group=em",
        "ReadWritePaths=",
        'BindPaths="-/home/em/100%% data"',
        "ReadWritePaths=-/data",
        "ProtectHome=tmpfs",
        "StateDirectory=",
        'ReadWritePaths="/srv/spacecast state"',
        "LoadCredential=provider-token:/etc/spacecast/credentials/provider-token",
        "EnvironmentFile=/etc/spacecast/environment",
    ]
    assert 'd "/srv/spacecast state" 0700 caster em -' in files(root)[PLACES[1]]
    assert "z /etc/spacecast/*.token 0640 root em -" in files(root)[PLACES[1]]
    assert "u caster -:em" in files(root)[PLACES[0]]


def test_what_lies_below_tmp_is_let_through_and_a_socket_elsewhere_can_be_made(root, values):
    values["watch"] = [{"folder": "/tmp/trial/datasets"}]
    values["monitoring"] = {"listen": "/srv/sockets/spacecast.sock"}
    configure(root, values)
    assert run(root, "--write").exit_code == 0
    assert settings(files(root)[DROP_IN])[5:8] == [
        "ReadWritePaths=",
        "BindPaths=-/tmp/trial/datasets",
        "ReadWritePaths=/srv/sockets",
    ]


def test_the_account_of_the_last_time_is_kept_until_another_one_is_named(root, values):
    configure(root, values)
    run(root, "--write", "--user", "caster", "--group", "em", "--data-group", "emdata", "--data-group", "eels")
    values["watch"] = [{"folder": "/mnt/other"}]
    configure(root, values)
    assert run(root, "--write").exit_code == 0
    kept = settings(files(root)[DROP_IN])
    assert kept[3:6] == ["User=caster", "Group=em", "SupplementaryGroups=emdata eels"]
    assert "ReadWritePaths=-/mnt/other" in kept
    run(root, "--write", "--user", "spacecast", "--data-group", "")
    assert settings(files(root)[DROP_IN])[3:6] == ["User=spacecast", "Group=spacecast", "ReadWritePaths="]


def test_without_a_config_the_sample_is_put_into_its_place(root, tree):
    first = run(root, "--write")
    assert first.exit_code == 0
    config = root / "etc/spacecast/spacecast.yaml"
    assert config.read_text() == (tree / "config/spacecast.yaml").read_text()
    assert config.stat().st_mode & 0o777 == 0o640
    assert not (root / DROP_IN).exists()
    assert "editor /etc/spacecast/spacecast.yaml" in first.stdout
    second = run(root, "--write")
    assert second.exit_code == 0
    assert (root / DROP_IN).exists()


def test_what_somebody_has_changed_is_left_alone_until_it_is_forced(root, values):
    configure(root, values)
    run(root, "--write")
    wanted = files(root)
    (root / UNIT).write_text(wanted[UNIT] + "# ours\n")
    kept = run(root, "--write")
    assert kept.exit_code == 1
    assert "changed by hand; left alone, --force overwrites it" in kept.stdout
    assert files(root)[UNIT] == wanted[UNIT] + "# ours\n"
    assert run(root, "--write", "--force").exit_code == 0
    assert files(root) == wanted


def test_what_nobody_has_changed_follows_the_config(root, values):
    configure(root, values)
    run(root, "--write")
    values["watch"] = [{"folder": "/mnt/other"}]
    configure(root, values)
    assert "(to be renewed)" in run(root).stdout
    assert run(root, "--write").exit_code == 0
    assert "ReadWritePaths=-/mnt/other" in files(root)[DROP_IN]
    again = run(root, "--write")
    assert again.stdout.count("(as wanted)") == len(PLACES)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"watch": [{"folder": "/*/datasets"}]}, "begins with a wildcard"),
        ({"state_folder": "/home/me/state"}, "state_folder /home/me/state is hidden"),
        (
            {"ledger": "postgresql://me@db/x", "ledger_password": {"file": "/home/me/secret"}},
            "the secret /home/me/secr",
        ),
    ],
)
def test_what_would_keep_the_service_from_working_is_told(root, values, change, words):
    configure(root, values | change)
    result = run(root)
    assert result.exit_code == 1
    assert words in result.stderr


def test_a_program_in_a_home_folder_is_told(root, values):
    configure(root, values)
    result = run(root, "--program", "/home/me/.local/bin/spacecast")
    assert result.exit_code == 1
    assert "/home/me/.local/bin/spacecast is hidden from the service" in result.stderr


def test_a_config_that_is_wrong_ends_with_2(root, values):
    del values["facility"]
    configure(root, values)
    assert run(root, "--write").exit_code == 2
    assert files(root) == {}


def test_typing_what_is_advised_a_second_time_empties_no_secret(root, values, tmp_path):
    secret = tmp_path / "zone token"
    secret.write_text("a secret")
    values["onedata"]["zone"]["token"] = {"file": str(secret)}
    configure(root, values)
    lines = [line.strip() for line in run(root).stdout.splitlines() if "/dev/null" in line]
    subprocess.run(["sh", "-ec", "\n".join(line for line in lines if str(secret) in line)], check=True, timeout=60)
    assert secret.read_text() == "a secret"
    assert lines
