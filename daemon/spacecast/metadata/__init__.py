"""The metadata file: read it, write our block into it, and leave the rest as its author wrote it."""
