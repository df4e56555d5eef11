"""An embedded Onedata and a local Tiled server: to try things, to show them and to test against."""
