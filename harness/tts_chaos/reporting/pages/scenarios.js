"use strict";
// The page of a run of scenarios: a table that filters and sorts, details made when opened.
(() => {
  const { data, element, table, chart, duration, copyButton } = page;
  const gravity = new Map(data.outcomes.map((outcome, place) => [outcome.name, place]));
  const runs = data.runs.map((run, place) => ({
    ...run,
    place,
    id: `${run.scenario}[${run.world}]`,
    area: run.scenario.includes("/") ? run.scenario.split("/")[0] : "other",
    gravity: gravity.get(run.outcome),
    said: sayFinding(run),
    words: [run.scenario, run.title, run.world, run.outcome, run.reason, ...(run.tags ?? []),
      ...(run.faults ?? []).map((fault) => fault.name),
      ...run.findings.flatMap((finding) => [finding.rule, finding.message, finding.defect])].join(" ").toLowerCase(),
  }));

  function sayFinding(run) {
    if (run.outcome === "passed") return "";
    const worst = run.outcome === "aborted" ? null : run.findings[0];
    return worst ? `${worst.rule}: ${worst.message}` : run.reason;
  }

  function spoken(name) { return name.replaceAll("_", " "); }

  function outcomeScale(theme) {
    return { domain: data.outcomes.map((outcome) => outcome.name), range: data.outcomes.map((outcome) => outcome[theme]) };
  }

  // -- table -------------------------------------------------------------------------------------

  const columns = [
    { name: "Scenario", key: (run) => run.scenario },
    { name: "Outcome", key: (run) => run.gravity },
    { name: "World", key: (run) => run.world },
    { name: "Recovered in", key: (run) => run.recovery_ms ?? Infinity, number: true },
    { name: "Objective", key: (run) => run.rto_ms ?? Infinity, number: true },
    { name: "Requests", key: (run) => run.calls ?? -1, number: true },
    { name: "What was found", key: (run) => run.said },
  ];
  const state = { column: 1, down: false, open: new Set() };
  const body = document.querySelector("#runs tbody");
  const heads = columns.map((column, place) => element("th", { scope: "col", class: column.number ? "number" : null },
    element("button", { type: "button", onclick: () => sortBy(place) }, column.name)));
  document.querySelector("#runs thead tr").append(...heads);
  const rows = new Map(runs.map((run) => [run, makeRow(run)]));

  function makeRow(run) {
    const id = `details-${run.place}`;
    const button = element("button", { type: "button", class: "open", "aria-expanded": "false", "aria-controls": id, onclick: () => toggle(run) }, run.scenario);
    const row = element("tr", { class: "run", id: `run-${run.place}` },
      element("td", {}, button, run.title ? element("span", { class: "title" }, run.title) : null),
      element("td", {}, element("span", { class: `outcome outcome-${run.outcome}` }, spoken(run.outcome))),
      element("td", { class: "world" }, run.world),
      element("td", { class: "number", "data-label": "recovered in" }, run.recovered),
      element("td", { class: "number", "data-label": "objective" }, run.objective),
      element("td", { class: "number", "data-label": "requests" }, run.calls === undefined ? "" : String(run.calls)),
      element("td", { class: "wide" }, run.said));
    return { row, button, id, details: null };
  }

  function sortBy(place) {
    state.down = state.column === place ? !state.down : false;
    state.column = place;
    show();
  }

  function toggle(run, open = !state.open.has(run)) {
    const own = rows.get(run);
    if (open) state.open.add(run); else state.open.delete(run);
    own.button.setAttribute("aria-expanded", String(open));
    if (!own.details && open) {
      const cell = element("td", { colspan: columns.length });
      own.details = element("tr", { class: "details", id: own.id }, cell);
      own.row.after(own.details);
      cell.append(makeDetails(run));
      drawTimeline(run, cell);
    } else if (own.details) {
      if (open) own.row.after(own.details);
      own.details.hidden = !open;
    }
    remember();
  }

  // -- filter ------------------------------------------------------------------------------------

  const form = document.getElementById("filter");
  const words = document.getElementById("words");
  const world = document.getElementById("world");
  const tag = document.getElementById("tag");
  const chips = data.outcomes.filter((outcome) => runs.some((run) => run.outcome === outcome.name)).map((outcome) => {
    const count = runs.filter((run) => run.outcome === outcome.name).length;
    return element("label", { title: outcome.meaning },
      element("input", { type: "checkbox", name: "outcome", value: outcome.name }), element("span", { class: `dot outcome-${outcome.name}`, "aria-hidden": "true" }), `${spoken(outcome.name)} (${count})`);
  });
  document.getElementById("outcomes").append(...chips);
  for (const [select, values] of [[world, runs.map((run) => run.world)], [tag, runs.flatMap((run) => run.tags ?? [])]]) {
    select.append(...[...new Set(values)].sort().map((value) => element("option", { value }, value)));
  }

  function chosenOutcomes() { return [...form.querySelectorAll("[name=outcome]:checked")].map((box) => box.value); }

  function wanted() {
    const parts = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const outcomes = chosenOutcomes();
    return runs.filter((run) => (!outcomes.length || outcomes.includes(run.outcome))
      && (!world.value || run.world === world.value)
      && (!tag.value || (run.tags ?? []).includes(tag.value))
      && parts.every((part) => run.words.includes(part)));
  }

  function show() {
    const { key } = columns[state.column];
    const turn = state.down ? -1 : 1;
    const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    const list = wanted().sort((a, b) => turn * order(key(a), key(b)) || order(a.scenario, b.scenario) || order(a.world, b.world));
    heads.forEach((head, place) => {
      if (place === state.column) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    body.replaceChildren(...list.flatMap((run) => {
      const own = rows.get(run);
      return own.details && state.open.has(run) ? [own.row, own.details] : [own.row];
    }));
    document.getElementById("shown").textContent = list.length === runs.length ? `${runs.length} runs` : `${list.length} of ${runs.length} runs`;
    document.getElementById("nothing").hidden = list.length > 0 || runs.length === 0;
    remember();
  }

  // The address keeps what is shown, so that it can be passed on.
  function remember() {
    const kept = new URLSearchParams();
    if (words.value) kept.set("q", words.value);
    if (world.value) kept.set("world", world.value);
    if (tag.value) kept.set("tag", tag.value);
    for (const outcome of chosenOutcomes()) kept.append("outcome", outcome);
    if (state.column !== 1 || state.down) kept.set("sort", `${state.column}${state.down ? "-" : ""}`);
    for (const run of state.open) kept.append("run", run.id);
    history.replaceState(null, "", kept.size ? `#${kept}` : location.pathname + location.search);
  }

  function recall() {
    const kept = new URLSearchParams(location.hash.slice(1));
    words.value = kept.get("q") ?? "";
    world.value = kept.get("world") ?? "";
    tag.value = kept.get("tag") ?? "";
    for (const box of form.querySelectorAll("[name=outcome]")) box.checked = kept.getAll("outcome").includes(box.value);
    const sort = /^(\d)(-?)$/.exec(kept.get("sort") ?? "");
    if (sort && columns[sort[1]]) { state.column = Number(sort[1]); state.down = sort[2] === "-"; }
    const open = kept.getAll("run");
    show();
    for (const run of runs.filter((one) => open.includes(one.id))) toggle(run, true);
    if (open.length) rows.get(runs.find((run) => run.id === open[0]))?.row.scrollIntoView();
  }

  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(show));
  document.getElementById("clear").addEventListener("click", () => form.reset());

  // -- details -----------------------------------------------------------------------------------

  function makeDetails(run) {
    const time = data.timelines[run.place];
    return element("div", { class: "detail", role: "region", "aria-label": `Details of ${run.scenario}` },
      about(run), findings(run), recovery(run), timeline(run, time), ledgers(time), faults(run, time), judges(run), story(run), again(run));
  }

  function section(title, ...children) {
    return children.flat().some((child) => child) ? [element("h3", {}, title), ...children] : [];
  }

  function about(run) {
    return [
      run.description ? element("p", {}, run.description) : null,
      run.why ? element("p", { class: "quiet" }, `Why it is tried: ${run.why}`) : null,
      run.reason && run.reason !== run.findings[0]?.message ? element("p", {}, element("strong", {}, "Why it ended so: "), run.reason) : null,
    ];
  }

  function findings(run) {
    return section(`Broken rules (${run.findings.length})`, ...run.findings.map((finding) => element("div", { class: "finding" },
      element("strong", { class: "mono" }, finding.rule), ` ${finding.message}`, finding.count > 1 ? ` (${finding.count} times)` : "",
      element("dl", {}, [["expected", finding.expected], ["actual", finding.actual], ["likely defect", finding.defect]]
        .filter(([, value]) => value).flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])))));
  }

  function recovery(run) {
    if (run.rto_ms === null || run.rto_ms === undefined) return [];
    const text = run.recovery_ms === null ? `not whole again; the objective was ${run.objective}` : `whole again after ${run.recovered}; the objective is ${run.objective}`;
    const share = run.share === null ? 100 : Math.min(100, run.share);
    const over = run.share === null || run.share > 100;
    return section("Recovery", element("div", { class: `meter${over ? " over" : ""}` }, element("span", { style: `width:${run.recovery_ms === null ? 0 : share}%` }), element("b", {}, text)));
  }

  function timeline(run, time) {
    if (!time) return [element("p", { class: "quiet" }, "This run left no history.")];
    const kinds = new Set(time.moments.map((moment) => moment.kind));
    const colours = data.kinds.filter(([kind]) => kinds.has(kind) && !["phase", "begins"].includes(kind));
    const dark = page.theme() === "dark";
    const lines = time.moments.map((moment) => ({
      attributes: { class: `line-${moment.kind}` },
      cells: [duration(moment.at_ms), data.lanes[moment.lane], moment.text],
    }));
    return section("Timeline",
      element("div", { class: "tools" },
        element("label", {}, "Draw ", element("select", { class: "axis" },
          element("option", { value: "order" }, "one after the other"), element("option", { value: "time" }, "by time"))),
        element("span", { class: "quiet" }, "Shift and the wheel zoom, dragging moves, a double click shows all.")),
      element("figure", {}, element("div", { class: "chart timeline" }),
        element("ul", { class: "key" }, colours.map(([, words, light, darker]) => element("li", {}, element("i", { style: `background:${dark ? darker : light}` }), words)))),
      time.left_out ? element("p", { class: "quiet" }, `${time.left_out} more moments are in ${run.history}.`) : null,
      element("details", {}, element("summary", {}, `The same as a list (${time.moments.length} lines)`),
        table("Everything that happened", ["when", "what", "detail"], lines)));
  }

  function drawTimeline(run, cell) {
    const place = cell.querySelector(".timeline");
    if (!place) return;
    const time = data.timelines[run.place];
    const axis = cell.querySelector(".axis");
    axis.value = run.world === "simulated" ? "order" : "time";
    const draw = () => chart(place, (theme) => ({
      spec: timelineSpec(run, time, axis.value, theme),
      describe: `Timeline of ${run.scenario}; the list below says the same`,
    }));
    axis.addEventListener("change", draw);
    draw();
  }

  function timelineSpec(run, time, axis, theme) {
    const spec = structuredClone(data.charts.timeline);
    const byTime = axis === "time";
    const phaseColours = { light: ["#e4e7eb", "#f7d9d6", "#dbe7f7", "#dcefe5", "#eee3f5"], dark: ["#30363f", "#52302f", "#2b3b52", "#23443a", "#40304a"] }[theme];
    const barColours = { light: { fault: "#f0b7b2", action: "#c9dbf3" }, dark: { fault: "#7a3b38", action: "#2f4a6e" } };
    let phase = 0;
    const bars = time.bars.map((bar) => {
      const isPhase = bar.lane === "phase";
      const colour = isPhase ? phaseColours[phase++ % phaseColours.length] : barColours[theme][bar.lane];
      return { lane: data.lanes[bar.lane], name: bar.name, note: bar.note ?? "", colour, edge: colour,
        from: byTime ? bar.start_ms : bar.start_order, to: byTime ? bar.end_ms : bar.end_order,
        when: `${duration(bar.start_ms)} to ${duration(bar.end_ms)}` };
    });
    const moments = time.moments.filter((moment) => moment.lane !== "phase" && moment.kind !== "begins").map((moment) => ({
      lane: data.lanes[moment.lane], kind: spokenKind(moment.kind), text: moment.text, x: byTime ? moment.at_ms : moment.order, when: duration(moment.at_ms) }));
    const last = Math.max(1, ...bars.map((bar) => bar.to), ...moments.map((moment) => moment.x));
    // A name is written where there is room for it; the tip of a bar tells it everywhere.
    const width = document.querySelector("#runs").clientWidth;
    for (const bar of bars) bar.label = ((bar.to - bar.from) / last) * width > bar.name.length * 9 ? bar.name : "";
    spec.height = 28 * new Set([...bars, ...moments].map((row) => row.lane)).size;
    spec.datasets = { bars, moments, marks: marks(time, byTime, last, theme) };
    const used = data.kinds.filter(([, words]) => moments.some((moment) => moment.kind === words));
    const shapes = { ok: "circle", refused: "cross", lost: "triangle-down", fired: "triangle-up", alert: "diamond", whole: "diamond", forged: "cross", step: "square" };
    const point = spec.layer[3].encoding;
    point.color.scale = { domain: used.map(([, words]) => words), range: used.map(([, , light, dark]) => (theme === "dark" ? dark : light)) };
    point.shape.scale = { domain: used.map(([, words]) => words), range: used.map(([kind]) => shapes[kind] ?? "circle") };
    const labels = byTime
      ? "datum.value < 1000 ? datum.value + ' ms' : datum.value < 120000 ? format(datum.value / 1000, '.3~r') + ' s' : datum.value < 7200000 ? format(datum.value / 60000, '.3~r') + ' min' : datum.value < 172800000 ? format(datum.value / 3600000, '.3~r') + ' h' : format(datum.value / 86400000, '.3~r') + ' d'"
      : "times[datum.value] || ''";
    spec.layer[0].encoding.x.scale = { domain: [0, last], nice: false };
    spec.layer[0].encoding.x.axis = { labelExpr: labels, grid: false, labelOverlap: true, tickCount: 8 };
    if (!byTime) spec.params = [{ name: "times", value: timesByOrder(time, last) }];
    return spec;
  }

  function timesByOrder(time, last) {
    const at = new Array(last + 1).fill("");
    for (const bar of time.bars) at[bar.start_order] = duration(bar.start_ms);
    for (const moment of time.moments) at[moment.order] = duration(moment.at_ms);
    for (let place = 1; place <= last; place += 1) at[place] = at[place] || at[place - 1];
    return at;
  }

  function spokenKind(kind) { return data.kinds.find(([name]) => name === kind)?.[1] ?? kind; }

  function marks(time, byTime, last, theme) {
    const found = [];
    const colour = { whole: theme === "dark" ? "#4cc38a" : "#1a7f5a", objective: theme === "dark" ? "#ff7b72" : "#b3261e" };
    const whole = time.moments.find((moment) => moment.kind === "whole");
    if (whole) found.push({ x: byTime ? whole.at_ms : whole.order, colour: colour.whole, text: `whole again at ${duration(whole.at_ms)}` });
    if (byTime && time.objective_ms !== undefined && time.objective_ms <= last) found.push({ x: time.objective_ms, colour: colour.objective, text: `objective: ${duration(time.objective_ms)}` });
    return found;
  }

  function ledgers(time) {
    const list = time?.ledgers ?? [];
    if (!list.length) return [];
    return section("Ledgers: the platform's and the integration's, at the end", ...list.map((ledger) => {
      if (ledger.unreadable) return element("p", {}, `${ledger.name}: ${ledger.unreadable}`);
      const sum = `${ledger.name}: ${ledger.equal ?? 0} alike, of ${ledger.platform ?? 0} on the platform and ${ledger.integration ?? 0} in the integration`;
      const rows = (ledger.differences ?? []).map((row) => [row.about, row.field, row.platform ?? "–", row.integration ?? "–"]);
      return element("div", {}, element("p", {}, sum), rows.length ? table(`Differences in ${ledger.name}`, ["record", "what", "platform", "integration"], rows) : null,
        ledger.more ? element("p", { class: "quiet" }, `and ${ledger.more} more`) : null);
    }));
  }

  const ends = { step: "by a step", time: "by its own time limit", heal: "as the turbulence ended", limit: "by the limit of the run" };

  function faults(run, time) {
    const begun = time?.begun_ms ?? 0;
    const rows = (run.faults ?? []).map((fault) => [fault.name, String(fault.fired), duration(fault.armed_ms - begun),
      fault.lifted ? `${duration(fault.lifted_ms - begun)}, ${ends[fault.lifted_by] ?? fault.lifted_by}` : "NOT LIFTED", fault.calls.map((call) => `#${call}`).join(", ")]);
    return rows.length ? section("Faults", table("Faults", ["fault", "fired", "armed at", "lifted at", "on requests"], rows)) : [];
  }

  function judges(run) {
    const rows = (run.oracles ?? []).map((oracle) => [oracle.oracle, oracle.verdict, String(oracle.saw),
      Object.entries(oracle.counts).map(([name, count]) => `${spoken(name)} ${count}`).join(", "), oracle.verdict === "valid" ? "" : oracle.reason, oracle.assumed.join("; ")]);
    return rows.length ? [element("details", {}, element("summary", {}, `What judged (${rows.length} rules of the catalogue)`),
      table("Oracles", ["oracle", "verdict", "saw", "counts", "reason", "rests on assumptions"], rows))] : [];
  }

  function story(run) { return run.story ? section("Story", element("pre", {}, run.story)) : []; }

  function again(run) {
    if (!run.reproduce) return [];
    return section("See it again", element("div", { class: "tools" }, element("code", {}, run.reproduce), copyButton(run.reproduce)),
      element("p", {}, "Whole history: ", element("a", { href: run.history }, run.history)));
  }

  // -- overview ----------------------------------------------------------------------------------

  function overview() {
    if (!runs.length) { document.getElementById("overview").hidden = true; return; }
    const rowsOf = runs.map(({ area, outcome, gravity: grave, scenario, share, recovered, objective }) => ({ area, outcome, gravity: grave, scenario, share, recovered, objective }));
    const used = (theme) => {
      const scale = outcomeScale(theme);
      const keep = scale.domain.map((name) => runs.some((run) => run.outcome === name));
      return { domain: scale.domain.filter((_, at) => keep[at]), range: scale.range.filter((_, at) => keep[at]) };
    };
    chart(document.getElementById("chart-outcomes"), (theme) => {
      const spec = structuredClone(data.charts.outcomes);
      spec.datasets = { runs: rowsOf };
      spec.encoding.color.scale = used(theme);
      spec.height = 22 * new Set(rowsOf.map((row) => row.area)).size;
      return { spec, describe: `Bars of outcomes by kind of scenario; the table below has every run` };
    });
    const measured = rowsOf.filter((row) => row.share !== null);
    if (!measured.length) { document.getElementById("chart-recovery").textContent = "No recovery was measured."; return; }
    chart(document.getElementById("chart-recovery"), (theme) => {
      const spec = structuredClone(data.charts.recovery);
      spec.datasets = { runs: measured };
      spec.layer[0].encoding.color.scale = used(theme);
      spec.layer[1].encoding.color.value = theme === "dark" ? "#e7eaee" : "#1d2125";
      spec.height = 22 * new Set(measured.map((row) => row.area)).size;
      return { spec, describe: `Recovery times in per cent of their objectives; the table below has every figure` };
    });
  }

  const style = element("style");
  style.textContent = data.outcomes.map((outcome) => `[data-theme="light"] .outcome-${outcome.name}{color:${outcome.light}}[data-theme="dark"] .outcome-${outcome.name}{color:${outcome.dark}}`).join("");
  document.head.append(style);
  recall();
  overview();
  window.addEventListener("hashchange", () => { recall(); document.getElementById("runs-title").scrollIntoView(); });
})();
