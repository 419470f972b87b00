"""The `providers.NAME` entry of a manifest: what a user sets for an instance of a spec.

Values only, and what is wrong with them against a spec; positions are the manifest's business, so
a problem names its dotted field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from urllib.parse import urlsplit

from imagepipe.document import suggestion
from imagepipe.model import Json
from imagepipe.price import PriceTable
from imagepipe.provider.scalars import to_seconds
from imagepipe.provider.spec import NO_LIMITS, Limits, Spec
from imagepipe.provider.takes import SETTING, Violation
from imagepipe.provider.tariffs import Misread, price_table

WRITTEN_DOWN = "E110"

HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
HEADER_VALUE = re.compile(r"[\x20-\x7e\xa0-\xff]*")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds, where the user wants others than the spec: one answer to a submit, a job in all."""

    submit: float | None = None
    poll: float | None = None
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """All a user can set for an instance. None is the spec's own."""

    uses: str | None = None
    base_url: str | None = None
    vars: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    limits: Limits = NO_LIMITS
    key_env: str | None = None
    identity: str | None = None
    credit_usd: Decimal | None = None
    price: PriceTable | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def settings_from(entry: Mapping[str, Json]) -> Settings:
    """The settings of a manifest's entry, whose values the manifest's schema has checked.

    Durations are texts (`90s`, `10m`) or numbers of seconds; `price` is a number of USD, a list of
    rows as in a spec, or a map with `rows`.

    Raises:
        ValueError: a duration cannot be read; the message begins with the field.
        Misread: a price cannot be read; it knows the place.
    """
    limits, timeouts = _map(entry.get("limits")), _map(entry.get("timeouts"))
    wanted = {name: to_seconds(timeouts.get(name), f"timeouts.{name}") for name in _TIMEOUTS}
    rpm, in_flight = limits.get("rpm"), limits.get("in_flight")
    credit = entry.get("credit_usd")
    return Settings(
        uses=_text(entry.get("uses")),
        base_url=_text(entry.get("base_url")),
        vars={name: str(value) for name, value in _map(entry.get("vars")).items()},
        limits=Limits(
            None if rpm is None else Decimal(str(rpm)),
            None if in_flight is None else int(str(in_flight)),
        ),
        key_env=_text(entry.get("key_env")),
        identity=_text(entry.get("identity")),
        credit_usd=None if credit is None else Decimal(str(credit)),
        price=_price(entry.get("price")),
        timeouts=Timeouts(**wanted),
        headers={name: str(value) for name, value in _map(entry.get("headers")).items()},
    )


def _price(value: Json) -> PriceTable | None:
    if value is None:
        return None
    try:
        return price_table(value)
    except Misread as error:
        raise error.below("price") from error


_TIMEOUTS = ("submit", "poll", "deadline")


def _map(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _text(value: Json) -> str | None:
    return None if value is None else str(value)


def check_settings(name: str, spec: Spec, settings: Settings) -> tuple[Violation, ...]:
    """What is wrong with an instance's settings; each field is dotted (`vars.app_id`)."""
    return (
        *_bad_vars(name, spec, settings),
        *_bad_address(name, spec, settings),
        *_bad_headers(settings),
        *_keys(settings),
    )


def _bad_vars(name: str, spec: Spec, settings: Settings) -> Iterator[Violation]:
    for known, var in spec.vars.items():
        given = settings.vars.get(known, var.default)
        if var.required and not given:
            about = f" ({var.about})" if var.about else ""
            hint = f"add `vars: {{{known}: …}}` to providers.{name}"
            message = f"{spec.name} needs the setting {known}{about}"
            yield Violation(SETTING, f"vars.{known}", message, hint)
        elif given and not HEADER_VALUE.fullmatch(given):
            message = f"the setting {known} has characters that a request cannot carry"
            yield Violation(SETTING, f"vars.{known}", message)
        elif given in (".", ".."):
            message = f'the setting {known} cannot be "{given}": it is part of an address'
            yield Violation(SETTING, f"vars.{known}", message)
    for given in settings.vars.keys() - spec.vars.keys():
        message = f"{spec.name} has no setting {given}{suggestion(given, spec.vars)}"
        yield Violation(SETTING, f"vars.{given}", message, _known(spec))


def _known(spec: Spec) -> str:
    return f"it has {', '.join(spec.vars)}" if spec.vars else "it has none"


def _bad_address(name: str, spec: Spec, settings: Settings) -> Iterator[Violation]:
    url = settings.base_url or spec.base_url
    if url is None:
        hint = f'add `base_url: "http://127.0.0.1:8188/v1"` (your server) to providers.{name}'
        message = f"{spec.name} has no address of its own"
        yield Violation(SETTING, "base_url", message, hint)
    elif "@" in url:
        message = "base_url must not hold a name and password"
        yield Violation(WRITTEN_DOWN, "base_url", message, _FROM_ENVIRONMENT, secret=True)
    elif not is_base_url(url):
        message = f'base_url "{url}" is no http(s) address without user, query and fragment'
        yield Violation(SETTING, "base_url", message, "write it as https://host/path")


def is_base_url(url: str) -> bool:
    """An absolute http(s) address that paths can be appended to, without credentials in it."""
    if not url.isascii() or not url.isprintable() or any(sign in url for sign in " ?#\\@"):
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _bad_headers(settings: Settings) -> Iterator[Violation]:
    for name, value in settings.headers.items():
        if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(value):
            message = f"the header {name!r} has characters that a request cannot carry"
            yield Violation(SETTING, f"headers.{name}", message)


_KEY_HEADER = re.compile(
    r"(proxy-)?authorization|cookie|.*(api|access|auth|secret|session)[-_]?(key|token).*",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"(sk|pk|rk|rc|key|hf|r8|gsk|xai)[-_](?=.*[0-9]).{8,}|(?=.*[0-9])(?=.*[a-z])[A-Za-z0-9]{24,}"
)
"""How keys that people paste begin (`sk_...`), or how any looks: a variable's name has words."""

_FROM_ENVIRONMENT = "keys come from the environment: `key_env` names the variable"


def _keys(settings: Settings) -> Iterator[Violation]:
    """Keys that were written down, which nothing repeats: an error is read by many."""
    for name in settings.headers:
        if _KEY_HEADER.fullmatch(name):
            message = f"the header {name} holds a key, which does not belong in a manifest"
            field = f"headers.{name}"
            yield Violation(WRITTEN_DOWN, field, message, _FROM_ENVIRONMENT, secret=True)
    if settings.key_env is not None and _KEY.fullmatch(settings.key_env):
        message = "`key_env` names a variable, and this looks like the key itself"
        hint = f"{_FROM_ENVIRONMENT}, such as ACME_KEY_2"
        yield Violation(WRITTEN_DOWN, "key_env", message, hint, secret=True)
