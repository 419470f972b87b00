"""The page in a real browser, from disk, as a person uses it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from imagepipe.report import folder as folders
from imagepipe.report.gallery import Charged
from tests.report.browsing import await_pictures, chromium, focused, opened, titles
from tests.unit.report.values import entry, gallery

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(180)]

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    with opened(browser, report) as found:
        yield found


def test_it_opens_from_disk_with_every_picture(page: Page) -> None:
    """The first ones are drawn; the rest come as they are scrolled to."""
    expect(page.locator("h1")).to_have_text("demo")
    expect(page.locator("#totals")).to_contain_text("of 18")
    await_pictures(page)
    drawn = page.eval_on_selector_all(".tile img", "(all) => all.map((i) => i.naturalWidth)")
    assert drawn
    assert min(drawn) > 0
    alts = page.eval_on_selector_all(".tile img", "(all) => all.map((i) => i.alt)")
    assert all(": " in alt for alt in alts)


def test_rows_are_in_order_however_they_came(browser: Browser, report: Path) -> None:
    """Only those near the window are there, and whoever has them read aloud hears them in order."""
    with opened(browser, report, viewport={"width": 390, "height": 500}) as page:
        seen = set()
        for top in (0, 2000, 900, 10_000, 0):
            page.evaluate(f"scrollTo(0, {top}); undefined")
            page.evaluate("new Promise((done) => requestAnimationFrame(() => done(0)))")
            places = page.eval_on_selector_all(".tile", "(all) => all.map((t) => +t.dataset.place)")
            assert places == sorted(places)
            assert 0 < len(places) < 18
            seen |= set(places)
    assert seen == set(range(18))


def test_a_price_that_has_drifted_is_told(browser: Browser, tmp_path: Path) -> None:
    """Beside the totals, while pictures of that provider are shown."""
    charged = (Charged("house", "model m-1", 3, Decimal("0.08"), Decimal("0.05")),)
    folders.write(gallery(entry(0), charged=charged), {}, tmp_path / "report")
    with opened(browser, tmp_path / "report") as page:
        told = "house (model m-1) charged $0.08 a picture, where the table says $0.05."
        expect(page.locator("#totals .drift")).to_have_text(told)
        page.locator("#search").fill("nothing like it")
        expect(page.locator("#totals .drift")).to_have_count(0)


def test_a_status_filters(page: Page) -> None:
    """Its button tells how many, is pressed, and all totals follow."""
    page.get_by_role("button", name="Failed 1").click()
    assert titles(page) == ["MUG-01 · portrait, Failed"]
    expect(page.locator("#found")).to_have_text("1 of 18 pictures")
    expect(page.locator("#totals")).to_contain_text("of 1")
    page.get_by_role("button", name="All 18").click()
    expect(page.locator("#totals")).to_contain_text("of 18")


@pytest.mark.parametrize(
    ("choice", "option", "many"),
    [
        ("Recipe", "scene", 6),
        ("Provider", "runcrate", 9),
        ("Tag", "shop", 9),
        ("Cost", "$0.003", 3),
        ("Cost", "Cost unknown", 8),
    ],
)
def test_a_choice_filters(page: Page, choice: str, option: str, many: int) -> None:
    """By what a picture is, by whom, and what it cost."""
    page.get_by_label(choice, exact=True).select_option(option)
    expect(page.locator("#found")).to_have_text(f"{many} of 18 pictures")


def test_the_search_looks_at_prompts_and_names(page: Page) -> None:
    """All words must be there, in any order; nothing found is said."""
    page.keyboard.press("/")
    assert focused(page) == "search"
    page.keyboard.type("GOLDEN brass trail")
    expect(page.locator("#found")).to_have_text("1 of 18 pictures")
    assert titles(page) == ["LAMP-02 · scene · a forest trail · 16:9, Done"]
    page.keyboard.type(" nowhere")
    expect(page.locator("#found")).to_contain_text("No picture fits")
    assert titles(page) == []


def test_pictures_can_be_grouped_and_ordered(page: Page) -> None:
    """By recipe; or across all by what they cost."""
    page.get_by_label("Group by").select_option("By recipe")
    assert page.locator(".row h2 bdi").all_inner_texts()[:1] == ["hero"]
    page.get_by_label("Order").select_option("Dearest first")
    expect(page.locator(".row h2")).to_have_count(0)
    assert titles(page)[0].startswith("MUG-01 · hero")


def test_the_keyboard_goes_through_pictures_and_back(page: Page) -> None:
    """From the grid into the picture, on to the next, and back to that one's tile."""
    page.locator("#skip").press("Enter")
    assert focused(page).startswith("MUG-01 · hero, Done")
    page.keyboard.press("ArrowRight")
    assert focused(page).startswith("MUG-01 · hero · no. 2")
    page.keyboard.press("Enter")
    expect(page.locator("#lightbox-title")).to_have_text("MUG-01 · hero · no. 2")
    expect(page.locator("#position")).to_have_text("2 of 18")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#lightbox-title")).to_contain_text("MUG-01 · scene")
    page.keyboard.press("End")
    expect(page.locator("#position")).to_have_text("18 of 18")
    page.keyboard.press("Home")
    expect(page.locator("#position")).to_have_text("1 of 18")
    page.keyboard.press("+")
    assert "scale(1.4)" in str(page.locator("#shown img").get_attribute("style"))
    page.keyboard.press("0")
    assert "scale(1)" in str(page.locator("#shown img").get_attribute("style"))
    page.keyboard.press("Escape")
    expect(page.locator("#lightbox")).not_to_be_visible()
    assert focused(page).startswith("MUG-01 · hero, Done")


