// The toolbar: how many pictures have each status, and what else they can be chosen and ordered by.

/** @type {Status[]} */
const STATUSES = ["done", "changed", "new", "pending", "failed", "ambiguous", "lost"];

/** Amounts of money that are listed one by one; more of them become ranges. */
const MOST_AMOUNTS = 8;

/**
 * @typedef {object} Choice
 * @property {keyof State} name
 * @property {string} words
 * @property {[string, string][]} options value and words; the first is the initial one
 */

/**
 * What can be chosen in these pictures. A choice between one and the same is none.
 *
 * @param {Entry[]} entries
 * @returns {Choice[]}
 */
function choices(entries) {
  /** @param {(entry: Entry) => string[]} names */
  const named = (names) => [...new Set(entries.flatMap(names))].filter(Boolean);
  /** @type {(name: keyof State, words: string, all: string, found: string[]) => Choice} */
  const choice = (name, words, all, found) => {
    const options = found.map((one) => /** @type {[string, string]} */ ([one, one]));
    return { name, words, options: [["", all], ...options] };
  };
  const found = [
    choice("catalogue", "Catalogue", "All catalogues", named((entry) => [entry.catalogue])),
    choice("recipe", "Recipe", "All recipes", named((entry) => [entry.recipe])),
    choice("provider", "Provider", "All providers", named((entry) => [entry.provider]).sort()),
    choice("tag", "Tag", "All tags", named((entry) => entry.tags).sort()),
    { name: /** @type {const} */ ("cost"), words: "Cost", options: amounts(entries) },
    { name: /** @type {const} */ ("decision"), words: "Decision", options: decisionOptions(entries) },
  ];
  const few = { tag: 1, cost: 2 };
  return [
    ...found.filter(({ name, options }) => options.length > (few[/** @type {"tag"} */ (name)] ?? 2)),
    {
      name: "group",
      words: "Group by",
      options: [
        ["product", "By product"],
        ["recipe", "By recipe"],
        ["provider", "By provider"],
        ["none", "Not grouped"],
      ],
    },
    {
      name: "sort",
      words: "Order",
      options: [
        ["catalogue", "Catalogue order"],
        ["newest", "Newest first"],
        ["dearest", "Dearest first"],
        ["slowest", "Slowest first"],
      ],
    },
    {
      name: "size",
      words: "Size",
      options: [
        ["m", "Medium"],
        ["s", "Small"],
        ["l", "Large"],
      ],
    },
  ];
}

/**
 * Costs one by one if they are few, else in ranges of about equally many pictures.
 *
 * @param {Entry[]} entries
 * @returns {[string, string][]}
 */
function amounts(entries) {
  const known = entries.flatMap((entry) => (entry.cost === null ? [] : [Number(entry.cost)]));
  const ordered = [...new Set(known)].sort((one, other) => one - other);
  /** @type {[string, string][]} */
  const options = [["", "Any cost"]];
  if (ordered.length > MOST_AMOUNTS) {
    const step = Math.ceil(ordered.length / 4);
    for (let from = 0; from < ordered.length; from += step) {
      const [low, high] = [ordered[from], ordered[Math.min(from + step, ordered.length) - 1]];
      options.push([`${low}-${high}`, `${dollars(low)} to ${dollars(high)}`]);
    }
  } else {
    options.push(...ordered.map((one) => /** @type {[string, string]} */ ([`${one}`, dollars(one)])));
  }
  if (entries.some(isOfUnknownCost)) options.push(["unknown", "Cost unknown"]);
  return options;
}

class Toolbar {
  /** @param {(change: Partial<State>) => void} change */
  constructor(change) {
    this.change = change;
    /** @type {Choice[]} */
    this.choices = [];
    this.search = /** @type {HTMLInputElement} */ (part("search"));
    let typed = 0;
    this.search.addEventListener("input", () => {
      clearTimeout(typed);
      typed = setTimeout(() => change({ q: this.search.value }), 90);
    });
    const more = part("more");
    more.addEventListener("click", () => {
      const open = more.getAttribute("aria-expanded") !== "true";
      more.setAttribute("aria-expanded", String(open));
      part("choices").classList.toggle("open", open);
    });
  }

  /**
   * Say what can be chosen.
   *
   * @param {Entry[]} entries
   */
  offer(entries) {
    const found = choices(entries);
    if (JSON.stringify(found) === JSON.stringify(this.choices)) return; // an open list stays open
    this.choices = found;
    part("choices").replaceChildren(
      ...this.choices.map(({ name, words, options }) => {
        const select = element(
          "select",
          {
            id: `choice-${name}`,
            onchange: () => this.change({ [name]: select.value }),
          },
          ...options.map(([value, text]) => element("option", { value }, text)),
        );
        const label = element("label", { for: `choice-${name}`, class: "hidden" }, words);
        return element("span", { class: "choice" }, label, select);
      }),
    );
  }

  /**
   * Show what is chosen, and how many pictures each status would leave.
   *
   * @param {Entry[]} entries
   * @param {State} state
   */
  show(entries, state) {
    if (document.activeElement !== this.search) this.search.value = state.q;
    for (const { name } of this.choices) {
      const select = /** @type {HTMLSelectElement} */ (part(`choice-${name}`));
      select.value = state[name];
      select.classList.toggle("set", state[name] !== INITIAL[name]);
    }
    const set = this.choices.filter(({ name }) => state[name] !== INITIAL[name]);
    const count = part("chosen");
    count.hidden = !set.length;
    count.textContent = `${set.length}`;
    this.showStatuses(entries, state);
  }

  /**
   * @param {Entry[]} entries
   * @param {State} state
   */
  showStatuses(entries, state) {
    const others = filtered(entries, state, "status");
    const chips = STATUSES.map((status) => {
      const many = others.filter((entry) => entry.status === status).length;
      const here = many || state.status === status;
      return here ? this.chip(status, STATUS_WORDS[status], many, state) : null;
    });
    const focused = focusedMark("data-status");
    const all = this.chip("", "All", others.length, state);
    part("statuses").replaceChildren(all, ...chips.filter((chip) => chip !== null));
    if (focused !== null) focusMarked(part("statuses"), "data-status", focused);
  }

  /**
   * @param {Status | ""} status
   * @param {string} words
   * @param {number} many
   * @param {State} state
   */
  chip(status, words, many, state) {
    return element(
      "button",
      {
        type: "button",
        class: `chip ${status}`,
        "data-status": status,
        "aria-pressed": String(state.status === status),
        title: status ? STATUS_MEANINGS[status] : null,
        onclick: () => this.change({ status }),
      },
      words,
      element("span", { class: "many" }, counted(many)),
    );
  }
}
