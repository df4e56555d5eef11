"""The stage *catalog*: Tiled serves the dataset's files, arrays and tables, under a key known from the start."""
