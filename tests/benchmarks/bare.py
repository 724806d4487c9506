"""The ceiling of the doors: a Flask app that stores what it is sent by one INSERT, behind the same gunicorn.

``python -m tests.benchmarks.bare`` takes the settings of ``sidecar web`` from the environment.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask, request
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert

from sidecar.ledger.engine import Ledger, open_ledger
from sidecar.settings import load
from sidecar.web.server import Server

PATH = "/bare"
kept = Table("bare", MetaData(), Column("id", Integer, primary_key=True), Column("body", Text, nullable=False))


def make_table(ledger: Ledger) -> None:
    with ledger.begin() as conn:
        kept.create(conn, checkfirst=True)


def bare_app(url: str) -> Flask:
    """No key, no schema, no answer but ``{}``: what Flask, SQLAlchemy and the database cost at least."""
    app, ledger, store = Flask("bare"), open_ledger(url), insert(kept)

    @app.post(PATH)
    def receive() -> dict[str, Any]:
        body = request.get_data(as_text=True)
        with ledger.begin() as conn:
            conn.execute(store, {"body": body})
        return {}

    return app


class Bare(Server):
    """gunicorn with the product's own options."""

    def load(self) -> Any:
        return bare_app(self.settings.database_url)


if __name__ == "__main__":
    Bare(load(os.environ), None).run()
