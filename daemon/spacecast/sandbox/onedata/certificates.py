"""A throw-away certificate authority: the sandbox speaks HTTPS as the real services do."""

import ssl
from pathlib import Path

import trustme

_NAMES = ("localhost", "127.0.0.1")


def make_certificates(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Make a CA and a server certificate for loopback; give the CA's PEM file and the server's TLS context."""
    authority = trustme.CA()
    certificate_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(certificate_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    authority.issue_cert(*_NAMES).configure_cert(context)
    return certificate_file, context
