"""Runs the migrations on the connection that ``migrate`` hands over; alembic's own command line is not used."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
