"""What people read: lists and pages over what was stored; they write nothing."""
