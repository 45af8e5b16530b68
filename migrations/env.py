"""Runs the migrations on the connection that `hub.db.migrate` hands over."""

from importlib import import_module

from alembic import context

from hub.db.base import Base

# Importing a feature's tables registers them; a new feature adds its line.
for feature in (
    "alerts",
    "appointments",
    "conversations",
    "customers",
    "db",
    "deliveries",
    "due",
    "hours",
    "inboxes",
    "operators",
    "orders",
    "reminders",
    "rules",
    "templates",
    "timeline",
    "timers",
    "webhooks",
):
    import_module(f"hub.{feature}.tables")

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    compare_server_default=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
