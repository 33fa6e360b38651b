"""A picture of one layer, in a browser that reaches nothing outside the page it is given."""

from playwright.sync_api import Browser

from consent.enums import Layer
from consent.pictures import WINDOWS, Scene

# As static/consent/preferences.js builds it around the form.
OPEN = """() => {
  const form = document.querySelector("template").content.querySelector("form");
  const make = (name, properties) => Object.assign(document.createElement(name), properties);
  const heading = make("h2", { id: "cp-t", textContent: form.dataset.title });
  const shut = make("button", { type: "button", className: "cp-close", textContent: "×" });
  const panel = make("dialog", { className: "cp-dialog" });
  panel.append(heading, shut, form);
  document.body.append(panel);
  panel.showModal();
  document.activeElement.blur();
}"""
# All of a layer is in the picture: the window grows until nothing is left to scroll.
HIDDEN = """(selector) => {
  const layer = document.querySelector(selector);
  return layer.scrollHeight - layer.clientHeight;
}"""
SHARE_OF_THE_WINDOW = 0.9  # max-height of the second layer
SELECTORS = {Layer.BANNER: "[data-consent-banner]", Layer.PREFERENCES: ".cp-dialog"}


def photograph(browser: Browser, scene: Scene) -> bytes:
    """PNG of `scene`, light, one image pixel for a CSS pixel."""
    width, height = scene.width, WINDOWS[scene.width]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="light", offline=True
    )
    try:
        view = context.new_page()
        view.route("**/*", lambda route: route.abort())
        view.set_content(scene.page, wait_until="load")
        if scene.layer is Layer.PREFERENCES:
            view.evaluate(OPEN)
        hidden = view.evaluate(HIDDEN, SELECTORS[scene.layer])
        if hidden > 0:
            height += round(hidden / SHARE_OF_THE_WINDOW) + 1
            view.set_viewport_size({"width": width, "height": height})
        return view.screenshot(animations="disabled")
    finally:
        context.close()
