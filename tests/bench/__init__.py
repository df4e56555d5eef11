"""Speed and memory, shown as ratios against a named peer or a computed bound; run by `make bench`."""
