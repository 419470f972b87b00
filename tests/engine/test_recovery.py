"""What a run finds of the runs before it: everything goes on, and only a doubt may be left."""

from __future__ import annotations

import base64
import errno
import shutil
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from imagepipe import events
from imagepipe import manifest as manifests
from imagepipe.engine import Control
from imagepipe.engine.courier import Courier
from imagepipe.errors import StoreError
from imagepipe.manifest import Manifest
from imagepipe.model import Fault, FaultKind, Job, Secret, State, Ticket
from imagepipe.planner import Policy, Verdict
from imagepipe.store import Blobs, Ledger, Run, Spool, Spooled, Stamp, probe, this_process
from imagepipe.store.lock import Entry
from imagepipe.store.lock_merge import update_lock
from imagepipe.store.money import Sum
from imagepipe.wire import Request
from tests.engine.conftest import NOW, World
from tests.fakes.lab import OTHER_PICTURE, Lab
from tests.fakes.vendor import PICTURE, reply

pytestmark = pytest.mark.anyio
SPECS = Path(__file__).parents[1] / "crash" / "specs"
TWO = Sum(Decimal("0.02"))
LATER = "2026-01-05T03:04:05.000Z"


@pytest.fixture
def lab(world: World) -> Lab:
    lab = Lab()
    world.vendor = lab
    return lab


def shop(world: World, spec: str, products: int = 1) -> Manifest:
    """A catalogue at a provider of `tests/crash/specs`."""
    shutil.copy(SPECS / f"{spec}.provider.yaml", world.folder)
    rows = "\n".join(f"  - {{sku: P{n}}}" for n in range(1, products + 1))
    return world.manifest(
        "version: 1\nname: t\nproviders:\n"
        f"  lab: {{uses: ./{spec}.provider.yaml, base_url: 'https://lab.example', identity: lab}}\n"
        f"products:\n{rows}\nimages:\n  hero: {{prompt: 'a {{{{ sku }}}}', provider: lab}}\n"
    )


def without(*folders: Path) -> None:
    """What a person deletes."""
    for folder in folders:
        shutil.rmtree(folder)


def verdicts(world: World, manifest: Manifest) -> list[Verdict]:
    with world.planned(manifest) as plan:
        return [step.verdict for step in plan.steps()]


def killed(
    world: World, manifest: Manifest, then: Callable[[Ledger, Job], None], *, nonce: str = ""
) -> Job:
    """A run that claimed the first job, went as far as `then`, and was killed."""
    job = next(iter(manifests.expand(manifest)))
    process = replace(this_process(), boot="an earlier one")
    with Ledger.open_or_create(world.layout, Stamp.LIVE, NOW) as ledger:
        run = Run("killed", process, NOW, ("imagepipe.yaml",), purse="killed")
        ledger.start_run(run, probe(this_process()))
        ledger.claim(job.candidates[0], job, "killed", NOW, nonce=nonce or None)
        then(ledger, job)
    return job


def spooled(world: World, job: Job, body: bytes) -> None:
    reply = Spooled(200, {"content-type": "application/json"}, body)
    Spool(world.layout.spool).write(job.key, 1, reply, "killed")


def pictures(world: World) -> list[Path]:
    return sorted(world.outputs.rglob("*.png"))


INLINE = b'{"data": [{"b64_json": "' + base64.b64encode(PICTURE) + b'"}]}'


async def test_a_kept_reply_finishes_its_job_without_any_request(world: World, lab: Lab) -> None:
    """A kill after the last byte of a synchronous answer costs nothing."""
    manifest = shop(world, "sync")
    job = killed(world, manifest, lambda _ledger, job: spooled(world, job, INLINE))
    assert verdicts(world, manifest) == [Verdict.RESUMABLE]
    tally = await world.run(manifest)
    assert (tally.jobs["resumed"], tally.exit_code, lab.asked) == (1, 0, [])
    assert [path.read_bytes() for path in pictures(world)] == [PICTURE]
    assert Spool(world.layout.spool).read(job.key, 1) is None
    assert [record.state for record in world.records()] == [State.COMMITTED]


