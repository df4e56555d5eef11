"""The zone: is it there, whom does it take us for, and may we do there what publishing does."""

import difflib
import time
from collections.abc import Callable, Iterator

from spacecast.faults import Fault
from spacecast.onedata import Forbidden, Gone, OnedataFault, User
from spacecast.onedata.service import get
from spacecast.service.preflight.connection import check_certificate, check_clock
from spacecast.service.preflight.model import Finding, Notes
from spacecast.service.preflight.releases import check_release, check_zone_features
from spacecast.service.preflight.remedies import connection_remedy, token_remedy
from spacecast.service.preflight.services import OnedataFacts
from spacecast.service.preflight.tokens import check_token

NOTES = Notes("zone")


def check_zone(facts: OnedataFacts, wall_clock: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Look at the zone; where it does not answer, that is the only finding."""
    url = facts.config.onedata.zone.url
    try:
        configuration = facts.zone_configuration()
    except Fault as fault:
        remedy = connection_remedy(fault, url, "onedata.zone.url", "Start the Onezone, or wait until it is back.")
        yield NOTES.problem("connection", str(fault), remedy)
        return
    name = f"{configuration.name or 'the zone'} at {url}"
    yield from check_release(NOTES, name, configuration.version, configuration.release)
    yield from check_zone_features(NOTES, configuration.version, configuration.release)
    if not facts.zone.is_healthy():
        yield NOTES.problem("health", f"{name} says that it is not well", "Ask whoever runs the zone.")
    bundle, limit = facts.config.onedata.ca_bundle, facts.config.limits.connect_timeout
    yield from check_certificate(NOTES, url, ca_bundle=bundle, timeout_seconds=limit, wall_clock=wall_clock)
    answer = facts.zone.answer_to(get("tell its release", "configuration", authenticated=False))
    yield from check_clock(NOTES, answer, wall_clock)
    yield from _check_privilege_names(facts)
    yield from _check_user(facts, wall_clock)


def _check_user(facts: OnedataFacts, wall_clock: Callable[[], float]) -> Iterator[Finding]:
    secret = facts.config.onedata.zone.token
    try:
        user = facts.zone_user()
    except Fault as fault:
        if not facts.is_reported(fault):
            yield NOTES.problem("token", str(fault), token_remedy(fault, secret, "onedata.zone.token"))
        return
    yield NOTES.ok("token", f"belongs to {user.full_name or user.username} ({user.user_id})")
    yield from check_token(NOTES, facts, secret, "onedata.zone.token", wall_clock)
    yield from _check_groups(facts, user)


def _check_groups(facts: OnedataFacts, user: User) -> Iterator[Finding]:
    onedata = facts.config.onedata
    if onedata.manager_group is None:
        yield NOTES.ok("manager_group", f"none is configured: {user.full_name or user.username} owns the spaces")
    else:
        yield from _check_group(facts, user, "manager_group", onedata.manager_group, "group_add_space")
    if onedata.user_group is None:
        yield NOTES.ok("user_group", "none is configured: each dataset's group stands alone")
    else:
        yield from _check_group(facts, user, "user_group", onedata.user_group, "group_add_child")


def _check_group(facts: OnedataFacts, user: User, key: str, group_id: str, privilege: str) -> Iterator[Finding]:
    who = user.full_name or user.username
    try:
        group = facts.zone.group(group_id)
        held = facts.zone.group_privileges(group_id, user.user_id)
    except Gone:
        yield NOTES.problem(key, f"the zone has no group {group_id}", f"Correct onedata.{key}: {_ID_HINT}")
        return
    except Forbidden:
        remedy = f"Add {who} to the group with the privilege {privilege}, or correct onedata.{key}: {_ID_HINT}"
        yield NOTES.problem(key, f"{who} is not a member of the group {group_id}", remedy)
        return
    if privilege in held:
        yield NOTES.ok(key, f"{group.name} ({group_id}): {who} has {privilege}")
    else:
        remedy = f"Give it there: Groups > {group.name} > Members > {who} > {privilege}."
        yield NOTES.problem(
            key, f"{who} lacks the privilege {privilege} in the group {group.name} ({group_id})", remedy
        )


_ID_HINT = "the web interface shows a group's id in its menu under `Copy ID`."


def _check_privilege_names(facts: OnedataFacts) -> Iterator[Finding]:
    configured = facts.config.onedata.group_privileges
    try:
        known = facts.zone.known_space_privileges()
    except OnedataFault as fault:
        yield NOTES.warning("group_privileges", f"could not be compared: {fault}", "Run `spacecast check` again.")
        return
    unknown = [name for name in configured if name not in known]
    if not unknown:
        yield NOTES.ok("group_privileges", ", ".join(configured))
    for name in unknown:
        nearest = difflib.get_close_matches(name, sorted(known), n=1)
        hint = f"did you mean {nearest[0]}?" if nearest else "take a name that the zone knows."
        yield NOTES.problem(
            "group_privileges",
            f"{name} is not a privilege of this zone's release; no dataset's group could be added to its space",
            f"Correct onedata.group_privileges: {hint}",
        )
