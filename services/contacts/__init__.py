"""Contacts read and graded, safe contact, and the gate every text passes; pure."""