def test_everything_known_of_a_picture_is_beside_it(page: Page) -> None:
    """Prompt, request, result, file and commands."""
    page.locator(".tile").first.click()
    told = page.locator("#details").inner_text()
    for words in (
        "A speckled white Stoneware Mug, product photo, a marble plate",
        "black-forest-labs/FLUX.1-schnell",
        "Aspect ratio",
        "$0.003",
        "1024 \u00d7 1024 pixels",
        "MUG-01/hero.png",
        "--emulate --force --select 'product:MUG-01 image:hero'",
    ):
        assert words in told


def test_the_slider_compares_with_earlier_pictures(page: Page) -> None:
    """By keyboard; another earlier one can be chosen; what has changed is told."""
    page.locator(".tile").first.click()
    page.keyboard.press("b")
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_value("51")
    cut = page.locator(".compare").evaluate("(box) => box.style.getPropertyValue('--cut')")
    assert cut == "51%"
    expect(page.locator(".changes del")).to_contain_text("grey seamless background")
    page.get_by_label("Earlier picture", exact=True).select_option(index=1)
    expect(page.locator(".changes del")).to_contain_text("white background")
    sources = page.eval_on_selector_all(".compare img", "(all) => all.map((i) => i.naturalWidth)")
    assert sources == [1024, 1024]


def test_variants_stand_side_by_side(page: Page) -> None:
    """And each of them can be opened."""
    page.locator(".tile").first.click()
    page.get_by_role("button", name="Variants (3)").click()
    expect(page.locator(".beside img")).to_have_count(3)
    page.locator(".beside button").nth(2).click()
    expect(page.locator("#lightbox-title")).to_have_text("MUG-01 · hero · no. 3")
    expect(page.locator(".beside")).to_have_count(0)


def test_a_failure_says_why_and_what_to_do(page: Page) -> None:
    """In its tile and, in full, when it is opened."""
    page.get_by_role("button", name="Failed 1").click()
    expect(page.locator(".tile .nothing")).to_contain_text("rungen")
    page.locator(".tile").click()
    expect(page.locator(".failure .about")).to_contain_text("failed")
    expect(page.locator("#details")).to_contain_text("status:failed")


def test_a_reload_keeps_what_was_chosen(page: Page) -> None:
    """Filters, search and the picture that is open."""
    page.get_by_label("Recipe").select_option("hero")
    page.locator("#search").fill("lamp")
    expect(page.locator("#found")).to_have_text("3 of 18 pictures")
    page.locator(".tile").nth(1).click()
    page.reload()
    expect(page.locator("#lightbox-title")).to_have_text("LAMP-02 · hero · no. 2")
    page.keyboard.press("Escape")
    expect(page.locator("#found")).to_have_text("3 of 18 pictures")
    expect(page.locator("#search")).to_have_value("lamp")
    expect(page.get_by_label("Recipe")).to_have_value("hero")


