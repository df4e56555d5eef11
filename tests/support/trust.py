"""What a daemon in the process of a test trusts: the sandbox's authority alone."""

import ssl
from pathlib import Path

import pytest
from urllib3.util.ssl_ import create_urllib3_context

from spacecast.transport import sender


def trust_few(patch: pytest.MonkeyPatch) -> None:
    """Let a daemon trust the sandbox's authority alone: reading hundreds of others costs as much as a publication."""

    def trusted(ca_bundle: Path | None) -> ssl.SSLContext:
        context = create_urllib3_context()
        context.load_verify_locations(ca_bundle)
        return context

    patch.setattr(sender, "trusted_authorities", trusted)
