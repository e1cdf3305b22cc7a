"""Run by Alembic: migrate over the connection that `Control` hands in."""

from alembic import context

from avow.store.control.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
