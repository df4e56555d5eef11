"use strict";
// Everything that is shown was written by people and services elsewhere: it goes into the page as text, never as markup.

const STATES = ["all", "live", "working", "waiting", "retrying", "blocked", "ready", "missing", "withdrawn"];
const ALWAYS = new Set(["all", "blocked", "ready"]);
const POLL_MS = 3000, SLOW_MS = 30000, ROWS = 50;
const at = (id) => document.getElementById(id);
const view = { state: "all", search: "", before: [], open: new Set(), next: null, failures: 0 };
const rows = new Map();

function make(tag, facts = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(facts)) {
    if (name === "text") element.textContent = value;
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Only what differs is replaced, so that the keyboard's place and a selection stay where they are.
function fill(element, children) {
  const made = children.filter((child) => child !== null);
  const same = made.length === element.childNodes.length && made.every((child, index) => child.isEqualNode(element.childNodes[index]));
  if (!same) element.replaceChildren(...made);
}

function ago(moment) {
  if (!moment) return "";
  const seconds = Math.max(0, (Date.now() - Date.parse(moment)) / 1000);
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60]]) if (seconds >= size) return `${Math.floor(seconds / size)} ${unit}`;
  return `${Math.floor(seconds)} s`;
}

function exact(moment) {
  return moment ? new Date(moment).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" }) : "";
}

function size(bytes) {
  if (bytes === null || bytes === undefined) return "";
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let place = 0;
  while (bytes >= 1000 && place < units.length - 1) { bytes /= 1000; place += 1; }
  return `${place && bytes < 10 ? bytes.toFixed(1) : Math.round(bytes)} ${units[place]}`;
}

const count = (number) => Number(number).toLocaleString("en");

async function ask(path) {
  const response = await fetch(path, { headers: { Accept: "application/json" }, cache: "no-store", signal: AbortSignal.timeout(15000) });
  const body = await response.json();
  if (!response.ok && path !== "healthz") throw new Error(body.error || `the daemon answered ${response.status}`);
  return body;
}

function showOverview(overview) {
  setText(at("facility"), `${overview.facility} · version ${overview.version}`);
  document.title = `${overview.datasets.blocked ? `(${overview.datasets.blocked}) ` : ""}Spacecast – ${overview.facility}`;
  showHealth(overview.health.healthy ? "Healthy" : "Needs attention", overview.health.healthy);
  const alarms = [
    ...overview.health.reasons.map((reason) => ["The daemon", reason]),
    ...overview.services.filter((service) => !service.available).map((service) => [service.name, service.reason]),
    ...(overview.paused_since ? [["All work is paused", `since ${exact(overview.paused_since)}; go on with “spacecast resume”`]] : []),
    ...overview.problems.map((problem) => ["Folders", problem]),
    ...overview.common_reasons.filter((common) => !overview.services.some((service) => service.reason === common.reason))
      .map((common) => [`${count(common.datasets)} datasets`, common.reason]),
  ];
  at("alarms").hidden = alarms.length === 0;
  fill(at("alarms").firstElementChild, alarms.map(([who, what]) => make("li", {}, make("b", { text: `${who}: ` }), what)));
  fill(at("services"), overview.services.map((service) =>
    make("li", { class: service.available ? null : "down", text: service.available ? service.name : `${service.name}: away for ${ago(service.since)}` })));
  const inHand = overview.lanes.reduce((sum, lane) => sum + lane.due + lane.working, 0);
  fill(at("totals"), [["files in the catalog", count(overview.files)], ["in the catalog", size(overview.bytes)], ["tasks in hand", count(inHand)]]
    .map(([name, value]) => make("div", {}, make("dt", { text: name }), make("dd", { text: value }))));
  showFilters(overview);
}

function showHealth(text, isGood) {
  const pill = at("health");
  setText(pill, text);
  pill.className = isGood ? "pill good" : "pill bad";
}

