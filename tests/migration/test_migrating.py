"""A config of fs2od becomes one that loads here; every key is accounted for, and no secret is seen."""

import re
import stat
from pathlib import Path, PurePosixPath

import pytest
import yaml
from click.testing import CliRunner

from spacecast.cli.main import main
from spacecast.config import ConfigError, load
from spacecast.config.fs2od import Outcome, migrate
from spacecast.notices import compose
from support.mail_server import text_of
from support.notices import FACTS

HERE = Path(__file__).parent
PRESENT, EARLY = HERE / "fs2od.yaml", HERE / "fs2od-early.yaml"
SECRETS = re.compile(r"[A-Za-z-]+-secret-0123456789[a-f]*")


def _migrated(path, **options):
    return migrate(path, path.read_bytes(), secrets_folder="/etc/spacecast", **options)


def _changed(tmp_path, *path, value):
    values = yaml.safe_load(PRESENT.read_text())
    section = values
    for part in path[:-1]:
        section = section[part]
    section[path[-1]] = value
    file = tmp_path / "fs2od.yaml"
    file.write_text(yaml.safe_dump(values, sort_keys=False))
    return file


def _loaded(migration, tmp_path):
    file = tmp_path / "new.yaml"
    file.write_text(migration.text)
    return load(file, check_machine=False)


def _outcomes(migration):
    return {entry.key: entry.outcome for entry in migration.entries}


@pytest.mark.parametrize("path", [PRESENT, EARLY])
def test_every_key_is_accounted_for(path):
    migration = _migrated(path)
    assert Outcome.UNKNOWN not in set(_outcomes(migration).values())
    named = set(re.findall(r"[A-Za-z_]+", " ".join(_outcomes(migration))))
    keys = set(re.findall(r"(?:^|[{,\s-])([A-Za-z_]+):(?=\s|$)", path.read_text(), re.MULTILINE))
    assert keys - named == set()
    assert all(entry.note for entry in migration.entries)


def test_the_new_config_loads_and_says_what_the_old_one_said(tmp_path):
    migration = _migrated(PRESENT)
    assert migration.problems == ()
    config = _loaded(migration, tmp_path)
    assert config.facility == "MUNI ICS"
    assert [str(watch.folder) for watch in config.watch] == ["/volumes/volume1/test", "/volumes/user*/dataset"]
    assert config.metadata.files == ("SPA.yml", "SPA.yaml")
    assert config.metadata.block_names.onedata == "Onedata2"
    assert config.metadata.earlier_file == ".fs2od"
    assert config.metadata.running_file == ".acquiring"
    assert config.onedata.zone.url == "https://onezone.example.org"
    assert config.onedata.provider.url == "https://first.example.org"
    assert (config.onedata.manager_group, config.onedata.user_group) == ("manager-group-id", "user-group-id")
    assert config.onedata.space_size == 10 * 2**40
    assert config.onedata.names.name_for("run1") == "test123_emc_run1"
    imports = config.onedata.storage_import
    assert (imports.continuous_scan_interval, imports.detect_modifications, imports.detect_deletions) == (
        10800,
        True,
        False,
    )
    assert config.log.level == "debug"
    mail = config.notify.mail
    assert (mail.server, mail.port_number, mail.security, mail.user) == ("smtp.example.org", 587, "starttls", "mailer")
    assert mail.users.to == ("desk@example.org", "metadata:Operator.NormalizedEmail")
    assert mail.users.bcc == ("metadata:Admin.NormalizedEmail",)
    assert mail.users.only_if is None


def test_the_first_release_is_understood_as_well(tmp_path):
    migration = _migrated(EARLY)
    assert migration.problems == ()
    config = _loaded(migration, tmp_path)
    assert config.onedata.user_group == "group-id"
    assert config.onedata.provider.panel_address == "https://provider.example.org:9443"
    assert config.onedata.names.prefix == ""
    assert config.notify.mail is None
    assert _outcomes(migration)["onepanel.apiToken"] is Outcome.BY_HAND
    assert _outcomes(migration)["continousFileImport.enabled"] is Outcome.NOT_SUPPORTED
    assert "TO DO" in migration.text


def test_a_key_that_nobody_knows_is_told(tmp_path):
    migration = _migrated(_changed(tmp_path, "watchDirectorys", value=["/x"]))
    assert _outcomes(migration)["watchDirectorys"] is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("path", "value", "key", "outcome"),
    [
        (("metadataFileTags", "space"), "SpaceId", "metadataFileTags.space", Outcome.NOT_SUPPORTED),
        (("fs2odMetadataFile", "enabled"), False, "fs2odMetadataFile.filename", Outcome.NOT_NEEDED),
        (("implicitSpaceSize",), "much", "implicitSpaceSize", Outcome.BY_HAND),
        (("managerGroupId",), "", "managerGroupId", Outcome.NOT_NEEDED),
        (("restAccess", "onezone", "apiToken"), "", "restAccess.onezone.apiToken", Outcome.BY_HAND),
        (("testMode",), False, "testModePrefix", Outcome.NOT_NEEDED),
        (("dataReplication", "enabled"), False, "dataReplication.numberOfReplicas", Outcome.NOT_NEEDED),
        (
            ("messaging", "credentials", "email", "encryptionMethod"),
            "ANY",
            "messaging.credentials.email.encryptionMethod",
            Outcome.BY_HAND,
        ),
        (
            ("messaging", "credentials", "email", "messageSender"),
            "EM Core",
            "messaging.credentials.email.messageSender",
            Outcome.BY_HAND,
        ),
        (("messaging", "email", "to"), ["a@example.org", "me"], "messaging.email.to", Outcome.BY_HAND),
        (
            ("messaging", "email", "to"),
            {"space_creation": ["cc:a@example.org"]},
            "messaging.email.to.space_creation",
            Outcome.TRANSLATED,
        ),
        (("messaging", "credentials", "email", "enabled"), False, "messaging.email.language", Outcome.NOT_NEEDED),
    ],
)
def test_other_values_are_told_from_the_usual_ones(tmp_path, path, value, key, outcome):
    migration = _migrated(_changed(tmp_path, *path, value=value))
    assert _outcomes(migration)[key] is outcome
    if outcome is not Outcome.BY_HAND:
        _loaded(migration, tmp_path)


