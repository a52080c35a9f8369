"""The only SQLAlchemy: set-wise SQL, tables, the vault; it decides nothing."""
