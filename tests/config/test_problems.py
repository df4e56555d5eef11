import os

import pytest

from spacecast.config import ConfigError, load
from support.config_files import secret_file, small_config, write_config

CREATE_MOUNT_OR_CORRECT = "Create it, mount it, or correct the path"


def only(found):
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]


def test_every_problem_is_reported_at_once_with_file_line_and_key_in_order(tmp_path):
    token, missing = secret_file(tmp_path), tmp_path / "missing"
    path = write_config(
        tmp_path,
        f"""\
facility: "Test"
state_folder: {tmp_path}/state
watch:
  - folder: {missing}
    rescan_interval: 10
metadata:
  files: [SPA.yml]
  quite: 5s
onedata:
  zone: {{url: http://zone.example.org, token: {{file: {token}}}}}
  provider:
    url: https://provider.example.org
    token: {{file: {token}}}
  invite: {{usage_limit: 0}}
""",
    )
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).splitlines() == [
        f"{path}:4: watch[0].folder: folder {missing}: No such file or directory. {CREATE_MOUNT_OR_CORRECT}.",
        f"{path}:5: watch[0].rescan_interval: 10 has no unit: write a duration with its unit, for example 10s.",
        f"{path}:8: metadata.quite: unknown key; did you mean `quiet`?",
        f"{path}:10: onedata.zone.url: http:// would send the token to zone.example.org in clear text: use https://.",
        f"{path}:14: onedata.invite.usage_limit: must be at least 1.",
    ]


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        ("metadata.quite", "did you mean `quiet`?"),
        ("metadata.Running-File", "did you mean `running_file`?"),
        ("quiet", "did you mean `metadata.quiet`?"),
        ("onedata.mount_point", "did you mean `mount_points`?"),
        ("link_workers", "did you mean `limits.link_workers`?"),
        ("log.colour", "known here: format, level"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest_known_one(problems, key, advice):
    problem = only(problems(key, "5s"))
    assert problem.key == key
    assert problem.text == f"unknown key; {advice}"


def test_a_key_given_twice_names_both_lines(problems, tmp_path):
    text = write_config(tmp_path, small_config(tmp_path)).read_text() + "log:\n  level: info\nlog: {}\n"
    problem = only(problems(text))
    assert (problem.key, problem.line) == ("log", text.count("\n"))
    assert problem.text == f"is given twice, first on line {text.count(chr(10)) - 2}. Keep one"


def test_an_empty_config_names_what_is_needed(problems):
    found = problems("# nothing yet\n")
    assert [problem.key for problem in found] == ["facility", "metadata", "onedata", "watch"]
    assert "Add it, with at least zone, provider" in next(p.text for p in found if p.key == "onedata")
    assert 'for example `facility: "CEMCOF, CEITEC MU"`' in found[0].text


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("facility", 17, "must be text; put quotes around it if it looks like a number, date or yes/no"),
        ("facility", "", "must not be empty"),
        ("onedata.manager_group", 123, "must be text"),
        ("onedata.manager_group", "../x", "must be an id, as the web interface shows it"),
        ("onedata.invite.usage_limit", True, "must be a whole number"),
        ("onedata.invite.usage_limit", "50", "must be a whole number"),
        ("onedata.invite.valid_for", "5min", "must be at least 1h"),
        ("onedata.space_size", "10kB", "must be at least 1MB"),
        ("onedata.group_privileges", ["read"], "must be the name of a space privilege"),
        ("onedata.group_privileges", [], "must not be empty"),
        ("onedata.storage_import.detect_deletions", "yes", "must be true or false"),
        ("onedata.storage_import.continuous_scan_interval", "1500ms", "not a whole number of seconds"),
        ("onedata.mount_points", ["/data"], "must be a mapping, such as {/data: /volumes/data}"),
        ("onedata.names.template", "dataset", "must hold {folder}"),
        ("onedata.names.template", "{folder.__class__}", "knows the placeholder {folder} only"),
        ("onedata.names.template", "{folder!r}", "knows the placeholder {folder} only"),
        ("onedata.names.template", "{folder", "unclosed brace"),
        ("onedata.names.template", "a/{folder}", "letters, digits, spaces"),
        ("onedata.names.prefix", "-x", "must not start with"),
        ("watch", {"folder": "/x"}, "must be a list, each item with a dash before it"),
        ("watch", [], "must not be empty"),
        ("metadata.files", "SPA.yml", 'must be a list, such as ["SPA.yml"]'),
        ("metadata.files", ["sub/SPA.yml"], "must be a file name"),
        ("metadata.running_file", "SPA.yml", "must not be one of files"),
        ("metadata.block_names", {"onedata": "Tiled"}, "must not be the same as onedata"),
        ("metadata.block_names.tiled", "my key", "must be a key of letters"),
        ("metadata.invite_token", "fil", "must be one of file, sidecar, none"),
        ("metadata.quiet", "2h", "must be at most 1h"),
        ("watch.0.events", True, "must be one of auto, inotify, poll"),
        ("watch.0.rescan_interval", "500ms", "must be at least 1s"),
        ("limits.link_workers", 1000, "must be at most 64"),
        ("log", "json", "must be a section with the keys format, level"),
        ("ledger", "mysql://host/db", "must be postgresql://USER@HOST/DATABASE"),
        ("ledger_password", {"env": "PGPASSWORD"}, "ledger is not: SQLite has no password"),
        ("state_folder", "state", "is not absolute"),
        ("state_folder", "/var/../lib", "holds '..'"),
        ("state_folder", "/var/a\nb", "control character"),
    ],
)
def test_a_wrong_value_is_explained_at_its_own_line(problems, tmp_path, key, value, text):
    problem = only(problems(key, value, environ={"PGPASSWORD": "x"}))
    assert text in problem.text
    line = (tmp_path / "spacecast.yaml").read_text().splitlines()[problem.line - 1]
    assert any(str(part) in line for part in problem.path) or line.lstrip().startswith("- ")


