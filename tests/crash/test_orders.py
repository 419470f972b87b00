"""Orders of steps that once went wrong, each found by the whole program's machine or by thought.

They are the machine's own rules, told one after the other; its claims hold after each, and what is
left comes to rest at the end.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.crash.program_inside import Point
from tests.crash.program_shop import run
from tests.crash.test_whole_program import WholeProgram

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


class Order(WholeProgram):
    """The program, step by step."""

    def killed_before_its_record(self, sku: str, word: str) -> None:
        """A run writes the output of a product, and is killed before it is entered."""
        self.edit_manifest((sku, word))
        path = self.folder / "images" / f"{sku}.png"
        before = path.stat().st_ino if path.exists() else None
        process = self.begin("run", run(self.shop, None))
        while not path.exists() or path.stat().st_ino == before:
            assert process.ended is None, "it never wrote"
            process.step()
            self.check(process)
        self.end(process)

    def runs(self, sku: str, word: str) -> None:
        """A run to its end, with another word for a product."""
        self.edit_manifest((sku, word))
        self.advance(self.begin("run", run(self.shop, None)), None, 1)


@contextmanager
def order(offer: str, products: int = 2) -> Iterator[Order]:
    """A shop at rest, and what is to hold at the end."""
    floor = Order()
    floor.open(offer=offer, on_ambiguous="hold", unbilled=0, budget=None, products=products)
    try:
        yield floor
        floor.the_books_agree()
    finally:
        floor.teardown()


OFFERS = ("no help", "idempotency", "lookup", "synchronous")


@pytest.mark.parametrize("offer", OFFERS)
def test_an_output_of_a_killed_run_gives_way_to_the_next_picture(offer: str) -> None:
    """It was written and not entered: it is no person's, whatever the manifest wants by then."""
    with order(offer) as shop:
        shop.killed_before_its_record("P1", "pink")
        shop.runs("P1", "grey")


def test_an_output_of_a_killed_run_gives_way_to_an_earlier_picture() -> None:
    """The manifest is taken back to what it was."""
    with order("lookup") as shop:
        shop.runs("P1", "red")
        shop.killed_before_its_record("P1", "pink")
        shop.runs("P1", "red")


def test_a_restored_output_of_a_killed_run_gives_way() -> None:
    """Its picture has a receipt, and was put back by a run all the same."""
    with order("no help") as shop:
        shop.runs("P1", "pink")
        shop.runs("P1", "red")
        shop.killed_before_its_record("P1", "pink")
        shop.runs("P1", "red")


def test_an_output_of_a_killed_run_gives_way_when_its_picture_went_elsewhere() -> None:
    """Another product has it by then, with a receipt."""
    with order("no help") as shop:
        shop.killed_before_its_record("P1", "pink")
        shop.shop.words["P1"] = "grey"
        shop.runs("P2", "pink")


def test_an_old_picture_that_a_person_put_back_is_kept() -> None:
    """Its bytes are in the store, and what is at its path is a person's choice."""
    with order("no help") as shop:
        shop.runs("P1", "pink")
        path = shop.folder / "images" / "P1.png"
        pink = path.read_bytes()
        shop.runs("P1", "red")
        path.write_bytes(pink)
        shop.edited["P1"] = pink
        shop.runs("P1", "grey")
        assert path.read_bytes() == pink


def test_kills_that_cut_off_a_copy_each_are_no_damage() -> None:
    """Two runs and a person's decision: `store verify` finds nothing wrong, before any next run."""
    with order("idempotency") as shop:
        shop.is_killed_in_a_run(edit=None, at=(Point.REPLY, 1), seed=0)
        shop.is_killed_in_a_run(edit=None, at=(Point.HALF, 2), seed=0)
        shop.is_decided_by_a_person(choice="attach", which=0, at=(Point.COPY, 1))
        shop.the_books_agree()


def test_a_kill_before_a_settled_announcement_is_copied_is_no_damage() -> None:
    """The run that resumed a job had its output entered, and not yet said so in the copy."""
    with order("idempotency") as shop:
        shop.is_killed_in_a_run(edit=None, at=(Point.REPLY, 1), seed=0)
        shop.is_killed_in_a_run(edit=None, at=(Point.COPY, 8), seed=0)
        shop.the_books_agree()


def test_a_nonce_is_not_sent_again_by_a_process_that_stood_still_for_a_day() -> None:
    """It was in time when the process asked; a laptop may sleep before its turn comes."""
    with order("idempotency") as shop:
        shop.is_killed_in_a_run(edit=None, at=(Point.REPLY, 1), seed=0)
        process = shop.begin("run", run(shop.shop, None))
        while process.at is not Point.SUBMIT:
            process.step()
        shop.time_takes("a day")
        shop.advance(process, None, 1)
        assert len(shop.vendor.jobs) == 2
