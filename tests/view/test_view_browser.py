"""The page that decides, in a real browser, as a person uses it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from imagepipe.review import Decision, Retry
from tests.report.browsing import LAPTOP, await_pictures, chromium, focused
from tests.view.viewed import View

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(180)]

HERO, LAMP = "MUG-01/hero", "LAMP-02/hero"
HOSTILE = "<img src=x onerror=alert(1)>"
EXPECTED = re.compile("the server responded with a status of (401|409|422|500)|CONNECTION_REFUSED")
"""What a browser says of the page before the page, and of a conflict."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@contextmanager
def opened(browser: Browser, view: View, **options: Any) -> Iterator[Page]:
    """The page in a window of its own, opened by its link.

    Raises:
        AssertionError: at the end, if it complained or asked for anything elsewhere.
    """
    context = browser.new_context(**{"viewport": LAPTOP, **options})
    complaints: list[str] = []
    asked: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
    page.on("request", lambda request: asked.append(request.url))
    try:
        page.goto(view.link)
        expect(page.locator("#live")).to_have_text("Live")
        yield page
        assert [one for one in complaints if not EXPECTED.search(one)] == []
        assert [url for url in asked if not url.startswith((view.base, "data:"))] == []
    finally:
        context.close()


@pytest.fixture
def page(browser: Browser, undecided: View) -> Iterator[Page]:
    with opened(browser, undecided) as found:
        yield found


def saved(page: Page, words: str) -> None:
    expect(page.locator(".toast")).to_contain_text(words)


def test_the_link_opens_the_page_and_a_reload_keeps_it(page: Page, view: View) -> None:
    """The token leaves the address at once; a window without it is told what to open."""
    assert page.url == view.base
    expect(page.locator("h1")).to_have_text("demo")
    await_pictures(page)
    drawn = page.eval_on_selector_all(".tile img", "(all) => all.map((i) => i.naturalWidth)")
    assert len(drawn) == 6
    assert min(drawn) > 0
    page.reload()
    expect(page.locator("#live")).to_have_text("Live")


def test_without_the_token_nothing_is_shown(browser: Browser, view: View) -> None:
    """Nor with a wrong one."""
    for link in (view.base, f"{view.base}#token=wrong"):
        context = browser.new_context()
        stranger = context.new_page()
        stranger.goto(link)
        expect(stranger.locator("#said")).to_contain_text("Open the whole link")
        assert "MUG" not in stranger.content()
        context.close()


