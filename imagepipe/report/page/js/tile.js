// One picture in the grid: a link that opens it.

/**
 * @param {Entry} entry
 * @param {string} href
 * @param {number} place its number in the order that is shown, from 0
 * @param {boolean} reachable whether Tab stops here
 */
function tile(entry, href, place, reachable) {
  const shown = picture(entry);
  const state = entry.status === "done" ? null : statusBadge(entry.status);
  return element(
    "a",
    {
      class: `tile ${entry.image ? "" : "without"}`,
      href,
      "data-place": place,
      tabindex: reachable ? 0 : -1,
    },
    element(
      "span",
      { class: "plate" },
      shown ? thumbnail(entry, shown) : nothing(entry),
      state,
      entry.image && entry.earlier.length ? earlierMark() : null,
      decisionMark(entry),
    ),
    caption(entry),
  );
}

/**
 * @param {Entry} entry
 * @param {Picture} shown
 */
function thumbnail(entry, shown) {
  const source = shown.thumbnail ?? shown.picture;
  if (!source) return blank(entry, "The picture is not in this report");
  return element("img", {
    src: source,
    alt: alternative(entry),
    decoding: "async",
    width: shown.width,
    height: shown.height,
    draggable: "false",
  });
}

/** @param {Entry} entry */
function nothing(entry) {
  const why = entry.failure ? entry.failure.message : STATUS_MEANINGS[entry.status];
  return blank(entry, shortened(why, 140));
}

/**
 * What stands where a picture would be; the picture's name is there for who cannot see the heading.
 *
 * @param {Entry} entry
 * @param {string} why
 */
function blank(entry, why) {
  return element("span", { class: "nothing" }, hiddenWords(`${title(entry)}: `), foreign(why));
}

/** @param {Status} status */
function statusBadge(status) {
  const meaning = STATUS_MEANINGS[status];
  return element("span", { class: `badge ${status}`, title: meaning }, STATUS_WORDS[status]);
}

/** A picture of which half is another one: there is something to compare with. */
function earlierMark() {
  const half = icon("M4 4h12v12H4zM10 4v12M4.5 15.5L10 10M4.5 10.5L10 5");
  const words = "An earlier picture is there";
  return element("span", { class: "mark", title: words }, half, hiddenWords(words));
}

/** @param {string} words */
function hiddenWords(words) {
  return element("span", { class: "hidden" }, words);
}

/** @param {Entry} entry */
function caption(entry) {
  const marks = entry.edited ? ["edited"] : [];
  const cost = entry.cost === null ? "" : dollars(entry.cost);
  return element(
    "span",
    { class: "caption" },
    element("span", { class: "label" }, foreign(label(entry))),
    element(
      "span",
      { class: "meta" },
      element("span", { class: "who" }, foreign([entry.provider, ...marks].join(" · "))),
      element("span", { class: "cost" }, cost),
    ),
  );
}
