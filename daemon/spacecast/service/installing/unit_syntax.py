"""Words as systemd.syntax(7) reads them."""

import re

_PLAIN = re.compile(r"[A-Za-z0-9_./:=@+,-]+")


def word(text: str) -> str:
    """Return a word of a setting that takes several; specifiers in it stand for themselves."""
    escaped = text.replace("%", "%%")
    if _PLAIN.fullmatch(escaped):
        return escaped
    quoted = escaped.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def command_line(words: tuple[str, ...]) -> str:
    """Return a command for `ExecStart=`; variables in it stand for themselves."""
    program, *arguments = words
    return " ".join([word(program), *(word(argument.replace("$", "$$")) for argument in arguments)])


def tmpfiles_path(text: str) -> str:
    """Return a path for a line of tmpfiles.d(5)."""
    return word(text)
