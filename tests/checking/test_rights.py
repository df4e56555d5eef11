import pytest

from spacecast.service.preflight import Outcome
from support.preflight import findings_of, give_token, in_onedata, the

PROBLEM, WARNING = Outcome.PROBLEM, Outcome.WARNING


@pytest.mark.parametrize("key", ["manager_group", "user_group"])
def test_a_group_that_does_not_exist_is_named_with_its_key(tmp_path, values, key):
    values["onedata"][key] = "nosuchgroup"

    findings = findings_of(tmp_path, values)

    assert in_onedata(findings) == [("zone", key, PROBLEM)]
    assert f"onedata.{key}" in the(findings, "zone", key).remedy


def test_a_group_that_the_user_is_not_in_is_told_from_one_that_is_missing(tmp_path, onedata, values):
    values["onedata"]["manager_group"] = onedata.add_group("strangers", onedata.add_user("somebody").id)

    finding = the(findings_of(tmp_path, values), "zone", "manager_group")

    assert finding.outcome is PROBLEM
    assert "not a member" in finding.message
    assert "group_add_space" in finding.remedy


def test_a_missing_group_privilege_is_named_with_the_group(tmp_path, onedata, values):
    few = onedata.add_group("read only", onedata.service_user.id, ["group_view"])
    values["onedata"] |= {"manager_group": few, "user_group": few}

    findings = findings_of(tmp_path, values)

    assert "group_add_space" in the(findings, "zone", "manager_group").message
    assert "group_add_child" in the(findings, "zone", "user_group").message
    assert "read only" in the(findings, "zone", "user_group").remedy


def test_an_unknown_privilege_is_named_with_the_nearest_one(tmp_path, values):
    values["onedata"]["group_privileges"] = ["space_view", "space_read_dato"]

    findings = findings_of(tmp_path, values)

    assert in_onedata(findings) == [("zone", "group_privileges", PROBLEM)]
    assert "space_read_dato " in the(findings, "zone", "group_privileges").message
    assert "space_read_data" in the(findings, "zone", "group_privileges").remedy


def test_a_missing_cluster_privilege_is_named_with_where_to_give_it(tmp_path, onedata, values):
    onlooker = onedata.add_user("onlooker", cluster_privileges=["cluster_view"])
    give_token(values, "provider", tmp_path, onlooker.token)

    findings = findings_of(tmp_path, values)

    finding = the(findings, "panel", "privileges")
    assert finding.outcome is PROBLEM
    assert "cluster_update" in finding.message
    assert "Members > onlooker" in finding.remedy


def test_somebody_outside_the_cluster_is_told_to_become_a_member(tmp_path, onedata, values):
    give_token(values, "provider", tmp_path, onedata.add_user("outsider").token)

    finding = the(findings_of(tmp_path, values), "panel", "privileges")

    assert finding.outcome is PROBLEM
    assert "member of the cluster" in finding.remedy


def test_tokens_of_two_users_are_a_warning(tmp_path, onedata, values):
    other = onedata.add_user("other", cluster_privileges=["cluster_update"])
    give_token(values, "provider", tmp_path, other.token)

    finding = the(findings_of(tmp_path, values), "panel", "token")

    assert finding.outcome is WARNING
    assert "manager group" in finding.remedy
