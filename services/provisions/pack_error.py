"""What is raised where a pack, a list of holidays or the coverage file cannot be used."""

from __future__ import annotations


class PackError(Exception):
    """A file of the law cannot be used: the message names the file, the field and what to do."""
