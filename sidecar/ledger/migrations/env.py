"""Alembic looks for this file; migrations run through ``sidecar.ledger.migrations.migrate`` only."""
