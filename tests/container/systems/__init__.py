"""CI systems of which no runner can be had here: each starts the container as its source or its documents say, and reads outputs
with its own rules. `run` executes a snippet of the system's page."""