function showFilters(overview) {
  const numbers = { ...overview.datasets, live: overview.live, all: Object.values(overview.datasets).reduce((a, b) => a + b, 0) };
  const shown = STATES.filter((state) => numbers[state] || ALWAYS.has(state) || state === view.state);
  const place = at("filters");
  const known = [...place.children].map((button) => button.dataset.state);
  if (known.join() !== shown.join()) place.replaceChildren(...shown.map(filterButton));
  for (const button of place.children) {
    setText(button.lastChild, count(numbers[button.dataset.state]));
    button.setAttribute("aria-pressed", String(button.dataset.state === view.state));
  }
}

function filterButton(state) {
  const button = make("button", { type: "button", "data-state": state }, make("span", { text: state }), make("b"));
  button.addEventListener("click", () => { view.state = state; firstPage(); });
  return button;
}

// Rows that stay are not touched: one that is moved would lose the keyboard's place.
function place(body, wanted) {
  for (const row of [...body.children]) if (!wanted.includes(row)) row.remove();
  wanted.forEach((row, index) => { if (body.children[index] !== row) body.insertBefore(row, body.children[index] ?? null); });
}

function showDatasets(page) {
  view.next = page.next;
  const body = at("table").tBodies[0];
  const wanted = [];
  for (const dataset of page.datasets) {
    wanted.push(rowOf(dataset));
    if (dataset.reason) wanted.push(rows.get(dataset.id).why);
    if (view.open.has(dataset.id)) wanted.push(rows.get(dataset.id).more);
  }
  place(body, wanted);
  const shown = new Set(page.datasets.map((dataset) => dataset.id));
  for (const id of rows.keys()) if (!shown.has(id)) rows.delete(id);
  at("table").hidden = page.datasets.length === 0;
  at("empty").hidden = page.datasets.length > 0;
  setText(at("empty"), view.search || view.state !== "all" ? "No dataset fits." : "No dataset was found yet.");
  const first = view.before.length * ROWS + 1;
  setText(at("position"), page.total ? `${count(first)} to ${count(first + page.datasets.length - 1)} of ${count(page.total)}` : "");
  at("newer").disabled = view.before.length === 0;
  at("older").disabled = page.next === null;
}

function rowOf(dataset) {
  let known = rows.get(dataset.id);
  if (!known) {
    known = { row: make("tr", { role: "row" }), why: make("tr", { role: "row" }), more: make("tr", { role: "row", class: "more" }) };
    known.why.append(make("td", { role: "cell", colspan: 6 }, make("p")));
    for (const [label, kind] of [["", "name"], ["State", ""], ["Stages", ""], ["Files", "number"], ["Since", ""], ["Link", ""]])
      known.row.append(make("td", { role: "cell", class: kind || null, "data-label": label || null }));
    const button = make("button", { type: "button", "aria-expanded": "false" });
    button.addEventListener("click", () => unfold(dataset.id));
    known.row.cells[0].append(button, make("div", { class: "soft" }));
    rows.set(dataset.id, known);
  }
  const [name, state, stages, files, since, link] = known.row.cells;
  const [button, folder] = name.children, reason = known.why.cells[0].firstChild;
  setText(button, dataset.name);
  button.setAttribute("aria-expanded", String(view.open.has(dataset.id)));
  setText(folder, dataset.folder);
  setText(reason, dataset.reason);
  reason.className = `reason ${dataset.state}`;
  known.row.className = dataset.reason ? "explained" : "";
  known.why.className = "why";
  const isLive = dataset.live && dataset.state === "ready";
  fill(state, [make("span", { class: isLive ? "badge ready live" : `badge ${dataset.state}`, text: isLive ? "live" : dataset.state })]);
  const busy = dataset.stages.find((stage) => stage.progress);
  fill(stages, [make("ul", { class: "stages" }, ...dataset.stages.map(stageItem)), ...(busy ? progressOf(busy) : [])]);
  setText(files, dataset.files === null ? "" : `${count(dataset.files)} · ${size(dataset.bytes)}`);
  fill(since, [make("time", { datetime: dataset.since, title: exact(dataset.since), text: ago(dataset.since) })]);
  fill(link, [dataset.link && /^https?:\/\//.test(dataset.link)
    ? make("a", { href: dataset.link, target: "_blank", rel: "noopener noreferrer", "aria-label": `Open the public page of ${dataset.name}`, text: "Open" }) : null]);
  return known.row;
}