async def test_a_kept_reply_is_read_again_after_its_job_was_noted_as_done(
    world: World, lab: Lab
) -> None:
    """Killed between the note that it is done and its picture."""
    manifest = shop(world, "sync")

    def done(ledger: Ledger, job: Job) -> None:
        spooled(world, job, INLINE)
        ledger.remote_done(job.key, None, None, NOW)

    killed(world, manifest, done)
    tally = await world.run(manifest)
    assert (tally.jobs["resumed"], len(pictures(world)), lab.asked) == (1, 1, [])


async def test_a_reply_that_nobody_can_read_is_evidence_and_stays_in_doubt(
    world: World, lab: Lab
) -> None:
    manifest = shop(world, "sync")
    lab.answer = replace(reply(200, {}), body=b"<html>busy</html>")
    first = await world.run(manifest)
    again = await world.run(manifest)
    assert (first.jobs["ambiguous"], again.jobs["ambiguous"], lab.paid) == (1, 1, 1)
    assert verdicts(world, manifest) == [Verdict.AMBIGUOUS]
    kept = Spool(world.layout.spool).read(world.records()[0].key, 1)
    assert kept is not None
    assert kept.body == b"<html>busy</html>"


async def test_a_reply_is_on_the_disk_only_until_its_picture_is_stored(
    world: World, lab: Lab
) -> None:
    tally = await world.run(shop(world, "sync", products=4))
    assert (tally.jobs["generated"], lab.paid) == (4, 4)
    assert list(world.layout.spool.iterdir()) == []


