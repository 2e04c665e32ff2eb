"""Notifications of the desktop: with what was said, without, and none."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.stage import App, Stage
from tests.browser.test_two_people import befriended

NOTED = """() => {
  window.noted = [];
  window.Notification = class extends Notification {
    constructor(title, options) {
      super(title, options);
      window.noted.push([title, options.body]);
    }
  };
}"""
"""Writes down what the browser is asked to show, and has it shown."""


def look_away(app: App) -> None:
    """Put another window before this one, as somebody does who works on something else."""
    page = app.page
    page.context.new_cdp_session(page).send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    page.context.new_page().bring_to_front()
    page.wait_for_function("() => !document.hasFocus()")


def notify(app: App, how: str) -> None:
    """Choose how much notifications say; by script, since a press would bring the window back before the others."""
    app.button("settings").evaluate("button => button.click()")
    choose = "(list, how) => { list.value = how; list.dispatchEvent(new Event('change', {bubbles: true})); }"
    app.field("notifications").evaluate(choose, how)
    app.page.wait_for_function("how => localStorage.getItem('havre.notify') === how", arg=how)
    app.page.locator("dialog").evaluate("dialog => dialog.close()")
    expect(app.page.locator("dialog")).to_have_count(0)


def heard(app: App, text: str) -> list[list[str]]:
    """Return all notifications so far, once a message is there."""
    app.bubble(text).wait_for()
    return [list(one) for one in app.page.evaluate("window.noted")]


def test_they_say_as_much_as_was_chosen(stage: Stage) -> None:
    alice, bob = befriended(stage)
    alice.page.context.grant_permissions(["notifications"])
    alice.page.evaluate(NOTED)
    bob.write("You are looking")
    assert heard(alice, "You are looking") == []
    notify(alice, "all")
    look_away(alice)
    bob.write("Le pain est prêt")
    assert heard(alice, "Le pain est prêt") == [["Havre", "Bob: Le pain est prêt"]]
    notify(alice, "bare")
    bob.write("Un secret")
    assert heard(alice, "Un secret")[1:] == [["Havre", alice.words["notifyBareText"]]]
    notify(alice, "none")
    bob.write("Personne ne le sait")
    assert len(heard(alice, "Personne ne le sait")) == 2


def test_without_the_browsers_leave_there_are_none_and_that_is_said(stage: Stage) -> None:
    alice = stage.start_app("Alice")
    alice.sign_up()
    alice.page.context.grant_permissions(["geolocation"])  # and nothing else
    alice.button("settings").click()
    alice.field("notifications").select_option("all")
    expect(alice.page.get_by_text(alice.words["notifyDenied"])).to_be_visible()
    expect(alice.field("notifications")).to_have_value("none")
