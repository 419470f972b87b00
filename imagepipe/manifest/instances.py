"""Provider instances by name: built-in specs, files, and the settings a manifest gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from imagepipe.document import Document, parse, suggestion
from imagepipe.errors import InputError
from imagepipe.manifest.findings import Findings
from imagepipe.manifest.ports import Files
from imagepipe.manifest.recipe import DocumentPath
from imagepipe.model import Json
from imagepipe.provider import Misread, Provider, Settings, Spec, load_spec, settings_from
from imagepipe.review import Review

Specs = Callable[[str], "Document | None"]


class Instances:
    """Makes each instance once, when it is first asked for; what is wrong goes to `findings`."""

    def __init__(
        self,
        document: Document,
        entries: Mapping[str, Json],
        specs: tuple[Specs, tuple[str, ...]],
        files: Files,
        findings: Findings,
    ) -> None:
        self._document = document
        self._entries = entries
        self._specs, self._builtin = specs
        self._files = files
        self._findings = findings
        self._loaded: dict[str, Spec | None] = {}
        self._made: dict[str, Provider | None] = {}

    def get(self, name: str, path: DocumentPath) -> Provider | None:
        """The instance called `name`, which stands at `path`; None if a finding says why not."""
        if name not in self._made:
            self._made[name] = self._make(name, path)
        return self._made[name]

    def add_for(self, review: Review) -> None:
        """Make the instances that retries name; what cannot be had is told in the review file."""
        for path, retry in review.retries():
            name = retry.provider
            if name is None or name in self._made:
                continue
            where = ("pictures", path, "retry", "provider")
            if name in self._entries:
                self.get(name, ("providers", name))
            elif name in self._builtin:
                self._made[name] = self._make(name, where, review)
            else:
                known = [*self._entries, *self._builtin]
                message = f'no provider "{name}"{suggestion(name, known)}'
                hint = "`imagepipe providers list` shows the built-in ones"
                self._findings.add(review.problem("E112", message, where, hint))

    def all(self) -> dict[str, Provider]:
        """Every instance that was asked for or has an entry, by name."""
        for name in self._entries:
            self.get(name, ("providers", name))
        return {name: made for name, made in sorted(self._made.items()) if made is not None}

    def _make(self, name: str, path: DocumentPath, review: Review | None = None) -> Provider | None:
        """Make an instance; `path` is where it is named, in the review file if that is given."""
        entry = self._entries.get(name)
        settings = self._settings(name, entry if isinstance(entry, dict) else {})
        spec = self._spec(settings.uses or name, name, path)
        if spec is None:
            return None
        provider = Provider(name, spec, settings)
        for bad in provider.check():
            if review is not None:
                if bad.severity == "error":
                    self._findings.add(review.problem(bad.code, bad.message, path, bad.hint))
                continue
            where: DocumentPath = ("providers", name, *bad.field.split(".")) if entry else path
            problem = self._document.problem(
                bad.code,
                bad.message,
                where,
                hint=bad.hint,
                severity=bad.severity,
                secret=bad.secret,
            )
            self._findings.add(problem)
        return provider

    def _settings(self, name: str, entry: dict[str, Json]) -> Settings:
        try:
            return settings_from(entry)
        except Misread as error:
            where = ("providers", name, *error.path)
            self._findings.add(self._document.problem("E107", str(error), where))
            return Settings()
        except ValueError as error:
            field = str(error).partition(":")[0].split(".")
            where = ("providers", name, *field)
            self._findings.add(self._document.problem("E107", str(error), where))
            return Settings()

    def _spec(self, uses: str, name: str, path: DocumentPath) -> Spec | None:
        if uses not in self._loaded:
            self._loaded[uses] = self._load(uses, name, path)
        return self._loaded[uses]

    def _load(self, uses: str, name: str, path: DocumentPath) -> Spec | None:
        at: DocumentPath = ("providers", name, "uses") if uses != name else path
        try:
            is_file = "/" in uses or uses.endswith((".yaml", ".yml"))
            document = parse(self._files.read(uses), uses) if is_file else self._specs(uses)
            if document is not None:
                return load_spec(document)
        except OSError as error:
            message = f"cannot read the spec {uses}: {error.strerror or error}"
            hint = "paths begin at the manifest"
            self._findings.add(self._document.problem("E112", message, at, hint=hint))
            return None
        except InputError as error:
            self._findings.extend(error.problems)
            return None
        known = [*(entry for entry in self._entries if entry != name), *self._builtin]
        message = f'no provider "{uses}"{suggestion(uses, known)}'
        hint = "`imagepipe providers list` shows the built-in ones"
        self._findings.add(self._document.problem("E112", message, at, hint=hint))
        return None