async def test_a_disk_that_takes_no_reply_ends_the_spending_and_loses_no_picture(
    world: World, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was answered by then is delivered all the same; the trouble is told once."""

    def full(*_: object) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Spool, "write", full)
    with pytest.raises(StoreError, match="could not be kept on the disk: No space left"):
        await world.run(shop(world, "sync", products=60))
    assert 1 <= lab.paid < 60
    assert len(pictures(world)) == lab.paid
    monkeypatch.undo()
    world.control = Control()
    tally = await world.run(shop(world, "sync", products=60))
    assert (tally.jobs["generated"], lab.paid) == (60 - tally.jobs["reused"], 60)


async def test_leave_to_pay_again_is_reported_as_money_at_risk(world: World, lab: Lab) -> None:
    """By the manifest's rule or by hand; a first payment is at no risk."""
    manifest = shop(world, "none", products=2)
    lab.lose = lambda _number: "answer"
    first = await world.run(manifest)
    assert (first.jobs["ambiguous"], first.in_doubt, first.risked) == (2, TWO, Sum())
    lab.lose = lambda _number: ""
    one, _ = manifests.expand(manifest)
    by_hand = await world.run(
        manifest, meddle=lambda ledger: ledger.resubmit(one.key, NOW, why="by hand")
    )
    assert (by_hand.jobs["generated"], by_hand.jobs["ambiguous"]) == (1, 1)
    by_rule = await world.run(manifest, policy=Policy(resubmit_ambiguous=True))
    assert (by_rule.jobs["generated"], by_rule.jobs["reused"], lab.paid) == (1, 1, 4)
    assert by_hand.risked + by_rule.risked == TWO


async def test_leave_to_pay_again_is_not_used_twice(
    world: World, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run uses it after this one has planned: what that run left in doubt is held."""
    manifest = shop(world, "none")
    lab.lose = lambda _number: "answer"
    await world.run(manifest)
    job, ledgers, ask = next(iter(manifests.expand(manifest))), list[Ledger](), Courier.request

    def used(courier: Courier, nonce: str | None) -> Request:
        ledger = ledgers.pop()
        ledger.start_run(Run("other", this_process(), NOW, purse="other"), probe(this_process()))
        ledger.resubmit(job.key, NOW, why="on_ambiguous")
        ledger.claim(job.candidates[0], job, "other", NOW)
        ledger.ambiguous(job.key, Fault(FaultKind.UNCERTAIN, "no answer"), NOW)
        return ask(courier, nonce)

    monkeypatch.setattr(Courier, "request", used)
    policy = Policy(resubmit_ambiguous=True)
    tally = await world.run(manifest, policy=policy, meddle=ledgers.append)
    assert (tally.jobs["ambiguous"], lab.paid, tally.risked) == (1, 1, Sum())


async def test_a_refused_request_leaves_no_reply_behind(world: World, lab: Lab) -> None:
    lab.answer = reply(400, {"message": "no"})
    tally = await world.run(shop(world, "sync"))
    assert tally.jobs["failed"] == 1
    assert not world.layout.spool.exists()


async def test_an_answer_without_picture_or_kept_reply_is_lost_and_never_paid_again(
    world: World, lab: Lab
) -> None:
    """Paid for, and its picture is nowhere: a person decides."""
    manifest = shop(world, "sync")
    killed(world, manifest, lambda ledger, job: ledger.remote_done(job.key, None, None, NOW))
    tally = await world.run(manifest)
    again = await world.run(manifest)
    assert (tally.jobs["lost"], again.jobs["lost"], lab.asked) == (1, 1, [])
    (record,) = world.records()
    assert record.state is State.LOST
    assert record.fault is not None
    assert (record.fault.kind, record.fault.accepted) == (FaultKind.MISSING, True)
    assert record.fault.billed is True
    assert record.fault.message.endswith("its picture is gone: its reply was not kept")


async def test_the_same_request_under_the_same_nonce_settles_a_lost_answer(
    world: World, lab: Lab
) -> None:
    """Whether it had arrived or not, it is one job at the vendor and one picture here."""
    lab.lose = lambda number: {1: "answer", 2: "request"}.get(number, "")
    tally = await world.run(shop(world, "once", products=2))
    assert (tally.jobs["generated"], tally.exit_code) == (2, 0)
    assert sorted(lab.prompts) == ["a P1", "a P2"]
    nonces = [request.headers["Once"] for request in lab.asked if request.headers.get("Once")]
    assert (len(nonces), len(set(nonces))) == (4, 2)


async def test_a_killed_submit_is_repeated_under_the_nonce_that_was_stored(
    world: World, lab: Lab
) -> None:
    manifest = shop(world, "once")
    killed(world, manifest, lambda _ledger, _job: None, nonce=marked(manifest))
    assert verdicts(world, manifest) == [Verdict.RESUMABLE]
    tally = await world.run(manifest)
    assert (tally.jobs["resumed"], len(lab.jobs)) == (1, 1)


@pytest.mark.parametrize("case", ["too late", "other account", "never sent"])
async def test_a_nonce_that_proves_nothing_leaves_the_doubt_to_a_person(
    world: World, lab: Lab, case: str
) -> None:
    """The vendor forgets, another key's account knows nothing, and an unsent nonce least."""
    manifest = shop(world, "once")
    nonce = marked(manifest)
    if case == "too late":
        world.now = LATER
    else:
        nonce = "00000000-" + "n" * 32 if case == "other account" else "n" * 32
    killed(world, manifest, lambda _ledger, _job: None, nonce=nonce)
    tally = await world.run(manifest)
    assert (tally.jobs["ambiguous"], tally.exit_code, lab.asked) == (1, 4, [])


async def test_a_refusal_of_the_repeated_request_proves_nothing(world: World, lab: Lab) -> None:
    """A 400 may mean that the vendor saw the nonce with other bytes: the first may be paid."""
    manifest = shop(world, "once")
    killed(world, manifest, lambda _ledger, _job: None, nonce=marked(manifest))
    lab.answer = reply(400, {"message": "the body differs"})
    tally = await world.run(manifest)
    assert (tally.jobs["ambiguous"], world.records()[0].state) == (1, State.AMBIGUOUS)


@pytest.mark.parametrize("spec", ["list", "echo"])
async def test_a_list_of_jobs_settles_a_lost_answer(world: World, lab: Lab, spec: str) -> None:
    """One match is the ticket; none means that it never arrived, and it is sent once more."""
    lab.lose = lambda number: {1: "answer", 2: "request"}.get(number, "")
    tally = await world.run(shop(world, spec, products=2))
    assert (tally.jobs["generated"], tally.exit_code) == (2, 0)
    assert (sorted(lab.prompts), lab.paid) == (["a P1", "a P2"], 3)


async def test_several_listed_jobs_that_fit_are_left_to_a_person(world: World, lab: Lab) -> None:
    lab.lose, lab.twins = lambda _number: "answer", True
    tally = await world.run(shop(world, "echo"))
    assert (tally.jobs["ambiguous"], lab.paid, world.records()[0].state) == (1, 1, State.AMBIGUOUS)


async def test_a_listed_job_that_another_key_has_is_not_this_one(world: World, lab: Lab) -> None:
    """Same seed and prompt, other request: its ticket is taken, so ours never arrived."""
    manifest = shop(world, "echo")
    await world.run(manifest)
    record = world.records()[0]
    spec = (world.folder / "echo.provider.yaml").read_text()
    (world.folder / "echo.provider.yaml").write_text(spec.replace("revision: 1", "revision: 2"))
    other = world.manifest(
        "version: 1\nname: t\nproviders:\n"
        "  lab: {uses: ./echo.provider.yaml, base_url: 'https://lab.example', identity: lab}\n"
        "products:\n  - {sku: P1}\nimages:\n  hero: {prompt: 'a {{ sku }}', provider: lab}\n"
    )
    lab.lose = lambda number: "request" if number == 2 else ""
    tally = await world.run(other)
    assert (tally.jobs["generated"], lab.paid, len(lab.jobs)) == (1, 3, 2)
    assert record.ticket is not None


async def test_a_picture_that_is_gone_here_is_fetched_again_by_its_ticket(
    world: World, lab: Lab
) -> None:
    """The blob and the output are lost; the provider still has the picture, and is not paid."""
    manifest = shop(world, "none")
    await world.run(manifest)
    without(world.layout.blobs, world.outputs)
    assert verdicts(world, manifest) == [Verdict.RESUMABLE]
    tally = await world.run(manifest)
    assert (tally.jobs["resumed"], lab.paid, len(pictures(world))) == (1, 1, 1)
    assert verdicts(world, manifest) == [Verdict.REUSED]


async def test_a_picture_may_come_back_as_other_bytes(world: World, lab: Lab) -> None:
    """A vendor may encode anew; what is stored is what came."""
    manifest = shop(world, "none")
    await world.run(manifest)
    without(world.layout.blobs, world.outputs)
    lab.picture = OTHER_PICTURE
    tally = await world.run(manifest)
    assert (tally.jobs["resumed"], lab.paid) == (1, 1)
    assert [path.read_bytes() for path in pictures(world)] == [OTHER_PICTURE]
    assert verdicts(world, manifest) == [Verdict.REUSED]


async def test_a_ticket_that_the_provider_forgot_is_lost_for_good(world: World, lab: Lab) -> None:
    manifest = shop(world, "none")
    await world.run(manifest)
    without(world.layout.blobs, world.outputs)
    lab.gone = True
    tally = await world.run(manifest)
    assert (tally.jobs["lost"], tally.exit_code, lab.paid) == (1, 4, 1)
    assert [record.state for record in world.records()] == [State.LOST]


@pytest.mark.parametrize("known", ["nothing", "doubt", "failure", "loss", "refusal"])
async def test_a_ticket_that_only_the_lock_knows_is_polled_and_not_paid(
    world: World, lab: Lab, known: str
) -> None:
    """A fresh clone whose pictures were not committed; here may even stand something worse."""
    manifest = shop(world, "none")
    await world.run(manifest)
    record, job = world.records()[0], next(iter(manifests.expand(manifest)))
    assert record.blob is not None
    cost = Decimal("0.03")
    entry = Entry(
        f"{job.path}.png", record.blob, record.blob, job.key, "lab", Ticket("j1"), 7, cost
    )
    without(world.layout.root, world.outputs)
    update_lock(world.folder / "imagepipe.yaml.lock", [entry], "r")
    assert verdicts(world, manifest) == [Verdict.RESUMABLE]
    tally = await world.run(manifest, meddle=_MEDDLED[known](job))
    assert (tally.jobs["resumed"], lab.paid, len(pictures(world))) == (1, 1, 1)
    (found,) = world.records()
    assert (found.state, found.claim) == (State.COMMITTED, None)
    with Ledger.open_or_create(world.layout, Stamp.LIVE, NOW) as ledger:
        noted = {note.kind: note.run for note in ledger.notes() if note.kind != "evidence"}
        row = ledger.row(job.key)
    by_hand = {"nothing": {}, "refusal": {"resubmit": "run2"}}
    assert noted == by_hand.get(known, {"attach": "run2"})
    assert (row.run, row.cost, row.seed) == ("run2", "0.03", "7")


async def test_a_blob_whose_receipt_is_missing_needs_no_request(world: World, lab: Lab) -> None:
    """Killed between the picture and its receipt."""
    manifest = shop(world, "none")

    def stored(ledger: Ledger, job: Job) -> None:
        ledger.ticketed(job.key, Ticket("j1"), NOW)
        digest, size = Blobs(world.layout.blobs).put(PICTURE, "killed")
        ledger.fetched(job.key, digest, size, NOW)

    killed(world, manifest, stored)
    tally = await world.run(manifest)
    assert (tally.jobs["resumed"], lab.asked, len(pictures(world))) == (1, [], 1)


async def test_a_fetched_picture_whose_blob_is_damaged_is_asked_for_again(
    world: World, lab: Lab
) -> None:
    manifest = shop(world, "none")
    await world.run(manifest)
    made = lab.jobs[0]
    without(world.layout.root, world.outputs)

    def stored(ledger: Ledger, job: Job) -> None:
        ledger.ticketed(job.key, Ticket(made.id), NOW)
        digest, size = Blobs(world.layout.blobs).put(PICTURE, "killed")
        ledger.fetched(job.key, digest, size, NOW)
        Blobs(world.layout.blobs).path(digest).write_bytes(PICTURE[:40])

    killed(world, manifest, stored)
    tally = await world.run(manifest)
    assert (tally.jobs["resumed"], lab.paid, len(pictures(world))) == (1, 1, 1)


async def test_too_many_lost_answers_stop_a_provider_with_one_message(
    world: World, lab: Lab
) -> None:
    """The third doubt is one too many: the rest is not risked, and not lost either.

    Sixteen are in flight at a time, and each of the three may have left its place to another.
    """
    lab.lose = lambda _number: "answer"
    manifest = shop(world, "none", products=60)
    tally = await world.run(manifest)
    assert tally.exit_code == 4
    assert 3 <= tally.jobs["ambiguous"] == lab.paid <= 16 + 3
    assert tally.jobs["blocked"] == 60 - lab.paid
    stopped = [event for event in world.events if isinstance(event, events.ProviderStopped)]
    assert [(event.provider, event.fault.accepted) for event in stopped] == [("lab", False)]
    before, lab.lose = lab.paid, lambda _number: ""
    again = await world.run(manifest)
    assert again.jobs["generated"] == 60 - before


async def test_a_run_of_four_hundred_may_leave_less_than_one_per_cent_in_doubt(
    world: World, lab: Lab
) -> None:
    """Three lost answers among four hundred jobs are a network, not an outage."""
    lab.lose = lambda number: "answer" if number % 100 == 50 and number < 300 else ""
    tally = await world.run(shop(world, "none", products=400))
    assert (tally.jobs["ambiguous"], tally.jobs["generated"]) == (3, 397)


async def test_a_run_goes_on_with_what_another_run_left_that_died_meanwhile(
    world: World, lab: Lab
) -> None:
    """Its ticket is polled here, where waiting for a dead run would take for ever."""
    manifest = shop(world, "none")
    await world.run(manifest)
    without(world.layout.root, world.outputs)
    job = next(iter(manifests.expand(manifest)))

    def other(ledger: Ledger) -> None:
        process = replace(this_process(), boot="an earlier one")
        run = Run("other", process, NOW, ("imagepipe.yaml",), purse="other")
        ledger.start_run(run, probe(this_process()))
        ledger.claim(job.candidates[0], job, "other", NOW)
        ledger.ticketed(job.key, Ticket("j1"), NOW)

    tally = await world.run(manifest, meddle=other)
    assert (tally.jobs["resumed"], lab.paid) == (1, 1)


async def test_a_claim_that_cannot_be_proven_dead_is_reported_and_left(
    world: World, lab: Lab
) -> None:
    manifest = shop(world, "none")
    job = next(iter(manifests.expand(manifest)))

    def other(ledger: Ledger) -> None:
        process = replace(this_process(), host="elsewhere")
        run = Run("far", process, NOW, ("imagepipe.yaml",), purse="far")
        ledger.start_run(run, probe(this_process()))
        ledger.claim(job.candidates[0], job, "far", NOW)

    tally = await world.run(manifest, meddle=other)
    assert (tally.jobs["blocked"], lab.asked) == (1, [])
    assert "run far holds it" in tally.failures[0].fault.message


def marked(manifest: Manifest) -> str:
    """A nonce as a run of this world sends it."""
    secret = Secret("test-key")
    nonce = manifest.providers["lab"].with_secret(secret).nonce("n" * 32)
    assert nonce is not None
    return nonce


Meddle = Callable[[Ledger], None]


def _nothing(_job: Job) -> Meddle:
    return lambda _ledger: None


def _claimed(then: Callable[[Ledger, Job], None]) -> Callable[[Job], Meddle]:
    def of(job: Job) -> Meddle:
        def meddle(ledger: Ledger) -> None:
            process = replace(this_process(), boot="an earlier one")
            run = Run("old", process, NOW, ("imagepipe.yaml",), purse="old")
            ledger.start_run(run, probe(this_process()))
            ledger.claim(job.candidates[0], job, "old", NOW)
            then(ledger, job)

        return meddle

    return of


def _fault(accepted: bool | None) -> Callable[[Ledger, Job], None]:
    fault = Fault(FaultKind.FAILED, "it failed", accepted=accepted)
    return lambda ledger, job: ledger.fail(job.key, fault, NOW)


def _doubt(ledger: Ledger, job: Job) -> None:
    ledger.ambiguous(job.key, Fault(FaultKind.UNCERTAIN, "no answer"), NOW)


def _lost(ledger: Ledger, job: Job) -> None:
    ledger.remote_done(job.key, None, None, NOW)
    ledger.lose(job.key, Fault(FaultKind.MISSING, "gone"), NOW)


def _blocked(ledger: Ledger, job: Job) -> None:
    ledger.block(job.key, "old", Fault(FaultKind.DENIED, "bad key"), NOW)


_MEDDLED: dict[str, Callable[[Job], Meddle]] = {
    "nothing": _nothing,
    "doubt": _claimed(_doubt),
    "failure": _claimed(_fault(None)),
    "loss": _claimed(_lost),
    "refusal": _claimed(_blocked),
}
