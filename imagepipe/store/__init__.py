"""What was asked for, paid for and written: blobs, the ledger of jobs, outputs and the lock file.

Everything here is synchronous and takes the time as an argument (UTC, ISO 8601). It knows files and
SQLite; it knows neither providers nor HTTP, and decides nothing about what to generate.
"""
