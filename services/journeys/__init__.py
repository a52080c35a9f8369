"""The journey of a victim through a case: facts, assess, changes, explain; pure, with no I/O and no clock."""