function stageItem(stage) {
  const kinds = [stage.progress ? "busy" : stage.condition, stage.needs_person ? "person" : ""];
  const words = stage.progress ? "under way" : stage.condition;
  return make("li", { class: kinds.join(" ").trim(), title: stage.reason || words }, stage.name, make("span", { class: "unseen", text: `: ${words}` }));
}

function progressOf(stage) {
  const { doing, done, total } = stage.progress;
  return [
    make("progress", { "aria-label": `${stage.name}: ${doing}`, ...(total ? { value: done, max: total } : {}) }),
    make("span", { class: "doing", text: `${count(done)}${total ? ` of ${count(total)}` : ""} ${doing}` }),
  ];
}

async function unfold(id) {
  if (!view.open.delete(id)) {
    view.open.add(id);
    await showMore(id);
  }
  refresh();
}

async function showMore(id) {
  const known = rows.get(id);
  if (!known) return;
  let found;
  try { found = await ask(`api/datasets/${id}`); } catch { return; }
  const facts = [["reference in Tiled", found.reference], ["key", found.key], ["metadata file", found.metadata_file], ["found", exact(found.found)],
    ...found.stages.filter((stage) => stage.reason).map((stage) => [stage.name, stage.reason + (stage.next_try ? ` (next try ${exact(stage.next_try)})` : "")])];
  const list = make("dl", {}, ...facts.filter(([, value]) => value).flatMap(([name, value]) => [make("dt", { text: name }), make("dd", { text: value })]));
  const events = found.events.map((event) => make("li", {},
    make("time", { datetime: event.at, text: exact(event.at) }), make("span", { text: [event.stage, event.step].filter(Boolean).join(" · ") }),
    make("span", { text: event.outcome }), make("span", { class: "message", text: event.message })));
  const cell = make("td", { role: "cell", colspan: 6 }, list, make("h3", { text: "What happened, the newest first" }),
    make("ol", { tabindex: 0, "aria-label": `History of ${found.name}` }, ...events));
  fill(known.more, [cell]);
}

let timer = 0, turn = 0;

async function refresh() {
  clearTimeout(timer);
  const mine = ++turn;
  const query = new URLSearchParams({ most: ROWS });
  if (view.state !== "all") query.set("state", view.state);
  if (view.search) query.set("search", view.search);
  if (view.before.length) query.set("before", view.before[view.before.length - 1]);
  try {
    const [overview, page] = await Promise.all([ask("api/overview"), ask(`api/datasets?${query}`)]);
    await Promise.all([...view.open].filter((id) => rows.has(id)).map(showMore));
    if (mine !== turn) return;
    showOverview(overview);
    showDatasets(page);
    view.failures = 0;
    setText(at("updated"), `Updated ${new Date().toLocaleTimeString(undefined, { hourCycle: "h23" })}. This page is read-only; “spacecast show NAME” tells everything about a dataset.`);
  } catch (error) {
    if (mine !== turn) return;
    view.failures += 1;
    showHealth("No connection", false);
    setText(at("updated"), `The daemon does not answer (${error.message}). What is shown is how it was before; it is asked again.`);
  }
  const pause = Math.min(POLL_MS * 2 ** Math.min(view.failures, 4), SLOW_MS);
  timer = setTimeout(refresh, document.hidden ? SLOW_MS : pause);
}

function firstPage() {
  view.before = [];
  refresh();
}

at("older").addEventListener("click", () => { if (view.next !== null) { view.before.push(view.next); refresh(); } });
at("newer").addEventListener("click", () => { view.before.pop(); refresh(); });
let typing = 0;
at("search").addEventListener("input", (event) => {
  clearTimeout(typing);
  typing = setTimeout(() => { view.search = event.target.value.trim(); firstPage(); }, 250);
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
refresh();
