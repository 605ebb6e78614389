// Draws cards, filters and results. Text is set as text, never as markup.

const FIRST_VALUES = 7;
const MOST_VALUES = 80;

export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element && !name.includes("-")) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Draw a card just as the server does (_cards.html.j2). */
export function drawCard(card, root) {
  const place = `${root.href}bundles/${card.id}/`;
  const tag = (text) => make("span", { className: "ecr-tag" }, text);
  return make(
    "li",
    { className: "ecr-card" },
    make("img", { src: `${place}media/${card.icon}`, alt: "", width: 56, height: 56, loading: "lazy" }),
    make(
      "div",
      { className: "ecr-card__text" },
      make("h3", {}, make("a", { href: place }, card.title)),
      make("p", { className: "ecr-card__id" }, `${card.id} `, make("span", {}, card.version)),
      make("p", { className: "ecr-card__summary" }, card.summary),
      make(
        "p",
        { className: "ecr-tags" },
        make("span", { className: `ecr-chip ecr-chip--${card.status[0]}` }, card.status[0]),
        ...card.platform.map((platform) => tag(platform.replace("linux/", ""))),
        tag(card.kind[0]),
      ),
    ),
  );
}

/** Draw the filters into `panel`, keeping the focus where it was. */
export function drawFilters(panel, facets, state, labels, expanded) {
  const focused = panel.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const groups = [];
  for (const { name, title } of facets.definitions) {
    const chosen = state.filters[name];
    const counts = facets.counts[name];
    const values = [...new Set([...counts.keys(), ...chosen])].sort(
      (a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || (a < b ? -1 : 1),
    );
    if (values.length < 1) continue;
    const open = expanded.has(name);
    const shown = values.filter((value, place) => place < (open ? MOST_VALUES : FIRST_VALUES) || chosen.has(value));
    const group = make("fieldset", {}, make("legend", {}, title));
    for (const value of shown) {
      const box = make("input", { type: "checkbox", name, value, checked: chosen.has(value), "data-key": `${name}=${value}` });
      const count = make("b", {}, (counts.get(value) ?? 0).toLocaleString("en"));
      group.append(make("label", {}, box, make("span", {}, labels(name, value)), count));
    }
    if (values.length > FIRST_VALUES) {
      const text = open ? "Show fewer" : `Show all ${values.length.toLocaleString("en")}`;
      group.append(make("button", { type: "button", "data-more": name, "data-key": `more ${name}` }, text));
      if (open && values.length > MOST_VALUES) {
        group.append(make("small", {}, ` The first ${MOST_VALUES}; search for the others.`));
      }
    }
    groups.push(group);
  }
  panel.replaceChildren(...groups);
  if (focused) panel.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

/** Draw the filters in use as buttons that remove them. */
export function drawActive(list, state, labels) {
  const items = [];
  for (const [name, values] of Object.entries(state.filters)) {
    for (const value of values) {
      const button = make("button", { type: "button", "data-name": name, "data-value": value }, labels(name, value));
      button.setAttribute("aria-label", `Remove filter ${labels(name, value)}`);
      items.push(make("li", {}, button));
    }
  }
  if (items.length > 1) {
    items.push(make("li", {}, make("button", { type: "button", "data-name": "" }, "All filters")));
  }
  list.hidden = items.length === 0;
  list.replaceChildren(...items);
}

export function drawDocs(section, hits, root) {
  section.hidden = hits.length === 0;
  section.querySelector("ul").replaceChildren(
    ...hits.map(({ title, location, text }) =>
      make(
        "li",
        {},
        make("a", { href: new URL(location, root).href }, title),
        make("span", {}, text.length > 160 ? `${text.slice(0, 160)} …` : text),
      ),
    ),
  );
}
