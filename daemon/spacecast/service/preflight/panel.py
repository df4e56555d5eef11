"""The panel: is it that of the provider, and may the token's user make storages and supports there."""

from collections.abc import Iterator

from spacecast.faults import Fault
from spacecast.onedata import Forbidden, PanelConfiguration, PanelUser, Unauthorized
from spacecast.service.preflight.model import Finding, Notes
from spacecast.service.preflight.releases import check_release
from spacecast.service.preflight.remedies import connection_remedy, token_remedy
from spacecast.service.preflight.services import OnedataFacts

NOTES = Notes("panel")


def check_panel(facts: OnedataFacts) -> Iterator[Finding]:
    """Look at the panel; where it does not answer, that is the only finding, and none where its provider is down."""
    provider = facts.config.onedata.provider
    try:
        configuration = facts.panel_configuration()
    except Fault as fault:
        if provider.panel_address == provider.url and facts.provider_configuration.fault():
            # Its requests go through the provider, which has been reported.
            return
        start = "Start the Onepanel, or wait until it is back."
        remedy = connection_remedy(fault, provider.panel_address, "onedata.provider.panel_url", start)
        yield NOTES.problem("connection", str(fault), remedy)
        return
    what = f"the panel at {provider.panel_address}"
    yield from check_release(NOTES, what, configuration.version, configuration.release)
    yield from _check_cluster(facts, configuration)
    yield from _check_user(facts)


def _check_cluster(facts: OnedataFacts, configuration: PanelConfiguration) -> Iterator[Finding]:
    provider = facts.provider_configuration.known()
    if configuration.service_type not in ("", "oneprovider"):
        yield NOTES.problem(
            "cluster",
            f"this is the panel of a {configuration.service_type}, not of a provider",
            "Set onedata.provider.panel_url to the address of the provider's panel, or leave it out.",
        )
    elif not configuration.deployed:
        yield NOTES.problem("cluster", "the provider is not deployed yet", "Finish its deployment in the panel.")
    elif provider and configuration.provider_id not in (None, provider.provider_id):
        yield NOTES.problem(
            "cluster",
            f"this is the panel of the provider {configuration.provider_id}, but onedata.provider.url leads to"
            f" {provider.provider_id} ({provider.name})",
            "Correct onedata.provider.panel_url or onedata.provider.url, so that both are of one provider.",
        )
    else:
        yield NOTES.ok("cluster", f"of the provider {configuration.provider_id or '(down at the moment)'}")


def _check_user(facts: OnedataFacts) -> Iterator[Finding]:
    secret = facts.config.onedata.provider.token
    try:
        user = facts.panel.user()
    except Forbidden as fault:
        remedy = "Make that user a member of the cluster: Clusters > (provider) > Members, with cluster_update."
        yield NOTES.problem("privileges", str(fault), remedy)
        return
    except Fault as fault:
        refused = isinstance(fault, Unauthorized) and isinstance(facts.provider_spaces.fault(), Unauthorized)
        if not (refused or facts.is_reported(fault)):  # else the provider has reported the same token
            yield NOTES.problem("token", str(fault), token_remedy(fault, secret, "onedata.provider.token"))
        return
    yield _privileges(user)
    yield from _check_same_user(facts, user)


def _privileges(user: PanelUser) -> Finding:
    who = user.username or user.user_id
    if user.may_change_cluster:
        return NOTES.ok("privileges", f"{who} has cluster_update")
    return NOTES.problem(
        "privileges",
        f"{who} lacks the privilege cluster_update in the provider's cluster: no storage and no support can be made",
        f"Give it: Clusters > (provider) > Members > {who} > cluster_update; the panel knows within a minute.",
    )


def _check_same_user(facts: OnedataFacts, user: PanelUser) -> Iterator[Finding]:
    zone_user = facts.zone_user.known()
    if zone_user is None or zone_user.user_id == user.user_id:
        return
    yield NOTES.warning(
        "token",
        f"belongs to {user.username} here and to {zone_user.username} at the zone: shares are made as {user.username},"
        " who then needs to be in every space",
        f"Put {user.username} into the manager group, or use one user's tokens for both.",
    )
