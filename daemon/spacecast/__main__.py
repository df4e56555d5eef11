"""`python -m spacecast` is the command `spacecast`."""

from spacecast.cli.main import main

main(prog_name="spacecast")
