"""The running daemon: finds datasets, gives their stages to the lanes, answers signals."""
