"""Users of this machine by name."""

import pwd


def user_name(number: int) -> str:
    """Return the user's name, or the number where there is none."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