def test_a_container_s_folders_are_mapped_back(tmp_path):
    folders = {PurePosixPath("/volumes/volume1"): PurePosixPath("/gpfs/volume1")}
    config = _loaded(_migrated(PRESENT, folders=folders), tmp_path)
    assert str(config.watch[0].folder) == "/gpfs/volume1/test"
    assert str(config.onedata.path_at_provider(PurePosixPath("/gpfs/volume1/test/run1"))) == (
        "/volumes/volume1/test/run1"
    )


def test_neither_text_nor_table_nor_repr_holds_a_secret():
    done = CliRunner().invoke(main, ["migrate", str(PRESENT)])
    assert done.exit_code == 0
    assert "restAccess.onezone.apiToken" in done.stderr
    migration = _migrated(PRESENT)
    assert len(SECRETS.findall(PRESENT.read_text())) == 5
    assert SECRETS.findall(done.stdout + done.stderr + repr(migration) + migration.text) == []


def test_secrets_are_written_for_their_owner_alone_and_nothing_is_overwritten(tmp_path):
    config, secrets = tmp_path / "new.yaml", tmp_path / "secrets"
    words = ["migrate", str(PRESENT), "--write", str(config), "--secrets", str(secrets)]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    files = {path.name: path.read_text().strip() for path in secrets.iterdir()}
    assert files == {
        "zone.token": "MDAxzone-secret-0123456789abcdef",
        "provider.token": "MDAxfirst-secret-0123456789abcdef",
        "mail.password": "mail-secret-0123456789",
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets.iterdir()} == {0o600}
    assert load(config, check_machine=False).onedata.zone.token.reveal() == files["zone.token"]
    again = CliRunner().invoke(main, words)
    assert again.exit_code == 1
    assert "not overwritten" in again.stderr
    config.unlink()
    (secrets / "zone.token").write_text("another")
    assert CliRunner().invoke(main, words).exit_code == 1
    assert (secrets / "zone.token").read_text() == "another"


@pytest.mark.parametrize("text", ["", "a: [", "- 1\n", "watch: []\n", "restAccess: {onezone: {apiToken: MDAx"])
def test_what_is_no_config_of_fs2od_is_refused_without_quoting_it(tmp_path, text):
    file = tmp_path / "other.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as refused:
        migrate(file, file.read_bytes(), secrets_folder="/etc/spacecast")
    assert "MDAx" not in str(refused.value)


def test_folders_come_in_pairs():
    assert CliRunner().invoke(main, ["migrate", str(PRESENT), "--folder", "/a"]).exit_code == 2


def _template_files(folder):
    folder.mkdir()
    words = "Path ${space_path}, {{ not ours }}, $$5, $unheard.\n$public_url $invite_token\n"
    (folder / "creation.txt").write_text(f'Space "$space_name" is there\n\n{words}')
    (folder / "creation.sk.txt").write_text("Dobrý deň\n\n$space_name: $public_url ($now)\n")
    (folder / "creation.sk.html").write_text("<p>$space_name</p>")
    (folder / "deletion.txt").write_text("gone: $space_name")
    (folder / "share_description_base.md").write_text("# $dataset_name\n$institution_name\n$metadata_section\n")
    return folder


def test_templates_keep_their_words_and_get_our_placeholders(tmp_path):
    old, new, config = _template_files(tmp_path / "old"), tmp_path / "own", tmp_path / "new.yaml"
    words = ["migrate", str(PRESENT), "--templates", str(old), str(new), "--write", str(config)]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in new.iterdir()) == [
        "ready.en.txt",
        "ready.sk.html",
        "ready.sk.txt",
        "share.md.j2",
    ]
    assert "$unheard" in done.stderr
    assert "TO DO: no texts" not in config.read_text()
    settings = load(config, check_machine=False)
    assert (settings.notify.mail.templates, settings.notify.mail.language) == (new, "sk")
    assert settings.onedata.share.description == new / "share.md.j2"
    facts = {**FACTS["ready"], "name": "run1", "folder": "/data/run1", "space_id": "s1"}
    more = {"noticed_at": 1.9e9, "kind": "ready", "key": "k", "facts": facts, "invite_token": "the-token"}
    english = compose(settings, settings.notify.mail, language="en", **more)
    assert english["Subject"] == 'Space "run1" is there'
    assert "Path /data/run1, {{ not ours }}, $5, ." in text_of(english)
    assert "https://zone.example.org/share/1 the-token" in text_of(english)
    assert compose(settings, settings.notify.mail, **more)["Subject"] == "Dobrý deň"
