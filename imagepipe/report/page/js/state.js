// What is looked at, in the address behind its `#`: a reload, the back button and a link keep it.

/** @type {State} */
const INITIAL = {
  q: "",
  status: "",
  catalogue: "",
  provider: "",
  recipe: "",
  tag: "",
  cost: "",
  decision: "",
  group: "product",
  sort: "catalogue",
  size: "m",
  open: "",
  view: "picture",
};

const NAMES = /** @type {(keyof State)[]} */ (Object.keys(INITIAL));

/**
 * @param {string} hash
 * @returns {State}
 */
function readState(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const state = { ...INITIAL };
  for (const name of NAMES) state[name] = given.get(name) ?? INITIAL[name];
  return state;
}

/** @param {State} state */
function written(state) {
  const given = new URLSearchParams();
  for (const name of NAMES) if (state[name] !== INITIAL[name]) given.set(name, state[name]);
  return `#${given}`;
}

/**
 * The pictures that all filters let through; `but` names one filter that is not looked at.
 *
 * @param {Entry[]} entries
 * @param {State} state
 * @param {string} [but]
 */
function filtered(entries, state, but = "") {
  const words = folded(state.q).split(/\s+/).filter(Boolean);
  /** @param {keyof State} name */
  const asked = (name) => (name === but ? "" : state[name]);
  const [status, catalogue, provider] = [asked("status"), asked("catalogue"), asked("provider")];
  const [recipe, tag, cost] = [asked("recipe"), asked("tag"), asked("cost")];
  const decision = asked("decision");
  return entries.filter(
    (entry) =>
      (!status || entry.status === status) &&
      (!catalogue || entry.catalogue === catalogue) &&
      (!provider || entry.provider === provider) &&
      (!recipe || entry.recipe === recipe) &&
      (!tag || entry.tags.includes(tag)) &&
      (!cost || costsAs(entry, cost)) &&
      (!decision || isDecided(entry, decision)) &&
      words.every((word) => haystack(entry).includes(word)),
  );
}

/**
 * Whether a cost is `unknown`, an amount such as `0.04`, or within a range such as `0.01-0.1`.
 *
 * @param {Entry} entry
 * @param {string} asked
 */
function costsAs(entry, asked) {
  if (asked === "unknown") return isOfUnknownCost(entry);
  if (entry.cost === null) return false;
  const [low, high] = asked.split("-").map(Number);
  const cost = Number(entry.cost);
  return high === undefined ? cost === low : low <= cost && cost <= high;
}

/**
 * Whether there is a picture whose cost nobody knows; one that was not made has none.
 *
 * @param {Entry} entry
 */
function isOfUnknownCost(entry) {
  return entry.cost === null && entry.status === "done";
}

/** @type {Record<string, (one: Entry, other: Entry) => number>} */
const ORDERS = {
  newest: (one, other) => (other.finished_at ?? "").localeCompare(one.finished_at ?? ""),
  dearest: (one, other) => Number(other.cost ?? -1) - Number(one.cost ?? -1),
  slowest: (one, other) => (other.seconds ?? -1) - (one.seconds ?? -1),
};

/**
 * Pictures under headings; one group without a name where the order goes across products.
 *
 * @param {Entry[]} entries
 * @param {State} state
 * @returns {Group[]}
 */
function grouped(entries, state) {
  const order = ORDERS[state.sort];
  if (order) return [{ name: "", entries: [...entries].sort(order) }];
  if (state.group === "none") return [{ name: "", entries }];
  /** @type {Map<string, Group>} */
  const groups = new Map();
  for (const entry of entries) {
    const name = groupName(entry, state.group);
    const key = `${entry.catalogue}\n${name}`;
    let group = groups.get(key);
    if (!group) groups.set(key, (group = { name, entries: [] }));
    group.entries.push(entry);
  }
  return [...groups.values()];
}

/**
 * @param {Entry} entry
 * @param {string} by
 */
function groupName(entry, by) {
  switch (by) {
    case "recipe":
      return entry.recipe;
    case "provider":
      return entry.provider;
    default:
      return entry.product || entry.catalogue;
  }
}
