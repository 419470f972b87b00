"""What people and machines see of plans and runs: values in, text out, and listeners of events.

Nothing here decides, waits or asks: it draws what it is handed. Progress is for stderr, data for
stdout; which of the two a text goes to is the caller's business.
"""
