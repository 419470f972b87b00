"""The command line: from arguments to one call into the app, and to an exit code.

Command modules import the app inside their callbacks, so that `--version`, `--help` and completion
start without it.
"""
