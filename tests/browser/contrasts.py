"""Whether all of a page can be read: its contrast to what is really behind it (WCAG 2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator

# All texts with less than 4.5 : 1, and what else must be seen with less than 3 : 1.
_WEAK = """root => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const parse = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((c, i) => c * a + under[i] * (1 - a));
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (ink, ground) => {
    const [low, high] = [luminance(over(ink, ground)), luminance(ground)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const parent = (one) => one.parentElement ?? one.getRootNode().host ?? null;
  const opacity = (one) => {
    let all = 1;
    for (let e = one; e; e = parent(e)) all *= Number(getComputedStyle(e).opacity);
    return all;
  };
  const faded = ([r, g, b, a], one) => [r, g, b, a * opacity(one)];

  // What lies behind a place: all that is painted there, also what no pointer finds.
  const tree = root.getRootNode();
  const finder = document.createElement("style");
  finder.textContent = ".lstm-widget, .lstm-widget * { pointer-events: auto !important }";
  (tree === document ? document.head : tree).append(finder);
  const page = (one) => {
    const all = [];
    for (let e = one; e; e = parent(e)) all.unshift(e);
    return all;
  };
  const layers = (one, x, y) => {
    const found = tree.elementsFromPoint(x, y);
    const from = found.indexOf(one);
    if (from < 0) return page(one); // out of sight
    const inside = found.slice(from).filter((e) => root.contains(e)).reverse();
    return [...page(parent(root)), ...inside];
  };
  const paint = (elements, ground = [255, 255, 255]) => elements.reduce(
    (under, e) => over(faded(parse(getComputedStyle(e).backgroundColor), e), under), ground);

  const weak = new Map();
  let count = 0;
  const told = (one) => `${one.tagName} ${one.getAttribute("class") ?? ""} ${one.textContent.slice(0, 30)}`;
  const check = (what, ink, ground, least) => {
    count += 1;
    const found = ratio(ink, ground);
    if (found < least) weak.set(what, Math.min(found, weak.get(what) ?? 99));
  };
  const skipped = (one) => one.closest(".lstm-unseen, option, [aria-disabled=true], .lstm-off, :disabled");

  // Texts, with what highlights lie over them.
  const marked = new Map();
  for (const [name, highlight] of CSS.highlights) {
    for (const range of highlight) {
      const node = range.startContainer;
      if (!root.contains(node) || range.collapsed) continue;
      marked.set(node, [...(marked.get(node) ?? []), [name, highlight.priority, range]]);
    }
  }
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const one = text.parentElement;
    if (!text.data.trim() || skipped(one) || !one.checkVisibility({visibilityProperty: true})) continue;
    const style = getComputedStyle(one);
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const rect of [...range.getClientRects()].slice(0, 3)) {
      if (rect.width < 1) continue;
      const ground = paint(layers(one, rect.left + rect.width / 2, rect.top + rect.height / 2));
      const colour = one instanceof SVGElement ? style.fill : style.color;
      check(told(one), faded(parse(colour), one), ground, 4.5);
    }
    const plain = paint(page(one));
    for (const [, , here] of marked.get(text) ?? []) {
      const same = marked.get(text)
        .filter(([, , range]) => range.startOffset <= here.startOffset && range.endOffset > here.startOffset)
        .sort((a, b) => a[1] - b[1]);
      let ground = plain;
      let ink = parse(style.color);
      const rules = [];
      for (const [name] of same) {
        const look = getComputedStyle(one, `::highlight(${name})`);
        ground = over(parse(look.backgroundColor), ground);
        ink = parse(look.color);
        if (name === "lstm-caret") rules.length = 0; // what it is coloured by is told beside it
        else if (look.textDecorationLine !== "none") rules.push([name, parse(look.textDecorationColor)]);
      }
      const names = same.map(([name]) => name).join(" ");
      check(`text under ${names}`, ink, ground, 4.5);
      for (const [name, rule] of rules) check(`rule of ${name} under ${names}`, rule, ground, 3);
    }
  }

  // What stands before or behind an element, and the edges of controls and graphics.
  for (const one of root.querySelectorAll("*")) {
    if (skipped(one) || !one.checkVisibility({visibilityProperty: true})) continue;
    for (const pseudo of ["::before", "::after"]) {
      const look = getComputedStyle(one, pseudo);
      if (["none", "normal", '""', '"" / ""'].includes(look.content) || look.display === "none") continue;
      const below = one.matches(".lstm-ribbon i") ? parent(one) : one; // it stands beside that
      const ground = over(parse(look.backgroundColor), paint(page(below)));
      check(`${pseudo} of ${told(one)}`, faded(parse(look.color), one), ground, 4.5);
    }
    const style = getComputedStyle(one);
    const behind = parent(one) ? paint(page(parent(one))) : [255, 255, 255];
    if (one.matches("input:is([type=number], [type=text])")) {
      check(`edge of ${told(one)}`, parse(style.borderBottomColor), behind, 3);
      check(`value of ${told(one)}`, parse(style.color), paint(page(one)), 4.5);
    }
    if (one.matches("select")) check("the model", parse(style.color), paint(page(one)), 4.5);
    const bar = ":not(.lstm-rest) > * > .lstm-bars-bar";
    if (one.matches(`${bar}, .lstm-ribbon i, .lstm-pin, .lstm-main, .lstm-progress i`))
      check(`ground of ${told(one)}`, parse(style.backgroundColor), behind, 3);
    if (one.matches(".lstm-lane-band i, .lstm-lane-track i")) {
      const paper = paint(page(root.querySelector(".lstm-case")));
      check(`ground of ${told(one)}`, parse(style.borderTopColor), paper, 3);
    }
    if (one.matches(".lstm-mark, .lstm-departure"))
      check(`tick of ${told(one)}`, parse(getComputedStyle(one, one.matches(".lstm-mark") ? "::before" : null)
        .borderLeftColor), behind, 3);
    const isDrawn = one.matches("svg :is(path, line, polyline, circle, rect)");
    if (isDrawn && style.stroke !== "none" && !one.matches(".lstm-grid"))
      check(`stroke of ${told(one)}`, parse(style.stroke), behind, 3);
  }

  // What sliders, rules and the die are drawn with, on both grounds, at all temperatures.
  const probe = document.createElement("i");
  root.querySelector(".lstm-case").append(probe);
  const colour = (name) => {
    probe.style.color = `var(--lstm-${name})`;
    return parse(getComputedStyle(probe).color);
  };
  for (const ground of ["paper", "side"].map((name) => over(colour(name), [255, 255, 255]))) {
    const measure = (least, ...names) => {
      for (const name of names) check(`--lstm-${name}`, colour(name), ground, least);
    };
    measure(4.5, "ink", "ink2", "ink3", "accent-ink", "wrong");
    measure(3, "edge", "violet-ink", "teal-ink", "ochre-ink");
    for (const raw of ["cold", "cool", "norm", "warm", "hot"]) {
      probe.style.setProperty("--lstm-heat-raw", `var(--lstm-${raw})`);
      check(`--lstm-heat of ${raw}`, colour("heat"), ground, 4.5);
      check(`--lstm-heat-fill of ${raw}`, colour("heat-fill"), ground, 3);
    }
    probe.style.removeProperty("--lstm-heat-raw");
  }
  check("--lstm-on-accent", colour("on-accent"), over(colour("accent"), [255, 255, 255]), 4.5);
  probe.remove();
  finder.remove();
  return [count, Object.fromEntries(weak)];
}"""

# What glides to its place has other colours on the way.
_SETTLE = """root => Promise.all(root.getAnimations({subtree: true})
  .filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime))
  .map((one) => one.finished.catch(() => null)))"""


def weak(root: Locator) -> dict[str, float]:
    """Return what of a widget can hardly be read or seen, as it is shown now, with its contrast."""
    root.evaluate(_SETTLE)
    count, found = root.evaluate(_WEAK)
    assert count > 40, count
    return {what: round(ratio, 2) for what, ratio in found.items()}
