"""Providers: what is sent, how a reply is read, what is accepted - as data, in YAML.

`load_spec` makes a `Spec` of a document, `Provider` is a spec with a user's settings, and all else
here is what these two speak in. Nothing in this package touches a file, a socket or a clock.
"""

from imagepipe.provider.load import load_spec
from imagepipe.provider.pattern import VARYING, Pattern, Resolution
from imagepipe.provider.provider import Provider
from imagepipe.provider.recourse import Doubt, Recourse, Reread, Resend, Search
from imagepipe.provider.reply import Pending, Reading, Ready
from imagepipe.provider.results import Address, Inline, Result
from imagepipe.provider.settings import Settings, Timeouts, settings_from
from imagepipe.provider.spec import NO_LIMITS, PICTURE_FIELDS, Limits, Schedule, Spec
from imagepipe.provider.takes import Violation
from imagepipe.provider.tariffs import Misread

__all__ = [
    "NO_LIMITS",
    "PICTURE_FIELDS",
    "VARYING",
    "Address",
    "Doubt",
    "Inline",
    "Limits",
    "Misread",
    "Pattern",
    "Pending",
    "Provider",
    "Reading",
    "Ready",
    "Recourse",
    "Reread",
    "Resend",
    "Resolution",
    "Result",
    "Schedule",
    "Search",
    "Settings",
    "Spec",
    "Timeouts",
    "Violation",
    "load_spec",
    "settings_from",
]
