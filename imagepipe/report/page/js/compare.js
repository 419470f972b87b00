// Two pictures of one place: an earlier one and the one of today, with a slider between them; or
// the variants of a picture, side by side.

/**
 * @param {Entry} entry
 * @param {Earlier} before
 * @returns {HTMLElement}
 */
function slider(entry, before) {
  const now = entry.image;
  const older = before.image.picture;
  if (!now?.picture || !older) {
    return element("p", { class: "absent" }, "One of the two pictures is not in this report.");
  }
  const handle = element("input", {
    type: "range",
    min: 0,
    max: 100,
    step: 1,
    value: 50,
    "aria-label": "How much of the earlier picture is shown",
  });
  const box = element(
    "div",
    { class: "compare" },
    element("img", { src: now.picture, alt: `Now: ${alternative(entry)}`, draggable: "false" }),
    element("img", {
      class: "older",
      src: older,
      alt: `Before: ${before.prompt ? shortened(before.prompt, 160) : title(entry)}`,
      draggable: "false",
    }),
    element("span", { class: "tag left" }, "Before"),
    element("span", { class: "tag right" }, "Now"),
    handle,
    element("span", { class: "line", "aria-hidden": "true" }),
  );
  const move = () => {
    box.style.setProperty("--cut", `${handle.value}%`);
    handle.setAttribute("aria-valuetext", `${handle.value} % of the earlier picture`);
  };
  handle.addEventListener("input", move);
  move();
  keepShape(box, now);
  return box;
}

/**
 * As large as its surroundings allow, in the shape of a picture.
 *
 * @param {HTMLElement} box
 * @param {Picture} shape
 */
function keepShape(box, shape) {
  const ratio = (shape.width ?? 1) / (shape.height ?? 1);
  new ResizeObserver((entries) => {
    const room = entries[0].contentRect;
    const width = Math.min(room.width, room.height * ratio);
    box.style.width = `${Math.floor(width)}px`;
    box.style.height = `${Math.floor(width / ratio)}px`;
  }).observe(part("shown"));
}

/**
 * @param {Entry[]} entries
 * @param {Entry} current
 * @param {(entry: Entry) => void} open
 * @returns {HTMLElement}
 */
function sideBySide(entries, current, open) {
  return element(
    "div",
    { class: "beside" },
    ...entries.map((entry) => {
      const shown = picture(entry);
      const name = variant(entry) || label(entry);
      return element(
        "button",
        {
          type: "button",
          "aria-current": entry === current ? "true" : null,
          onclick: () => open(entry),
        },
        shown?.picture
          ? element("img", { src: shown.picture, alt: alternative(entry), draggable: "false" })
          : element("span", { class: "absent" }, STATUS_MEANINGS[entry.status]),
        element("span", { class: "label" }, foreign(name)),
        element(
          "span",
          { class: "meta" },
          foreign([entry.provider, entry.cost && dollars(entry.cost)].filter(Boolean).join(" · ")),
        ),
      );
    }),
  );
}
