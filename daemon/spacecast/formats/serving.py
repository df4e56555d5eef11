"""What a Tiled server can do with a file by its name alone."""

import re

# There is no way to escape these.
_BREAKS_ADDRESS = re.compile(r"[#?\x00-\x1f\x7f]")


def unaddressable(text: str) -> str | None:
    """Give the first character of a path or address at which a server ends it; None where it takes all of it.

    Tiled takes the addresses of files apart like web addresses, and decodes nothing in them.
    """
    found = _BREAKS_ADDRESS.search(text)
    return None if found is None else found[0]


def is_given_out(name: str) -> bool:
    """Whether a server gives a file of this name out as it is: the name is in a header, in Latin-1 (RFC 9110, 5.5)."""
    try:
        name.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
