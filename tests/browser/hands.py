"""How a person works a page: with a mouse, or with the keys alone."""

from __future__ import annotations

from typing import Protocol

from playwright.sync_api import Locator, Page, expect

#: More controls than any page has; whoever needs more presses of Tab does not get there.
_TABS = 250
_HAS_OUTLINE = """() => {
  const one = document.activeElement;
  if (one === document.body || one.tagName === 'IFRAME') return true;  // outside the page, or in a letter
  const style = getComputedStyle(one);
  return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1; }"""


class Hand(Protocol):
    """Presses what can be pressed, and writes into fields."""

    def press(self, target: Locator) -> None: ...

    def write(self, target: Locator, text: str) -> None: ...


class Mouse:
    """Points at things."""

    def press(self, target: Locator) -> None:
        target.click()

    def write(self, target: Locator, text: str) -> None:
        target.fill(text)


class Keys:
    """Goes from control to control by Tab, sees where it is at each stop, and never touches a mouse."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, target: Locator) -> None:
        self._reach(target)
        self._page.keyboard.press("Enter")

    def write(self, target: Locator, text: str) -> None:
        self._reach(target)
        self._page.keyboard.press("Control+a")
        self._page.keyboard.type(text)

    def _reach(self, target: Locator) -> None:
        expect(target).to_be_visible()
        for _ in range(_TABS):
            if target.evaluate("one => one === document.activeElement"):
                return
            self._page.keyboard.press("Tab")
            here = "document.activeElement.outerHTML.slice(0, 120)"
            assert self._page.evaluate(_HAS_OUTLINE), f"the focus is not seen: {self._page.evaluate(here)}"
        raise AssertionError(f"Tab does not lead to {target}")
