"""The command `spacecast`."""

import sys

try:
    from spacecast.cli.commands import main
except KeyboardInterrupt:
    # Loading takes longer than it takes to see that it is the wrong command; nothing has been done by then.
    sys.stderr.write("Aborted!\n")
    sys.exit(130)

__all__ = ["main"]
