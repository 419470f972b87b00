"""A spec and a user's settings as one thing that can be asked. Immutable and pure.

It resolves what a recipe wants, makes requests and reads replies; it sends nothing, holds no client
and knows no clock. How it is pointed at another origin (an emulator) is here too, because that must
change neither its identity nor its keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from urllib.parse import urlsplit

from imagepipe.errors import SetupError
from imagepipe.model import Fault, ImageInput, Json, Key, Secret, Ticket, Values
from imagepipe.provider.pattern import Pattern, Resolution, pattern_of
from imagepipe.provider.prices import Prices
from imagepipe.provider.recourse import Doubt, Recourse, found, mark, recourse
from imagepipe.provider.reply import Pending, Reader, Reading, Ready
from imagepipe.provider.request import Material, build
from imagepipe.provider.resolve import resolve
from imagepipe.provider.rulebook import Rulebook
from imagepipe.provider.rules import Rules, elsewhere
from imagepipe.provider.settings import Settings, check_settings
from imagepipe.provider.settled import Settled, settled
from imagepipe.provider.spec import Call, Limits, Schedule, Spec
from imagepipe.provider.takes import Violation
from imagepipe.provider.trust import stranger, trusts
from imagepipe.wire import Operation, Reply, Request


@dataclass(slots=True)
class _Memory:
    """What is worked out once for a model, or for a set of price conditions, and kept."""

    rules: Rulebook | None = None
    prices: Prices | None = None
    settled: Settled | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """An instance of a spec under a name of the manifest."""

    name: str
    spec: Spec
    settings: Settings = field(default_factory=Settings)
    moved_to: str | None = None
    secret: Secret | None = field(default=None, repr=False)
    _memory: _Memory = field(default_factory=_Memory, init=False, repr=False, compare=False)

    @property
    def base_url(self) -> str:
        """Where requests go. Empty if neither the spec nor the user named a place."""
        return self.moved_to or self.settings.base_url or self.spec.base_url or ""

    @property
    def identity(self) -> str:
        """What stands for the service in keys: a server of one's own is another service."""
        own = self.name if self.settings.base_url else self.spec.name
        return self.settings.identity or own

    @property
    def limits(self) -> Limits:
        return self._settled.limits

    @property
    def key_env(self) -> str | None:
        """The environment variable that holds the secret."""
        return self.settings.key_env or self.spec.key_env

    @property
    def needs_secret(self) -> bool:
        """Whether requests without a secret are pointless: not so for a server of one's own."""
        asked = self.settings.key_env is not None or self.settings.base_url is None
        return bool(self.spec.secret_headers) and asked and self.spec.base_url is not None

    @property
    def synchronous(self) -> bool:
        """Whether the answer to a submit is the picture itself."""
        return self.spec.poll is None

    @property
    def schedule(self) -> Schedule:
        return self._settled.schedule

    @property
    def vars(self) -> Mapping[str, str]:
        """The settings of the instance, with the spec's defaults."""
        return self._settled.vars

    @property
    def _settled(self) -> Settled:
        if self._memory.settled is None:
            self._memory.settled = settled(self.spec, self.settings)
        return self._memory.settled

    def check(self) -> tuple[Violation, ...]:
        """What is wrong with the settings; each field is dotted (`vars.app_id`)."""
        return check_settings(self.name, self.spec, self.settings)

    def with_secret(self, secret: Secret | None) -> Provider:
        return replace(self, secret=secret)

    def at(self, base_url: str) -> Provider:
        """The same provider, with the same identity and keys, asked at another base URL."""
        return replace(self, moved_to=base_url)

    def at_origin(self, origin: str) -> Provider:
        """The same provider behind another scheme, host and prefix; the path of its URL stays."""
        return self.at(origin.rstrip("/") + urlsplit(self.base_url).path.rstrip("/"))

    def takes(self, name: str, model: str | None = None) -> bool:
        """Whether a recipe field can be sent to it at all."""
        numbers = range(len(self.spec.submit))
        rules = [self._rulebook.rules(model, number) for number in numbers]
        return any(name in one.takes or name in one.size_names for one in rules)

    def resolve(self, fields: Values, written: frozenset[str]) -> Resolution:
        """Exactly what reaches the vendor of a recipe's fields.

        Args:
            fields: Recipe fields by name (`fit` among them); empty ones count as unset.
            written: Those the recipe sets itself. What is not taken of these is an error, of the
                others a note.
        """
        return self._resolved(fields, written, frozenset())[1]

    def pattern(
        self, fields: Values, written: frozenset[str], varying: frozenset[str]
    ) -> Pattern | None:
        """What `resolve` gives for all values of the `varying` fields, if the same are empty."""
        rules, resolution = self._resolved(fields, written, varying)
        return pattern_of(rules, resolution, varying, self.prices.names)

    def _resolved(
        self, fields: Values, written: frozenset[str], unchecked: frozenset[str]
    ) -> tuple[Rules, Resolution]:
        number = self._submit_for(fields)
        rules = self._rulebook.rules(self._model(fields), number, fields)
        values, violations = resolve(rules, fields, written, unchecked)
        if violations and len(self.spec.submit) > 1:
            violations = [elsewhere(self.spec, self.name, one, number) for one in violations]
        return rules, Resolution(values, self.price(values), tuple(violations))

    def price(self, values: Values) -> Decimal | None:
        """USD for one picture of these canonical values; None is unknown, which is not 0."""
        return self.prices.of(values)

    @property
    def prices(self) -> Prices:
        """The user's prices, then the vendor's."""
        if self._memory.prices is None:
            own, spec = self.settings.price, self.spec.price
            rate = self.settings.credit_usd
            if rate is None and self.spec.reply.cost is not None:
                rate = self.spec.reply.cost.rate
            self._memory.prices = Prices(spec if own is None else own.before(spec), rate)
        return self._memory.prices

    def head(self) -> dict[str, Json]:
        """The provider's share of a key."""
        identifying: dict[str, Json] = {
            name: value for name, value in self.vars.items() if self.spec.vars[name].identity
        }
        head: dict[str, Json] = {
            "provider": self.spec.name,
            "revision": self.spec.revision,
            "identity": self.identity,
        }
        return {**head, "vars": identifying} if identifying else head

    def submit(
        self,
        values: Values,
        load: Callable[[ImageInput], bytes],
        key: Key,
        nonce: str | None = None,
    ) -> Request:
        """The paid request.

        Args:
            values: What `resolve` gave.
            load: The bytes of a local picture.
            key: The job's key, for a provider that takes one against repeated submits.
            nonce: This attempt's own name; stored before it is sent.
        """
        call = self.spec.submit[self._submit_for(values)]
        material = Material(values, self.vars, self.secret, None, key, load, nonce)
        request = self._build(call, material)
        once = self.spec.idempotency
        if once is None or nonce is None:
            return request
        return replace(request, headers={**request.headers, once.header: nonce})

    def nonce(self, chance: str) -> str | None:
        """A fresh nonce that the next submit carries; None if this provider is sent none.

        It names the account too, because no other one can tell what became of the submit.
        """
        if self.spec.idempotency is None and self.spec.lookup is None:
            return None
        return f"{mark(self.base_url, self.secret)}-{chance}"

    def recourse(self, doubt: Doubt, now: str) -> Recourse | None:
        """What settles a doubtful submit without a person; None if only a person can."""
        reading = None if doubt.reply is None else self.read(Operation.SUBMIT, doubt.reply)
        return recourse(replace(self.spec, schedule=self.schedule), doubt, reading, now)

    def knows(self, nonce: str) -> bool:
        """Whether the nonce was sent to this very account, at this address."""
        return nonce.startswith(f"{mark(self.base_url, self.secret)}-")

    def lookup(self, values: Values, key: Key, nonce: str) -> Request:
        """The request for the list in which a doubtful submit can be found."""
        if self.spec.lookup is None:
            raise AssertionError(f"{self.name} declares no lookup")
        material = Material(values, self.vars, self.secret, None, key, nonce=nonce)
        return self._build(self.spec.lookup.call, material)

    def found(
        self, values: Values, key: Key, nonce: str, reply: Reply
    ) -> tuple[Ticket, ...] | None:
        """The tickets of the listed jobs that this submit may be; None if the list proves nothing.

        A ticket whose address nobody vouched for proves nothing either.
        """
        material = Material(values, self.vars, self.secret, None, key, nonce=nonce)
        tickets = found(self.spec, material, reply)
        strange = any(self._stranger(one, Operation.POLL, reply) for one in tickets or ())
        return None if strange else tickets

    def preflight(self) -> Request | None:
        preflight = self.spec.preflight
        return self._build(preflight.call, self._material()) if preflight else None

    def poll(self, ticket: Ticket) -> Request:
        """The request that asks after a job.

        Raises:
            SetupError: the provider answers at once and has no tickets, or this ticket cannot be
                part of an address, or names one that credentials may not be sent to.
        """
        if self.spec.poll is None:
            raise SetupError(f"{self.name} answers at once: it has no tickets to ask after")
        return self._trusted(self._build(self.spec.poll, self._material(ticket)))

    def result(self, ticket: Ticket) -> Request | None:
        """The second request of a finished job; None where the first one told everything."""
        call = self.spec.result
        return self._trusted(self._build(call, self._material(ticket))) if call else None

    def read(self, operation: Operation, reply: Reply) -> Reading:
        """What a reply means. Never raises."""
        reading = Reader(self.spec, self.secret, self.settings.credit_usd).read(operation, reply)
        match reading:
            case Pending(ticket=Ticket() as ticket) | Ready(ticket=Ticket() as ticket):
                return self._stranger(ticket, operation, reply) or reading
            case _:
                return reading

    def trusts(self, url: str) -> bool:
        """Whether credentials may be sent to an address that came in a reply.

        That is the origin of `base_url`, and the further hosts of the spec over https.
        """
        return trusts(self.base_url, self.spec.hosts, url)

    def _stranger(self, ticket: Ticket, operation: Operation, reply: Reply) -> Fault | None:
        return stranger(self.spec, self.base_url, ticket, operation, reply)

    def _trusted(self, request: Request) -> Request:
        if not self.trusts(request.url):
            host = urlsplit(request.url).hostname
            hint = "if the host is the vendor's, it belongs into `hosts` of the spec"
            raise SetupError(f"{self.name} sent an address on a foreign host, {host}", hint=hint)
        return request

    def _material(self, ticket: Ticket | None = None) -> Material:
        return Material(vars=self.vars, secret=self.secret, ticket=ticket)

    def _build(self, call: Call, material: Material) -> Request:
        wanted, usual = self.settings.timeouts, self.spec.schedule
        if call.operation is Operation.SUBMIT:
            timeout = wanted.submit or call.timeout or usual.submit_timeout
        else:
            timeout = wanted.poll or usual.poll_timeout
        return build(call, self.base_url, self._settled.headers, material, timeout)

    def _submit_for(self, fields: Values) -> int:
        """The first request any of whose `given` is set; the last one asks for nothing."""
        submits = self.spec.submit
        if len(submits) > 1:
            for number, call in enumerate(submits):
                if any(fields.get(name) not in (None, "", ()) for name in call.given):
                    return number
        return len(submits) - 1

    @property
    def _rulebook(self) -> Rulebook:
        if self._memory.rules is None:
            self._memory.rules = Rulebook(self.spec, self.name)
        return self._memory.rules

    def _model(self, fields: Values) -> str | None:
        model = fields.get("model")
        if not model and "model" in self.spec.takes:
            model = self.spec.takes["model"].default  # type: ignore[assignment]  # checked at load
        return str(model) if model else None
