"""A module per command, each imported when its command is called or listed."""
