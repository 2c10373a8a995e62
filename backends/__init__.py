"""The shipped backends: each is a package with `emit` and `build`, found by its name (see `archspec/backend.py`)."""
