"""Takes README's two pictures from the running app, in Chromium: `python -m scripts.screenshots`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.browser.stage import App, Stage, chromium

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
WINDOW = {"width": 1000, "height": 640}


def main() -> None:
    """Play a short conversation in English and in French, light and dark, and keep how it looks."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        stage = Stage(Path(folder), browser)
        try:
            stage.start_relay()
            play(stage)
        finally:
            stage.close()


def play(stage: Stage) -> None:
    """Have Chloé and Tom talk, in a direct chat and in a group."""
    tom = stage.start_app("Tom", viewport=WINDOW)
    chloe = stage.start_app("Chloé", locale="fr-FR", viewport=WINDOW, color_scheme="dark")
    tom.sign_up()
    chloe.sign_up()
    tom.add(chloe.my_link())
    tom.write("The bakery can bring **40 croissants** on Saturday", shown="40 croissants")
    chloe.button("accept").click()
    chloe.write("Parfait ! On se retrouve à 9 h devant l’école ?")
    tom.bubble("Parfait").wait_for()
    group(tom)
    chloe.open("Neighbourhood fête")
    chloe.write("Je m’occupe des chaises")
    tom.bubble("chaises").wait_for()
    tom.open("Chloé")
    react(tom, "Parfait")
    tom.page.mouse.move(0, 0)
    tom.page.screenshot(path=PICTURES / "conversation.png")
    chloe.bubble("Saturday").wait_for()
    chloe.page.mouse.move(0, 0)
    chloe.page.screenshot(path=PICTURES / "groupe.png")


def group(app: App) -> None:
    """Make a group with a poll in it."""
    app.button("newChat").click()
    app.button("newGroup").click()
    app.field("groupTitle").fill("Neighbourhood fête")
    app.page.get_by_role("checkbox", name="Chloé").check()
    app.button("createGroup").click()
    app.page.locator("section header .title").filter(has_text="Neighbourhood").wait_for()
    app.attach("poll")
    app.field("pollQuestion").fill("Which day suits you?")
    app.page.get_by_label("Option 1").fill("Saturday")
    app.page.get_by_label("Option 2").fill("Sunday")
    app.button("pollAsk").click()
    app.bubble("Which day").wait_for()


def react(app: App, text: str) -> None:
    """React to a message with a heart."""
    bubble = app.bubble(text)
    bubble.hover()
    bubble.get_by_role("button", name=app.words["react"], exact=True).click()
    bubble.get_by_role("button", name=app.words["reactWith"].replace("{emoji}", "❤️")).click()
    bubble.locator(".reactions button").wait_for()


if __name__ == "__main__":
    main()
