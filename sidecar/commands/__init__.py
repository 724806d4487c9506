"""The commands of ``python -m sidecar``, one module per kind of work."""
