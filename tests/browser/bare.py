"""A host that is nothing but a page: no JupyterLab, no network, and the widget itself as its kernel.

What Colab and VS Code do around a widget differs from JupyterLab in just this: the page is another one,
perhaps an iframe with no rights or a shadow root, and it has none of JupyterLab's variables.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from lab import Notebook

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Page

    from lstm_widget import LSTMWidget

ADDRESS = "http://widget.test/"
PLACES = ("page", "iframe", "shadow root")
# Notebooks in dark colours, as JupyterLab's neighbours set them; some do not tell the browser so.
STYLES = {
    "light": "color: #1f1f1f; background: #ffffff",
    "dark": "color: #e3e3e3; background: #1e1e1e; color-scheme: dark",
    "dark, untold": "color: #cccccc; background: #1f1f1f",
}
_PAGE = (
    """<!doctype html><html lang="en"><title>A bare page</title><body style="{style}">{body}</body></html>"""
)
_IFRAME = '<iframe title="Output" sandbox="allow-scripts" style="width: 100%; height: 95vh"></iframe>'

# What anywidget asks of a host, in its smallest form.
_HOST = """async ({script, style, traits, inShadow}) => {
  const kernel = (data) => window.askKernel(JSON.stringify(data)).then((answers) => {
    for (const {state, content, buffers} of JSON.parse(answers)) {
      for (const [name, value] of Object.entries(state ?? {})) {
        given[name] = value;
        emit(`change:${name}`);
      }
      if (content) emit("msg:custom", content, buffers.map(decode));
    }
  });
  const decode = (text) => new DataView(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer);
  const given = {...traits};
  const changed = {};
  const listeners = [];
  const emit = (name, ...rest) => {
    for (const one of [...listeners]) if (one.name === name) one.callback(...rest);
  };
  const model = {
    get: (name) => given[name],
    set(name, value) {
      given[name] = changed[name] = value;
      emit(`change:${name}`);
    },
    save_changes() {
      kernel({method: "update", state: {...changed}});
      for (const name of Object.keys(changed)) delete changed[name];
    },
    send: (content) => { kernel({method: "custom", content}); },
    on: (name, callback) => { listeners.push({name, callback}); },
    off(name, callback) {
      const place = listeners.findIndex((one) => one.name === name && one.callback === callback);
      if (place >= 0) listeners.splice(place, 1);
    },
  };
  const place = document.createElement("div");
  document.body.append(place);
  const root = inShadow ? place.attachShadow({mode: "open"}) : place;
  const sheet = document.createElement("style");
  sheet.textContent = style;
  const el = document.createElement("div");
  root.append(sheet, el);
  const url = URL.createObjectURL(new Blob([script], {type: "text/javascript"}));
  const {default: widget} = await import(url);
  await widget.initialize({model});
  const leave = await widget.render({model, el});
  window.leave = () => { leave(); return {listeners: listeners.length, elements: el.childElementCount}; };
}"""


class Bare:
    """A page around a widget of this process, which answers it as its kernel would."""

    def __init__(self, page: Page, widget: LSTMWidget) -> None:
        self.page = page
        self.widget = widget
        self.requested: list[str] = []
        self._answers: list[dict[str, Any]] = []
        widget.send = self._tell  # type: ignore[method-assign]
        widget.send_state = self._tell_state  # type: ignore[method-assign]
        page.context.on("request", lambda request: self.requested.append(request.url))
        page.context.route("http*://**", lambda route: route.fulfill(body="", content_type="text/html"))
        page.expose_function("askKernel", self._ask)

    def show(self, place: str = "page", style: str = "light") -> Notebook:
        """Open a page with the widget in it, or in an iframe without rights or in a shadow root."""
        body = _PAGE.format(style=STYLES[style], body=_IFRAME if place == "iframe" else "")
        self.page.route(ADDRESS, lambda route: route.fulfill(body=body, content_type="text/html"))
        self.page.goto(ADDRESS)
        self.frame = self.page.main_frame
        if place == "iframe":
            inner = _PAGE.format(style=STYLES[style], body="")
            frame = self.page.locator("iframe")
            frame.evaluate("(frame, inner) => { frame.srcdoc = inner; }", inner)
            self.page.frame_locator("iframe").locator("body[style]").wait_for(state="attached")
            self.frame = self._child()
        self._place = place
        self.show_again()
        return Placed(self.frame)

    def show_again(self) -> None:
        """Place the widget in the page, perhaps once more."""
        keys = [
            key
            for key in self.widget.keys
            if key in {"_page", "_kind"} or not key.startswith(("_", "layout"))
        ]
        given = {
            "script": str(self.widget._esm),
            "style": str(self.widget._css),
            "traits": json.loads(json.dumps(self.widget.get_state(keys))),
            "inShadow": self._place == "shadow root",
        }
        self.frame.evaluate(_HOST, given)

    def _child(self) -> Frame:
        (child,) = self.page.main_frame.child_frames
        return child

    def leave(self) -> dict[str, int]:
        """Take the widget out of the page; return what it leaves behind."""
        left: dict[str, int] = self.frame.evaluate("window.leave()")
        return left

    # The kernel.

    def _ask(self, data: str) -> str:
        self._answers = []
        self.widget._handle_msg({"content": {"data": json.loads(data)}, "buffers": []})
        return json.dumps(self._answers)

    def _tell(self, content: dict[str, Any], buffers: list[Any] | None = None) -> None:
        encoded = [base64.b64encode(bytes(memoryview(one))).decode() for one in buffers or []]
        self._answers.append({"content": content, "buffers": encoded})

    def _tell_state(self, key: str | list[str] | None = None) -> None:
        self._answers.append({"state": self.widget.get_state(key)})


class Placed(Notebook):
    """The widget of a page, or of a frame in it."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame.page)
        self.widgets = frame.get_by_role("group", name="LSTM text generator")
        super(Notebook, self).__init__(self.widgets.first)
