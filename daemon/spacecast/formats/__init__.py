"""What is in a file: its structure, read from the header alone, and the Tiled adapter that serves it."""