def test_a_picture_is_approved_by_its_key_and_stays(page: Page, view: View) -> None:
    """In the file, on the tile, in a filter, and after a reload."""
    page.locator(".tile").first.click()
    page.keyboard.press("a")
    saved(page, "Approved: MUG-01 · hero")
    entry = view.shop.review().entries[HERO]
    assert (entry.decision, entry.picture) == (Decision.APPROVED, view.shop.digest(HERO))
    expect(page.locator("#details .said")).to_have_text("Approved")
    expect(page.get_by_role("button", name="Approve", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    page.reload()
    expect(page.locator("#details .said")).to_have_text("Approved")
    page.keyboard.press("Escape")
    expect(page.locator(".tile .decision.approved")).to_have_count(1)
    page.get_by_role("combobox", name="Decision").select_option("Not decided")
    expect(page.locator("#found")).to_have_text("5 of 6 pictures")
    page.get_by_role("combobox", name="Decision").select_option("Approved")
    expect(page.locator("#found")).to_have_text("1 of 6 pictures")


def test_a_picture_is_rejected_with_a_note(page: Page, view: View) -> None:
    """Which is a text, whatever it looks like; a called-off dialog decides nothing."""
    page.locator(".tile").first.click()
    page.keyboard.press("r")
    page.keyboard.press("Escape")
    expect(page.locator(".ask")).not_to_be_visible()
    expect(page.locator("#lightbox")).to_be_visible()
    assert view.shop.review().entries == {}
    page.get_by_role("button", name="Reject…").click()
    page.keyboard.type(f"{HOSTILE}: too\ndark")
    page.keyboard.press("Control+Enter")
    saved(page, "Rejected: MUG-01 · hero")
    entry = view.shop.review().entries[HERO]
    assert (entry.decision, entry.note) == (Decision.REJECTED, f"{HOSTILE}: too\ndark")
    expect(page.locator(".decided .prose")).to_have_text(f"{HOSTILE}: too\ndark")
    assert page.locator("img[src=x]").count() == 0


def test_a_decision_is_taken_back(page: Page, view: View) -> None:
    """By its button, its key, and by deciding the same again."""
    page.locator(".tile").first.click()
    page.keyboard.press("a")
    saved(page, "Approved")
    page.get_by_role("button", name="Undo").click()
    saved(page, "Undone")
    assert view.shop.review().entries == {}
    page.keyboard.press("a")
    saved(page, "Approved")
    page.keyboard.press("a")
    saved(page, "Cleared")
    assert view.shop.review().entries == {}
    page.keyboard.press("u")
    saved(page, "Undone")
    assert view.shop.review().entries[HERO].decision is Decision.APPROVED


def test_many_pictures_are_decided_on_at_once(page: Page, view: View) -> None:
    """Chosen one by one, as a range, or all that are shown; by mouse and by keyboard."""
    page.locator(".tile").nth(1).hover()
    boxes = page.locator(".choose input")
    boxes.nth(1).check()
    boxes.nth(3).click(modifiers=["Shift"])
    bar = page.get_by_role("region", name="Chosen pictures")
    expect(bar).to_contain_text("3 chosen")
    bar.get_by_role("button", name="Approve").click()
    saved(page, "Approved: 3 pictures")
    assert len(view.shop.review().entries) == 3
    page.keyboard.press("Escape")
    expect(bar).not_to_be_visible()
    page.get_by_label("Recipe").select_option("hero")
    page.locator(".tile").first.focus()
    page.keyboard.press("x")
    bar.get_by_role("button", name="All 3 shown").click()
    expect(bar).to_contain_text("3 chosen")
    page.keyboard.press("c")
    saved(page, "Cleared")
    assert sorted(view.shop.review().entries) == ["LAMP-02/scene", "MUG-01/scene"]
    page.keyboard.press("u")
    saved(page, "Undone")
    assert len(view.shop.review().entries) == 3


def test_the_keyboard_alone_decides(page: Page, view: View) -> None:
    """From the grid: through pictures, and on with them."""
    page.locator("#skip").press("Enter")
    page.keyboard.press("a")
    saved(page, "Approved: MUG-01 · hero")
    assert focused(page).startswith("MUG-01 · hero")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("r")
    page.keyboard.type("wrong lamp")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    saved(page, "Rejected: LAMP-02 · hero")
    assert focused(page).startswith("LAMP-02 · hero")
    assert view.shop.review().entries[LAMP].note == "wrong lamp"
    page.locator("#search").focus()
    page.keyboard.type("a lamp")
    assert view.shop.review().entries[HERO].decision is Decision.APPROVED


def test_two_windows_see_each_other(browser: Browser, undecided: View) -> None:
    """What one decides comes to the other; where both decide, the second is told and may insist."""
    with opened(browser, undecided) as one, opened(browser, undecided) as other:
        one.locator(".tile").first.click()
        one.keyboard.press("a")
        expect(other.locator(".tile .decision.approved")).to_have_count(1)
        other.route("**/decisions", lambda route: route.fulfill(status=500, json={"error": "no"}))
        other.locator(".tile").first.click()
        other.keyboard.press("r")
        other.keyboard.press("Control+Enter")
        saved(other, "Not saved: no")
        other.unroute("**/decisions")
        other.get_by_role("button", name="Close", exact=True).click()
        other.keyboard.press("r")  # the dialog is open while the other window decides
        one.keyboard.press("c")
        saved(one, "Cleared")
        expect(other.locator(".tile .decision")).to_have_count(0)
        one.keyboard.press("a")
        saved(one, "Approved")
        expect(other.locator("#details .said")).to_have_text("Approved")
        other.keyboard.type("mine")
        other.keyboard.press("Control+Enter")
        saved(other, "Rejected")


def test_a_window_in_the_background_catches_up(browser: Browser, undecided: View) -> None:
    """It lets its connection go, of which a browser has six for all windows."""
    hide = "(is) => { Object.defineProperty(document, 'hidden', {value: is, configurable: true}); "
    hide += "document.dispatchEvent(new Event('visibilitychange')); }"
    with opened(browser, undecided) as one, opened(browser, undecided) as other:
        other.evaluate(hide, True)
        one.locator(".tile").first.focus()
        one.keyboard.press("a")
        saved(one, "Approved")
        expect(one.locator(".tile .decision.approved")).to_have_count(1)
        expect(other.locator(".tile .decision")).to_have_count(0)
        other.evaluate(hide, False)
        expect(other.locator(".tile .decision.approved")).to_have_count(1)


def test_a_decision_that_was_overtaken_is_not_lost(browser: Browser, undecided: View) -> None:
    """The window that did not hear of the other's is told what holds, and may save its own."""
    context = browser.new_context(viewport=LAPTOP)
    context.route("**/events?*", lambda route: route.abort())
    deaf = context.new_page()
    deaf.goto(undecided.link)
    expect(deaf.locator("#live")).to_contain_text("Not connected")
    with opened(browser, undecided) as one:
        one.locator(".tile").first.click()
        one.keyboard.press("a")
        saved(one, "Approved")
        deaf.locator(".tile").first.click()
        deaf.keyboard.press("r")
        deaf.keyboard.type("mine")
        deaf.keyboard.press("Control+Enter")
        saved(deaf, "Not saved: MUG-01 · hero decided on elsewhere meanwhile: Approved.")
        expect(deaf.locator("#details .said")).to_have_text("Approved")
        assert undecided.shop.review().entries[HERO].decision is Decision.APPROVED
        deaf.get_by_role("button", name="Save mine").click()
        saved(deaf, "Rejected")
        assert undecided.shop.review().entries[HERO].note == "mine"
        expect(one.locator("#details .said")).to_have_text("Rejected")
    context.close()


def test_another_try_during_a_live_run(page: Page, view: View) -> None:
    """A run of another process goes on; a try is asked for meanwhile, and made by a second run."""
    first = view.shop.digest(HERO)
    page.locator(".tile").nth(1).click()
    page.keyboard.press("t")
    page.locator(".ask").get_by_label("Another seed").uncheck()
    page.get_by_role("button", name="Ask for it").click()
    expect(page.locator(".ask .wrong")).to_contain_text("Nothing is asked for")
    page.locator(".ask").get_by_label("Prompt").fill("A mug on a wooden bench")
    page.get_by_role("button", name="Ask for it").click()
    saved(page, "Another try is asked for: MUG-01 · scene")
    with view.shop.start("run", "--emulate", "-q", "--select", "review:retry") as run:
        expect(page.locator("#live")).to_have_text("Live, 1 run at work")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("t")
        page.locator(".ask").get_by_label("Why (may stay empty)").fill("too plain")
        page.get_by_role("button", name="Ask for it").click()
        saved(page, "Another try is asked for: MUG-01 · hero")
        assert run.wait(60) == 0
    expect(page.locator("#live")).to_have_text("Live")
    retry = view.shop.review().entries[HERO].retry
    assert retry is not None
    assert retry.seed is not None
    page.keyboard.press("Escape")
    expect(page.locator("#tries")).to_contain_text("1 picture waits for another try")
    command = page.locator("#tries code").inner_text()
    assert command == "imagepipe run --emulate --select review:retry"
    assert view.shop.types(*command.split()[1:], "-q").returncode == 0
    expect(page.locator("#tries")).not_to_be_visible()
    page.locator(".tile").first.click()
    expect(page.locator("#details")).to_contain_text(str(retry.seed))
    assert view.shop.digest(HERO) != first
    page.keyboard.press("b")
    expect(page.get_by_role("slider")).to_be_visible()
    page.keyboard.press("a")
    saved(page, "Approved")
    entry = view.shop.review().entries[HERO]
    assert (entry.picture, entry.retry) == (view.shop.digest(HERO), retry)
    again = view.shop.types("run", "--emulate")
    assert "No request was sent" in again.stdout


def test_another_provider_is_asked_for(page: Page, view: View) -> None:
    """With its own model, if one is named; what cannot be made is told, and not saved."""
    page.locator(".tile").first.click()
    page.keyboard.press("t")
    page.locator(".ask").get_by_label("Another seed").uncheck()
    page.locator(".ask").get_by_label("Provider").select_option("goneural")
    page.get_by_role("button", name="Ask for it").click()
    saved(page, "Not saved: goneural")
    assert view.shop.review().entries == {}
    page.keyboard.press("Escape")
    page.locator(".tile").nth(1).click()
    page.keyboard.press("t")
    page.locator(".ask").get_by_label("Another seed").uncheck()
    page.locator(".ask").get_by_label("Provider").select_option("runcrate")
    page.locator(".ask").get_by_label("Model there").fill("black-forest-labs/FLUX.1-schnell")
    page.get_by_role("button", name="Ask for it").click()
    saved(page, "Another try is asked for")
    model = "black-forest-labs/FLUX.1-schnell"
    assert view.shop.review().entries["MUG-01/scene"].retry == Retry(
        provider="runcrate", model=model
    )


def test_what_is_wrong_in_the_file_is_told(page: Page, view: View) -> None:
    """And goes when it is mended."""
    view.shop.decisions.write_text("version: 1\npictures: {a/b: {decision: aproved}}\n")
    expect(page.locator("#trouble")).to_contain_text('did you mean "approved"?')
    view.shop.decisions.unlink()
    expect(page.locator("#trouble")).not_to_be_visible()


def test_hostile_texts_are_texts(page: Page) -> None:
    """In labels, dialogs and messages of this page, too."""
    page.locator("#search").fill("onerror")
    expect(page.locator("#found")).to_have_text("2 of 6 pictures")
    page.locator(".tile").first.click()
    page.keyboard.press("t")
    expect(page.locator("#ask-title")).to_have_text(f"Another try of {HOSTILE} · hero")
    expect(page.locator(".ask").get_by_label("Prompt")).to_have_value(
        "A red </script><script>alert(2)</script>, product photo"
    )
    page.get_by_role("button", name="Ask for it").click()
    saved(page, HOSTILE)
    assert page.locator("img[src=x]").count() == 0
    assert page.locator("script").count() == 3


def test_the_end_of_the_server_is_told(browser: Browser, view: View) -> None:
    """Nothing that is decided then is believed to be saved."""
    with View(view.shop) as other, opened(browser, other) as page:
        page.locator(".tile").first.click()
        other.end()
        expect(page.locator("#live")).to_contain_text("Not connected")
        page.evaluate("console.log = () => undefined")
        page.keyboard.press("a")
        saved(page, "Not saved: the server does not answer")
        page.close()


def test_nothing_is_wider_than_the_window(page: Page) -> None:
    """Bars and dialogs: from a small phone to a wide screen."""
    for width in (320, 390, 768, 2560):
        page.set_viewport_size({"width": width, "height": 800})
        page.locator(".choose input").first.check(force=True)
        page.evaluate("new Promise(requestAnimationFrame)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("t")
        for box in (page.locator(".ask").bounding_box(), page.locator(".chosen").bounding_box()):
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")


def test_a_run_moves_nothing_and_a_phone_cuts_no_short_name(page: Page) -> None:
    """Chips of statuses come and go: on a laptop the filters have a row of their own."""
    page.set_viewport_size({"width": 1280, "height": 800})
    chips, choices = (page.locator(part).bounding_box() for part in (".chips", ".choices"))
    assert chips is not None
    assert choices is not None
    assert choices["y"] >= chips["y"] + chips["height"]
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.locator(".names h1").evaluate("name => name.scrollWidth <= name.clientWidth")
