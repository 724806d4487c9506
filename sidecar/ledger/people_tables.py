"""The tables of the people who use the desk: who they are, where they are signed in, and who guesses passwords."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text

from sidecar.ledger.columns import Id, UtcDateTime
from sidecar.ledger.tables import metadata

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),  # the name without regard to case
    Column("full_name", Text, nullable=False),
    Column("password_hash", Text, nullable=True),  # null: signs in through the company's issuer only
    Column("must_change", Boolean, nullable=False),  # somebody else chose the password
    Column("roles", Text, nullable=False),
    Column("subject", Text, nullable=True, unique=True),  # issuer and subject of OpenID Connect
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("disabled_at", UtcDateTime, nullable=True),
    Column("signed_in_at", UtcDateTime, nullable=True),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("address", Text, nullable=False),
    Column("how", Text, nullable=False),  # password, oidc
)
Index("ix_sign_ins_user_id", sign_ins.c.user_id)
Index("ix_sign_ins_expires_at", sign_ins.c.expires_at)

attempts = Table(
    "attempts",
    metadata,
    Column("who", Text, primary_key=True),  # "user:" and a name, or "address:" and an address
    Column("failures", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("blocked_until", UtcDateTime, nullable=True),
)
Index("ix_attempts_last_at", attempts.c.last_at)

kept_secrets = Table(
    "kept_secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
