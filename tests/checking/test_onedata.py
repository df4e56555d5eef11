import socket

import pytest

from spacecast.sandbox.onedata import FaultRule, OnedataSandbox
from spacecast.sandbox.onedata.faults import Status
from spacecast.service.preflight import Outcome
from spacecast.service.preflight.provider import same_host
from support.config_files import secret_file
from support.preflight import bad, findings_of, give_token, in_onedata, the, values_for

PROBLEM, WARNING = Outcome.PROBLEM, Outcome.WARNING


def test_nothing_is_wrong_with_a_service_that_was_set_up_rightly(tmp_path, values):
    findings = findings_of(tmp_path, values)

    assert in_onedata(findings) == []
    assert "spacecast service" in the(findings, "zone", "token").message
    assert "cluster_update" in the(findings, "panel", "privileges").message
    assert "normal" in the(findings, "provider", "token").message


def test_a_check_only_reads(tmp_path, onedata, values):
    findings_of(tmp_path, values)

    # The only POST tells what a token reaches.
    others = [exchange.path for exchange in onedata.log if exchange.method != "GET"]
    assert {path.rpartition("/")[2] for path in others} == {"infer_access_token_scope"}


def test_no_finding_shows_the_token(tmp_path, onedata, values):
    onedata.faults.add(FaultRule(Status(400, f"bad token {onedata.token}"), path="/user$", times=None))

    assert onedata.token not in repr(findings_of(tmp_path, values))


def test_a_wrong_token_is_named_once_for_each_place_it_is_kept_in(tmp_path, values):
    give_token(values, "zone", tmp_path, "wrongZoneToken123")
    give_token(values, "provider", tmp_path, "wrongProviderToken123")

    findings = findings_of(tmp_path, values)

    assert in_onedata(findings) == [("zone", "token", PROBLEM), ("provider", "token", PROBLEM)]
    assert str(tmp_path / "zone.other") in the(findings, "zone", "token").remedy
    assert "onedata.provider.token" in the(findings, "provider", "token").remedy


def test_a_zone_that_is_down_is_one_problem(tmp_path, onedata, values):
    onedata.zone.down()

    findings = findings_of(tmp_path, values)

    assert [entry for entry in in_onedata(findings) if entry[0] == "zone"] == [("zone", "connection", PROBLEM)]
    assert "not running" in the(findings, "zone", "connection").message
    assert onedata.zone_url in the(findings, "zone", "connection").remedy


def test_a_provider_that_is_down_is_one_problem_although_the_panel_is_reached_through_it(tmp_path, onedata, values):
    onedata.providers[0].down()

    findings = findings_of(tmp_path, values)

    assert in_onedata(findings) == [("provider", "connection", PROBLEM)]


def test_a_panel_of_its_own_address_is_reported_when_it_is_down(tmp_path, onedata, values):
    onedata.providers[0].down()
    values["onedata"]["provider"]["panel_url"] = onedata.providers[0].http_url

    findings = findings_of(tmp_path, values)

    assert ("panel", "connection", PROBLEM) in in_onedata(findings)
    assert "panel_url" in the(findings, "panel", "connection").remedy


def test_an_untrusted_certificate_is_one_problem_for_each_service(tmp_path, values):
    values["onedata"]["ca_bundle"] = None

    findings = findings_of(tmp_path, values)

    assert ("zone", "connection", PROBLEM) in in_onedata(findings)
    assert "ca_bundle" in the(findings, "zone", "connection").message
    assert the(findings, "zone", "connection").remedy == "", "the message has it"


def test_an_unknown_host_is_told_with_what_asks_for_it(tmp_path, values):
    values["onedata"]["zone"]["url"] = "https://zone.invalid"

    finding = the(findings_of(tmp_path, values), "zone", "connection")

    assert finding.remedy.startswith("getent hosts zone.invalid ")
    assert "onedata.zone.url" in finding.remedy


