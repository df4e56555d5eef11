"""Makes true, one after the other, what must be true of a dataset: its stages, their steps, who runs them."""
