"""The documents followed on a fresh machine with a real systemd."""