def test_a_service_that_hangs_is_told_from_one_that_is_not_running(tmp_path, values):
    values["limits"] = {"read_timeout": "1s", "connect_timeout": "1s"}
    with socket.create_server(("127.0.0.1", 0)) as silent:
        values["onedata"]["zone"]["url"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        finding = the(findings_of(tmp_path, values), "zone", "connection")

    assert finding.remedy.startswith("curl -v http://127.0.0.1:")
    assert "hangs" in finding.remedy


def test_a_ca_bundle_without_certificates_is_one_problem(tmp_path, values):
    values["onedata"]["ca_bundle"] = str(secret_file(tmp_path, "not-a.pem", "nothing"))

    findings = findings_of(tmp_path, values)

    assert bad(findings) == [("config", "ca_bundle", PROBLEM)]
    assert not [finding for finding in findings if finding.area == "zone"]


def test_a_provider_of_another_zone_is_a_problem(tmp_path, values):
    (tmp_path / "elsewhere").mkdir()
    with OnedataSandbox(tmp_path / "elsewhere") as elsewhere:
        values["onedata"]["provider"]["url"] = elsewhere.providers[0].http_url
        finding = the(findings_of(tmp_path, values), "provider", "zone")

    assert finding.outcome is PROBLEM
    assert elsewhere.state.zone_domain in finding.message
    assert "onedata.zone.url" in finding.remedy


def test_a_panel_of_another_provider_is_a_problem(tmp_path, values):
    (tmp_path / "two").mkdir()
    with OnedataSandbox(tmp_path / "two", providers=2) as two:
        values = values_for(tmp_path, two)
        values["onedata"]["provider"]["panel_url"] = two.providers[1].url
        findings = findings_of(tmp_path, values)

    assert in_onedata(findings) == [("panel", "cluster", PROBLEM)]
    assert two.providers[1].id in the(findings, "panel", "cluster").message


def test_an_old_zone_is_a_warning_that_says_what_is_missing(tmp_path):
    (tmp_path / "old").mkdir()
    with OnedataSandbox(tmp_path / "old", release="20.02") as old:
        findings = findings_of(tmp_path, values_for(tmp_path, old))

    assert in_onedata(findings) == [("zone", "version", WARNING)]
    assert "21.02.4" in the(findings, "zone", "version").remedy


def test_a_release_before_the_oldest_is_a_problem(tmp_path, onedata, values):
    ancient = Status(200, {"version": "19.02.1", "name": "ancient", "domain": onedata.state.zone_domain})
    onedata.faults.add(FaultRule(ancient, service="zone", path="/configuration$", times=None))

    assert the(findings_of(tmp_path, values), "zone", "version").outcome is PROBLEM


def test_a_service_that_says_it_is_not_well_is_believed(tmp_path, onedata, values):
    onedata.faults.add(FaultRule(Status(500), service="provider", path="/health$", times=None))

    assert in_onedata(findings_of(tmp_path, values)) == [("provider", "health", PROBLEM)]


def test_a_clock_that_goes_wrong_is_a_warning(tmp_path, onedata, values):
    body = {"version": "21.02.7", "name": "late", "domain": onedata.state.zone_domain}
    late = Status(200, body, headers={"Date": "Sat, 01 Jan 2000 00:00:00 GMT"})
    onedata.faults.add(FaultRule(late, service="zone", path="/configuration$", times=None))

    findings = findings_of(tmp_path, values)

    assert in_onedata(findings) == [("zone", "clock", WARNING)]
    assert "ahead of" in the(findings, "zone", "clock").message


def test_a_token_that_ends_soon_is_a_warning(tmp_path, onedata, values):
    soon = onedata.state.now() + 3 * 86400 + 3600
    token = onedata.add_token(onedata.service_user.id, caveats=[{"type": "time", "validUntil": soon}])
    give_token(values, "zone", tmp_path, token)

    findings = findings_of(tmp_path, values)

    assert in_onedata(findings) == [("zone", "token", WARNING)]
    warnings = [finding.message for finding in findings if finding.outcome is WARNING]
    assert "ends in 3 days" in warnings


def test_a_certificate_that_ends_soon_is_a_warning(tmp_path, values):
    # The certificates of the sandbox end centuries from now.
    findings = findings_of(tmp_path, values, wall_clock=lambda: 1e11)

    assert the(findings, "zone", "certificate").outcome is WARNING
    assert the(findings, "provider", "certificate").outcome is WARNING


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("zone.example.org", "zone.example.org", True),
        ("zone.example.org", "ZONE.example.org:443", True),
        ("zone.example.org:8443", "zone.example.org:443", False),
        ("zone.example.org", "zone.example.com", False),
    ],
)
def test_hosts_are_compared_by_name_and_by_port_where_both_have_one(one, other, same):
    assert same_host(one, other) is same
