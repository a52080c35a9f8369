"""The command line: ``waymark …``; every command a few lines over a use case."""
