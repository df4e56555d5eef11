"""The provider: is it there, does it belong to the configured zone, does it accept the token."""

import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from spacecast.faults import Fault
from spacecast.onedata import NotVisibleYet, ProviderConfiguration
from spacecast.onedata.service import get
from spacecast.service.preflight.connection import check_certificate, check_clock
from spacecast.service.preflight.model import Finding, Notes
from spacecast.service.preflight.releases import check_release
from spacecast.service.preflight.remedies import connection_remedy, token_remedy
from spacecast.service.preflight.services import OnedataFacts
from spacecast.service.preflight.tokens import check_token

NOTES = Notes("provider")


def check_provider(facts: OnedataFacts, wall_clock: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Look at the provider; where it does not answer, that is the only finding."""
    url = facts.config.onedata.provider.url
    try:
        configuration = facts.provider_configuration()
    except Fault as fault:
        start = "Start the Oneprovider, or wait until it is back."
        yield NOTES.problem("connection", str(fault), connection_remedy(fault, url, "onedata.provider.url", start))
        return
    name = f"{configuration.name or 'the provider'} at {url}"
    yield from check_release(NOTES, name, configuration.version, configuration.release)
    yield from _check_zone(facts, configuration)
    if not facts.provider.is_healthy():
        yield NOTES.problem("health", f"{name} says that it is not well", "Ask whoever runs the provider.")
    bundle, limit = facts.config.onedata.ca_bundle, facts.config.limits.connect_timeout
    yield from check_certificate(NOTES, url, ca_bundle=bundle, timeout_seconds=limit, wall_clock=wall_clock)
    answer = facts.provider.answer_to(get("tell its release", "configuration", authenticated=False))
    yield from check_clock(NOTES, answer, wall_clock)
    yield from _check_token(facts, wall_clock)


def same_host(one: str, other: str) -> bool:
    """Whether two domains are the same host; a port counts only where both name one."""
    first, second = urlsplit(f"//{one}"), urlsplit(f"//{other}")
    both_have_ports = first.port is not None and second.port is not None
    return first.hostname == second.hostname and not (both_have_ports and first.port != second.port)


def _check_zone(facts: OnedataFacts, configuration: ProviderConfiguration) -> Iterator[Finding]:
    configured = urlsplit(facts.config.onedata.zone.url).netloc
    zone = facts.zone_configuration.known()
    domains = {configured, *([zone.domain] if zone and zone.domain else [])}
    if not configuration.zone_domain or any(same_host(configuration.zone_domain, domain) for domain in domains):
        yield NOTES.ok("zone", f"belongs to the zone {configuration.zone_domain or 'that is configured, it seems'}")
        return
    yield NOTES.problem(
        "zone",
        f"belongs to the zone {configuration.zone_domain}, not to {' / '.join(sorted(domains))}: it cannot support"
        " spaces of that one",
        "Correct onedata.zone.url or onedata.provider.url, so that both are of one zone.",
    )


def _check_token(facts: OnedataFacts, wall_clock: Callable[[], float]) -> Iterator[Finding]:
    secret = facts.config.onedata.provider.token
    try:
        spaces = facts.provider_spaces()
    except NotVisibleYet:
        message = "its user is not known here until the first space is supported, which is normal for a new service"
        yield NOTES.ok("token", message)
    except Fault as fault:
        if not facts.is_reported(fault):
            yield NOTES.problem("token", str(fault), token_remedy(fault, secret, "onedata.provider.token"))
        return
    else:
        yield NOTES.ok("token", f"is accepted and reaches {len(spaces)} spaces")
    if secret != facts.config.onedata.zone.token:
        yield from check_token(NOTES, facts, secret, "onedata.provider.token", wall_clock)
