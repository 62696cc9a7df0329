"use strict";
// What every page of ours can do: read its data, build elements, draw charts, change colours.
const page = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Map();

  // Text is only ever set as text: whatever an integration told can be no markup here.
  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return made;
  }

  function table(caption, heads, rows) {
    return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
      element("table", {},
        element("caption", { class: "visually-hidden" }, caption),
        element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
        element("tbody", {}, rows.map((row) => element("tr", row.attributes ?? {},
          (row.cells ?? row).map((cell) => element("td", {}, cell)))))));
  }

  function theme() { return root.dataset.theme; }

  function applyTheme() {
    const wanted = document.getElementById("theme").value;
    root.dataset.theme = wanted === "auto" ? (dark.matches ? "dark" : "light") : wanted;
    for (const [place, draw] of drawn) if (place.isConnected) draw(); else drawn.delete(place);
  }

  function look() {
    const style = getComputedStyle(root);
    const ink = style.getPropertyValue("--ink").trim();
    const quiet = style.getPropertyValue("--quiet").trim();
    const line = style.getPropertyValue("--line").trim();
    const font = "system-ui, sans-serif";
    return {
      background: null, font, view: { stroke: null }, text: { color: ink, font }, rule: { color: quiet },
      axis: { labelColor: ink, titleColor: quiet, gridColor: line, domainColor: line, tickColor: line, labelFont: font, titleFont: font, labelFontSize: 12, titleFontWeight: 500, labelLimit: 150 },
      legend: { labelColor: ink, labelFont: font, labelFontSize: 12, orient: "bottom", columns: 4, labelLimit: 200 },
    };
  }

  // `make` returns {spec, describe}; it is asked again whenever colours change.
  function chart(place, make) {
    const draw = () => {
      const made = make(theme());
      const spec = { $schema: "https://vega.github.io/schema/vega-lite/v6.json", width: "container", description: made.describe, ...made.spec };
      return vegaEmbed(place, spec, { actions: false, renderer: "svg", config: look(), logLevel: 1 });
    };
    drawn.set(place, draw);
    return draw();
  }

  function duration(ms) {
    if (ms === null || ms === undefined) return "–";
    if (ms < 1000) return `${ms} ms`;
    if (ms < 60000) return `${+(ms / 1000).toFixed(1)} s`;
    for (const [size, name, small, less] of [[86400000, "d", 3600000, "h"], [3600000, "h", 60000, "min"], [60000, "min", 1000, "s"]]) {
      if (ms < size) continue;
      const rest = Math.floor((ms % size) / small);
      return `${Math.floor(ms / size)} ${name}${rest ? ` ${rest} ${less}` : ""}`;
    }
    return "";
  }

  function copyButton(text) {
    const button = element("button", { type: "button", onclick: async () => {
      try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; }
      catch { const range = document.createRange(); range.selectNodeContents(button.previousElementSibling ?? button); getSelection().removeAllRanges(); getSelection().addRange(range); button.textContent = "Selected; press Ctrl+C"; }
    } }, "Copy");
    return button;
  }

  document.getElementById("theme").addEventListener("change", applyTheme);
  dark.addEventListener("change", applyTheme);
  root.dataset.theme = dark.matches ? "dark" : "light";
  return { data, element, table, chart, duration, copyButton, theme };
})();