@pytest.mark.parametrize(
    ("folder", "text"),
    [
        ("relative/data", "is not absolute"),
        ("/", "the whole machine cannot be watched"),
        ("/data/**/x", "'**' is not supported"),
        ("/nowhere/*/x", "folder /nowhere: No such file or directory"),
        ("/etc/passwd", "/etc/passwd is not a folder"),
    ],
)
def test_a_folder_that_cannot_be_watched_is_refused(problems, folder, text):
    assert text in only(problems("watch.0.folder", folder)).text


def test_a_pattern_that_matches_nothing_yet_is_fine(loaded, tmp_path):
    assert loaded("watch.0.folder", f"{tmp_path}/*/datasets").watch[0].is_pattern


def test_the_same_folder_twice_and_the_ledger_among_the_datasets_are_refused(problems, values, tmp_path):
    folder = values["watch"][0]["folder"]
    twice = only(problems("watch", [{"folder": folder}, {"folder": folder + "/"}]))
    assert (twice.key, twice.text) == ("watch[1].folder", "is the same as watch[0].folder")
    inside = only(problems("state_folder", f"{tmp_path}/datasets/state"))
    assert (inside.key, inside.line) == ("state_folder", 2)
    assert "keep the ledger elsewhere" in inside.text


def test_a_state_folder_is_made_by_the_daemon_but_not_the_folders_above_it(loaded, problems, tmp_path):
    assert loaded("state_folder", str(tmp_path / "new")).state_folder == tmp_path / "new"
    problem = only(problems("state_folder", str(tmp_path / "new/deeper")))
    assert problem.text.endswith(f"Create it: mkdir -p -m 0700 {tmp_path}/new/deeper")


def test_a_missing_certificate_bundle_and_template_are_refused(problems, tmp_path):
    assert "No such file" in only(problems("onedata.ca_bundle", str(tmp_path / "ca.pem"))).text
    assert "is not a regular file" in only(problems("onedata.share.description", str(tmp_path))).text


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("MDAxSomething", "the secret itself must not stand in the config"),
        (12345, "the secret itself must not stand in the config"),
        ({}, "needs exactly one of the keys file, env, credential"),
        ({"file": "/a", "env": "B"}, "needs exactly one of the keys file, env, credential"),
        ({"fil": "/a"}, "has an unknown key; known here: file, env, credential"),
        ({"env": "lower-case"}, "must be the name of an environment variable, in capitals"),
        ({"env": "NOT_SET"}, "the environment variable NOT_SET is not set"),
        ({"file": "/nowhere/token"}, "No such file or directory. Create it or correct the path"),
        ({"credential": "zone-token"}, "LoadCredential=zone-token"),
        (["file"], "must be a section with the keys file, env, credential"),
        (None, "must be a section with the keys file, env, credential"),
    ],
)
def test_a_secret_that_cannot_be_had_is_explained(problems, token, text):
    problem = only(problems("onedata.zone.token", token, environ={}))
    assert problem.key.startswith("onedata.zone.token")
    assert text in problem.text


def test_a_secret_that_others_can_read_is_a_problem_of_the_config(problems, tmp_path):
    path = secret_file(tmp_path, "open.token", mode=0o644)
    assert f"Close it: chmod 600 {path}" in only(problems("onedata.zone.token", {"file": str(path)})).text


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("facility: x\n\tlog: {}\n", 2, "is not YAML at column 1: found character '\\t' that cannot start any token"),
        ("facility: [a\nlog: {}\n", 2, "is not YAML at column"),
        ("a: 1\nb: *SecretAlias\n", 2, "is not YAML at column 4: found undefined alias"),
        ("a: 1\nb: !SecretTag x\n", 2, "is not YAML at column 4: could not determine a constructor for the tag"),
        ("a: 1\n---\nb: 2\n", 2, "is not YAML at column 1: but found another document"),
        ("a: 1\nb: \x01\n", 2, "is not YAML: there is a control character"),
        ("a: 1\nb: 2024-99-99\n", 2, "looks like a date or number but is none: put quotes around it"),
        ("a: " + "[" * 5000 + "\n", 1, "is nested too deeply"),
        ("a: 1\nb: &x [*x]\n", 2, "contains itself through an alias"),
    ],
)
def test_what_is_not_yaml_is_pointed_at_without_quoting_the_file(problems, text, line, said):
    problem = only(problems(text))
    assert problem.line == line
    assert said in problem.text
    assert "Secret" not in problem.text


def test_a_file_that_is_not_utf_8_is_pointed_at(tmp_path):
    path = tmp_path / "spacecast.yaml"
    path.write_bytes(b"facility: x\n# \xe8\n")
    with pytest.raises(ConfigError, match=r"spacecast.yaml:2: is not UTF-8"):
        load(path)


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path):
    path = write_config(tmp_path, small_config(tmp_path))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load(path).facility == "Test facility"


def test_a_file_that_is_no_config_at_all_is_refused(problems, tmp_path):
    assert "must be a section with the keys facility" in only(problems("just words\n\n")).text
    assert "has a key that is not text" in problems("17: x\n\n")[0].text
    path = tmp_path / "big.yaml"
    path.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        load(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_a_certificate_bundle_that_cannot_be_read_is_refused(problems, tmp_path):
    bundle = secret_file(tmp_path, "ca.pem", mode=0)
    assert "cannot be read by this user" in only(problems("onedata.ca_bundle", str(bundle))).text


def test_control_characters_in_a_key_do_not_reach_the_terminal(problems):
    assert only(problems("\x1b[31mred", 1, check_machine=False)).key == "?[31mred"
