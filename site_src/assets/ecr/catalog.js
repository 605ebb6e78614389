// The catalog page: what is asked for stands in the address, so a search can be shared and gone back to.

import { CatalogData } from "./catalog-data.js";
import { drawActive, drawCard, drawDocs, drawFilters } from "./catalog-view.js";

const STEP = 24;
const MOST_DOCS = 4;
const FACETS = [
  { name: "platform", title: "Platform" },
  { name: "hardware", title: "Fits hardware" },
  { name: "kind", title: "Kind" },
  { name: "status", title: "Status" },
  { name: "keyword", title: "Keyword" },
  { name: "namespace", title: "Namespace" },
];

const page = document.querySelector(".ecr-catalog");
const find = (id) => document.getElementById(id);
const query = find("ecr-query");
const list = find("ecr-cards");
const filters = find("ecr-filters");
const sort = find("ecr-sort");
const toggle = page.querySelector(".ecr-catalog__toggle");

const root = new URL("..", location.href.replace(/index\.html(?=$|[?#])/, ""));
root.search = root.hash = "";
const boards = JSON.parse(find("ecr-hardware").textContent);
const data = new CatalogData(root, page.dataset.shards.split(" ").filter(Boolean));
const expanded = new Set();
let state = readAddress();
let shown = STEP;
let drawn = { cards: [], length: 0 };
let waiting = 0;
let docsFor = null;

function readAddress() {
  const parameters = new URLSearchParams(location.search);
  return {
    q: parameters.get("q") ?? "",
    sort: parameters.get("sort") ?? "",
    filters: Object.fromEntries(FACETS.map(({ name }) => [name, new Set(parameters.getAll(name))])),
  };
}

function writeAddress(remember) {
  const parameters = new URLSearchParams();
  if (state.q.trim()) parameters.set("q", state.q.trim());
  for (const { name } of FACETS) for (const value of state.filters[name]) parameters.append(name, value);
  if (state.sort) parameters.set("sort", state.sort);
  const text = parameters.toString();
  const address = text ? `?${text}` : location.pathname;
  if (remember) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}

function isPlain() {
  return !state.q.trim() && !state.sort && FACETS.every(({ name }) => state.filters[name].size === 0);
}

function labels(name, value) {
  return name === "hardware" ? (boards[value] ?? value) : value;
}

/** Select the cards that fit, and count each facet's values as if that facet had no filter. */
function select() {
  const scores = data.search(state.q);
  const counts = Object.fromEntries(FACETS.map(({ name }) => [name, new Map()]));
  const found = [];
  const count = (name, card) => {
    for (const value of card[name]) counts[name].set(value, (counts[name].get(value) ?? 0) + 1);
  };
  for (const card of data.cards) {
    if (scores && !scores.has(card.id)) continue;
    const missed = FACETS.filter(({ name }) => {
      const wanted = state.filters[name];
      return wanted.size > 0 && !card[name].some((value) => wanted.has(value));
    });
    if (missed.length === 0) {
      found.push(card);
      for (const { name } of FACETS) count(name, card);
    } else if (missed.length === 1) {
      count(missed[0].name, card);
    }
  }
  return { found: order(found, scores), counts };
}

function order(cards, scores) {
  const byId = (a, b) => (a.id < b.id ? -1 : 1);
  const byAge = (a, b) => (a.added === b.added ? byId(a, b) : a.added < b.added ? 1 : -1);
  const how = state.sort || (scores ? "relevance" : "newest");
  sort.value = how === "relevance" ? "relevance" : how === "name" ? "name" : "";
  if (how === "name") return cards.sort((a, b) => a.title.localeCompare(b.title, "en") || byId(a, b));
  if (how === "relevance" && scores) {
    return cards.sort((a, b) => scores.get(b.id) - scores.get(a.id) || byAge(a, b));
  }
  return cards.sort(byAge);
}

function draw() {
  waiting = 0;
  if (data.failed) {
    find("ecr-count").textContent = "The list could not be loaded. Please reload the page.";
    return;
  }
  // What the server put here is the answer to the plain question already.
  if (isPlain() && !data.complete) return;
  const { found, counts } = select();
  const visible = found.slice(0, shown);
  if (visible.length !== drawn.cards.length || visible.some((card, place) => card !== drawn.cards[place])) {
    list.replaceChildren(...visible.map((card) => drawCard(card, root)));
    drawn.cards = visible;
  }
  const word = found.length === 1 ? "bundle" : "bundles";
  const number = found.length.toLocaleString("en");
  find("ecr-count").textContent = data.complete ? `${number} ${word}` : `${number} ${word} so far …`;
  const more = find("ecr-more");
  more.hidden = found.length <= shown;
  drawFilters(filters, { definitions: FACETS, counts }, state, labels, expanded);
  drawActive(find("ecr-active"), state, labels);
  filters.hidden = false;
  toggle.hidden = false;
  sort.parentElement.hidden = false;
}

function redraw() {
  if (!waiting) waiting = requestAnimationFrame(draw);
}

async function askMore() {
  const asked = state.q.trim();
  if (asked.length < 2) {
    docsFor = asked;
    drawDocs(find("ecr-docs"), [], root);
    return;
  }
  await data.loadWords(redraw);
  if (asked !== state.q.trim() || asked === docsFor) return;
  docsFor = asked;
  const hits = await data.searchDocs(asked, MOST_DOCS);
  if (asked === state.q.trim()) drawDocs(find("ecr-docs"), hits, root);
}

function change(remember) {
  shown = STEP;
  writeAddress(remember);
  draw();
}

let typing = 0;
query.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    state.q = query.value;
    change(false);
    if (data.complete) askMore();
  }, 120);
});
page.querySelector(".ecr-catalog__find").addEventListener("submit", (event) => {
  event.preventDefault();
  state.q = query.value;
  change(true);
  if (data.complete) askMore();
});
filters.addEventListener("change", ({ target }) => {
  const chosen = state.filters[target.name];
  if (target.checked) chosen.add(target.value);
  else chosen.delete(target.value);
  change(true);
});
filters.addEventListener("click", ({ target }) => {
  const name = target.dataset?.more;
  if (!name) return;
  if (!expanded.delete(name)) expanded.add(name);
  draw();
});
find("ecr-active").addEventListener("click", ({ target }) => {
  const { name, value } = target.dataset;
  if (name === undefined) return;
  if (name) state.filters[name].delete(value);
  else for (const facet of FACETS) state.filters[facet.name].clear();
  change(true);
  query.focus();
});
sort.addEventListener("change", () => {
  state.sort = sort.value || "newest";
  if (state.sort === (state.q.trim() ? "relevance" : "newest")) state.sort = "";
  change(true);
});
find("ecr-more").addEventListener("click", () => {
  const first = shown;
  shown += STEP;
  draw();
  list.children[first]?.querySelector("a")?.focus();
});
toggle.addEventListener("click", () => {
  const open = filters.toggleAttribute("data-open");
  toggle.setAttribute("aria-expanded", String(open));
});
addEventListener("popstate", () => {
  state = readAddress();
  query.value = state.q;
  shown = STEP;
  draw();
  askMore();
});

query.value = state.q;
if (!isPlain()) {
  list.replaceChildren();
  find("ecr-count").textContent = "Searching …";
}
await data.loadCards(redraw);
draw();
askMore();
document.documentElement.dataset.ecrReady = "";
