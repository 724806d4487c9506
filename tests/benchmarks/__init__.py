"""Measurements, not tests. ``python -m tests.benchmarks`` runs them all; see ``__main__``."""
