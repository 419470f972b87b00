"""What people decided on pictures: `<manifest>.review.yaml` as values, read, judged and written.

Pure: the text comes and goes as text. Whether a decision holds depends on the picture it was made
on, by its digest; what a retry asks for is part of the request, and so of the key.
"""

from imagepipe.review.decisions import (
    NOTHING,
    Decision,
    Entry,
    Retry,
    Review,
    Verdict,
    name_of,
    verdict,
)
from imagepipe.review.fields import entry_of, fields_of
from imagepipe.review.reading import read, review_schema
from imagepipe.review.writing import edited

__all__ = [
    "NOTHING",
    "Decision",
    "Entry",
    "Retry",
    "Review",
    "Verdict",
    "edited",
    "entry_of",
    "fields_of",
    "name_of",
    "read",
    "review_schema",
    "verdict",
]
