"""Proofs of the bundle's promises: one script, run against a real OroCommerce and against the stand-in.

The real one is run by hand (``python -m tests.contract.proofs --help``) and leaves recordings; the test runs the same
script against the stand-in and compares answer by answer.
"""
