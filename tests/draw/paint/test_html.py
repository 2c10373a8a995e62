"""The page, used in a real browser: it zooms, pans, unfolds and folds modules, and says what is under the pointer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archspec.draw.paint import PAINTERS
from archspec.draw.scene import Bounds, Rect, Run, Scene, Tag
from archspec.draw.theme import THEMES
from tests.draw.paint.demo import NASTY, SCENE, line

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")


def module(key: str, x: float) -> Rect:
    tag = Tag(key, f"{key}\n64 × 56 × 56\n75 k params", "specs/resnet50.yaml", 31, opens=True)
    return Rect(Bounds(x, 200, 160, 44), "module", "module.fill", label=(line(Run(key)),), tag=tag)


WHOLE = Scene.of(960, 540, [module("layer1", 100), module("layer2", 400)], "ResNet-50", "He et al.")
INSIDE = Scene.of(960, 540, [module("layer1.0", 100)], "layer1", key="layer1")
DEEPER = replace(SCENE, key="layer1.0")


def page(theme: str = "light") -> str:
    return PAINTERS[".html"]([WHOLE, INSIDE, DEEPER], THEMES[theme], False).decode()


def test_the_page_needs_nothing_else() -> None:
    made = page()
    assert made.count("<template data") == 3
    for outside in ("http://", "https://", "src=", "@import", "href="):
        assert outside not in made.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_words_of_a_spec_are_words_on_the_page() -> None:
    made = page()
    assert NASTY not in made
    assert NASTY.replace("&", "&amp;").replace("<b>", "&lt;b&gt;") in made


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("chromium and chromium-driver are not installed")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for word in ("headless=new", "no-sandbox", "disable-gpu", "no-first-run", "disable-background-networking"):
        options.add_argument(f"--{word}")
    options.add_argument("--window-size=1200,800")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Any:
    (tmp_path / "page.html").write_text(page(), encoding="utf-8")
    browser.get((tmp_path / "page.html").as_uri())
    yield browser
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def find(browser: Any, selector: str) -> Any:
    from selenium.webdriver.common.by import By

    return browser.find_element(By.CSS_SELECTOR, selector)


def view(browser: Any) -> list[float]:
    box = browser.execute_script("return document.querySelector('main svg').getAttribute('viewBox')")
    return [float(value) for value in box.split()]


def trail(browser: Any) -> list[str]:
    words = "return [...document.querySelectorAll('nav button')].map(button => button.textContent)"
    return list(browser.execute_script(words))


def test_hovering_says_what_a_node_is_and_where_it_is_written(opened: Any) -> None:
    from selenium.webdriver import ActionChains

    assert not find(opened, "#tip").is_displayed()
    ActionChains(opened).move_to_element(find(opened, '[data-key="layer2"]')).perform()
    assert find(opened, "#tip").text == "layer2\n64 × 56 × 56\n75 k params\nspecs/resnet50.yaml:31"


def test_modules_unfold_and_fold(opened: Any) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    assert trail(opened) == ["ResNet-50"]
    find(opened, '[data-key="layer1"]').click()
    assert trail(opened) == ["ResNet-50", "layer1"]
    assert opened.current_url.endswith("#layer1")
    find(opened, '[data-key="layer1.0"]').click()
    assert trail(opened) == ["ResNet-50", "layer1", "0"]
    assert "identity" in find(opened, "main").text
    ActionChains(opened).send_keys(Keys.ESCAPE).perform()
    assert trail(opened) == ["ResNet-50", "layer1"]
    opened.back()
    opened.back()
    opened.back()
    assert trail(opened) == ["ResNet-50"]
    # A module without a picture of its own stays as it is.
    find(opened, '[data-key="layer2"]').click()
    assert trail(opened) == ["ResNet-50"]


def test_the_keyboard_is_enough(opened: Any) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    opened.execute_script("document.querySelector('[data-key=\"layer1\"]').focus()")
    ActionChains(opened).send_keys(Keys.ENTER).perform()
    assert trail(opened) == ["ResNet-50", "layer1"]
    ActionChains(opened).send_keys("+").perform()
    assert view(opened)[2] == pytest.approx(960 / 1.4)
    ActionChains(opened).send_keys("0").perform()
    assert view(opened) == [0, 0, 960, 540]


def test_the_wheel_zooms_about_the_pointer_and_dragging_pans(opened: Any) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

    svg = find(opened, "main svg")
    ActionChains(opened).scroll_from_origin(ScrollOrigin.from_element(svg), 0, -300).perform()
    x, y, width, height = view(opened)
    assert 0 < width < 900
    assert (x + width / 2, y + height / 2) == (pytest.approx(480, abs=2), pytest.approx(270, abs=2))
    ActionChains(opened).move_to_element(svg).click_and_hold().move_by_offset(60, 0).release().perform()
    moved = view(opened)
    assert moved[0] < x
    assert moved[2] == pytest.approx(width)


def test_an_address_leads_into_the_network(opened: Any) -> None:
    opened.get(opened.current_url.partition("#")[0] + "#layer1.0")
    opened.refresh()
    assert trail(opened) == ["ResNet-50", "layer1", "0"]


def test_a_network_unfolds_down_to_its_ops(browser: Any, tmp_path: Path) -> None:
    import archspec

    archspec.load("resnet50").draw(tmp_path / "resnet50.html")
    browser.get((tmp_path / "resnet50.html").as_uri())
    for key in ("layer2", "layer2.0"):
        find(browser, f'main [data-key="{key}"][data-opens]').click()
    assert trail(browser) == ["ResNet-50", "layer2", "0"]
    shortcut = find(browser, 'main [data-key^="layer2.0.downsample"]')
    assert "conv(512, stride=2" in shortcut.get_attribute("data-hover")
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_the_command_writes_the_insides_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from archspec.cli.app import run

    assert run(["draw", "resnet50", "-o", str(tmp_path / "resnet50.html")]) == 0
    assert "13 pictures, 960 x 540 pt" in capsys.readouterr().out
