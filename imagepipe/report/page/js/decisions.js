// What people decided on pictures, as every page shows it: marks, words, and a filter.

/** @type {Record<Held, string>} */
const HELD_WORDS = {
  approved: "Approved",
  rejected: "Rejected",
  retry: "Another try is asked for",
  pending: "Not decided",
};

const HELD_PATHS = {
  approved: "M4.5 10.5l4 4 7-9",
  rejected: "M5.5 5.5l9 9M14.5 5.5l-9 9",
  retry: "M15.5 8A6 6 0 105 13.5M15.5 4v4h-4",
};

/** @type {[string, string][]} */
const DECISIONS = [
  ["", "Any decision"],
  ["pending", "Not decided"],
  ["approved", "Approved"],
  ["rejected", "Rejected"],
  ["retry", "Another try asked for"],
  ["stale", "Changed since decided"],
];

/** Whether this page takes decisions, or only shows them. */
const isServed = document.getElementById("desk") !== null;

/**
 * @param {Entry} entry
 * @returns {Held}
 */
function held(entry) {
  return entry.review?.held ?? "pending";
}

/**
 * @param {Entry} entry
 * @param {string} asked
 */
function isDecided(entry, asked) {
  return asked === "stale" ? (entry.review?.stale ?? false) : held(entry) === asked;
}

/**
 * What can be chosen; nothing where nobody has decided and nobody can.
 *
 * @param {Entry[]} entries
 * @returns {[string, string][]}
 */
function decisionOptions(entries) {
  return isServed || entries.some((entry) => entry.review) ? DECISIONS : [];
}

/** @param {Entry} entry */
function decisionMark(entry) {
  const now = held(entry);
  if (now === "pending") return null;
  const words = HELD_WORDS[now];
  return element(
    "span",
    { class: `decision ${now}`, title: words },
    icon(HELD_PATHS[now]),
    element("span", { class: "hidden" }, words),
  );
}

/**
 * What was decided, in words: a section among the details.
 *
 * @param {Entry} entry
 */
function decided(entry) {
  const review = entry.review;
  if (!review) return null;
  const said = element("p", { class: `said ${review.held}` }, HELD_WORDS[review.held]);
  if (review.stale && review.decision) {
    const was = HELD_WORDS[review.decision].toLowerCase();
    said.append(` (an earlier picture was ${was})`);
  }
  const asked = Object.entries(review.retry ?? {}).map(([name, value]) =>
    element("div", {}, element("dt", {}, words(name)), element("dd", {}, foreign(String(value)))),
  );
  return element(
    "section",
    { class: "decided" },
    element("h3", {}, "Decision"),
    said,
    review.note === null ? null : element("p", { class: "prose" }, foreign(review.note)),
    asked.length
      ? element("p", { class: "about" }, "Asked for in place of what the manifest says:")
      : null,
    asked.length ? element("dl", { class: "facts" }, ...asked) : null,
  );
}