def test_the_back_button_closes_a_picture(page: Page) -> None:
    """As people do on a phone."""
    page.locator(".tile").first.click()
    expect(page.locator("#lightbox")).to_be_visible()
    page.go_back()
    expect(page.locator("#lightbox")).not_to_be_visible()
    page.go_forward()
    expect(page.locator("#lightbox")).to_be_visible()


def test_hostile_texts_are_texts(page: Page) -> None:
    """A product that is an element and a prompt that ends a script: shown, and nothing more."""
    page.locator("#search").fill("onerror")
    expect(page.locator("#found")).to_have_text("6 of 18 pictures")
    expect(page.locator(".row h2 bdi")).to_have_text(HOSTILE)
    page.locator(".tile").first.click()
    expect(page.locator("#lightbox-title")).to_have_text(f"{HOSTILE} · hero")
    expect(page.locator("#details")).to_contain_text("</script><script>alert(2)</script>")
    assert page.locator("img[src=x]").count() == 0
    assert page.locator("script").count() == 2


def test_the_policy_is_in_force(browser: Browser, report: Path) -> None:
    """A script, a request, a style and markup from a text are all refused."""
    page = browser.new_page()
    page.goto((report / "index.html").resolve().as_uri())
    refused = page.evaluate(_ATTEMPTS)
    page.close()
    assert refused == {
        "markup": "TypeError",
        "script": "TypeError",
        "request": "TypeError",
        "style": "",
    }


_ATTEMPTS = """async () => {
  const told = {};
  try { document.body.innerHTML = "<b>x</b>"; } catch (error) { told.markup = error.name; }
  const script = document.createElement("script");
  try { script.textContent = "document.title = 1"; } catch (error) { told.script = error.name; }
  document.body.setAttribute("style", "color: rgb(1, 2, 3)");
  told.style = document.body.style.color;
  try { await fetch("https://example.invalid/"); } catch (error) { told.request = error.name; }
  return told;
}"""


def test_nothing_is_wider_than_the_window(page: Page) -> None:
    """The page, a picture, the slider and the variants: from a small phone to a wide screen."""
    page.locator(".tile").first.click()
    for width in (320, 390, 768, 1440, 2560):
        page.set_viewport_size({"width": width, "height": 800})
        for key in ("p", "b", "v"):
            page.keyboard.press(key)
            page.evaluate("new Promise(requestAnimationFrame)")  # sizes follow with the frame
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            for box in (
                page.locator("#shown > *").first.bounding_box(),
                page.get_by_role("button", name="Close").bounding_box(),
            ):
                assert box is not None
                assert box["x"] >= 0
                assert box["x"] + box["width"] <= width


def test_fingers_swipe_and_pinch(browser: Browser, report: Path) -> None:
    """To the next picture, larger, and away."""
    with opened(browser, report, viewport={"width": 390, "height": 844}, has_touch=True) as page:
        page.locator(".tile").first.tap()
        page.evaluate(_SWIPE, [300, 100, 300, 300])
        expect(page.locator("#position")).to_have_text("2 of 18")
        page.evaluate(_PINCH)
        assert "scale(2)" in str(page.locator("#shown img").get_attribute("style"))
        page.keyboard.press("0")
        page.evaluate(_SWIPE, [200, 200, 150, 400])
        expect(page.locator("#lightbox")).not_to_be_visible()


_FINGER = """const finger = (type, id, x, y) => {
    const about = {pointerId: id, pointerType: "touch", clientX: x, clientY: y, bubbles: true};
    document.querySelector("#shown").dispatchEvent(new PointerEvent(type, about));
  };
  document.querySelector("#stage").setPointerCapture = () => {};"""
_SWIPE = f"""([fromX, toX, fromY, toY]) => {{
  {_FINGER}
  finger("pointerdown", 1, fromX, fromY);
  finger("pointermove", 1, toX, toY);
  finger("pointerup", 1, toX, toY);
}}"""
_PINCH = f"""() => {{
  {_FINGER}
  finger("pointerdown", 1, 150, 300);
  finger("pointerdown", 2, 250, 300);
  finger("pointermove", 1, 100, 300);
  finger("pointermove", 2, 300, 300);
  finger("pointerup", 1, 100, 300);
  finger("pointerup", 2, 300, 300);
}}"""
