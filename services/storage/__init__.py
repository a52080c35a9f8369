"""Tables, set-wise SQL and the vault: all that is kept is written here; it decides nothing."""
