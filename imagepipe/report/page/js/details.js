// Everything that is known of one picture, in words.

/**
 * @param {Entry} entry
 * @param {Earlier | null} before the earlier picture that is compared with
 * @param {HTMLElement | null} versions where another one is chosen
 * @returns {HTMLElement[]}
 */
function details(entry, before, versions) {
  return [
    standing(entry),
    decided(entry),
    before ? differences(before, versions) : null,
    entry.prompt === null ? null : prose("Prompt", entry.prompt),
    entry.negative_prompt === null ? null : prose("Negative prompt", entry.negative_prompt),
    facts("Request", [
      ["Provider", foreign(entry.provider)],
      ["Model", entry.model === null ? null : foreign(entry.model)],
      ["Seed", entry.seed === null ? null : copied(String(entry.seed))],
      ...Object.entries(entry.parameters).map(
        ([name, value]) => /** @type {Fact} */ ([words(name), foreign(told(value))]),
      ),
      ["Tags", entry.tags.length ? foreign(entry.tags.join(", ")) : null],
    ]),
    facts("Result", [
      ["Cost", entry.cost === null ? "unknown" : dollars(entry.cost)],
      ["Price", entry.cost === null && entry.price !== null ? dollars(entry.price) : null],
      ["Submitted", entry.submitted_at === null ? null : moment(entry.submitted_at)],
      ["Finished", entry.finished_at === null ? null : moment(entry.finished_at)],
      ["Time", entry.seconds === null ? null : duration(entry.seconds)],
      ["Attempts", entry.attempts === null ? null : counted(entry.attempts)],
      ["Ticket", entry.ticket === null ? null : copied(entry.ticket)],
    ]),
    past(entry),
    file(entry),
    commands(entry),
  ].filter((section) => section !== null);
}

/** @typedef {[string, Node | string | null]} Fact */

/** @param {Entry} entry */
function standing(entry) {
  const failure = entry.failure;
  const lines = [element("p", { class: "why" }, statusBadge(entry.status), " ", foreign(entry.reason))];
  if (entry.edited) {
    lines.push(element("p", { class: "why" }, "The file at its path was edited by hand."));
  }
  if (failure) {
    const about = [failure.kind, failure.http && `HTTP ${failure.http}`, failure.code];
    if (failure.billed === false) about.push("not billed");
    if (failure.billed === true) about.push("billed");
    lines.push(
      element(
        "div",
        { class: "failure" },
        element("p", {}, foreign(failure.message)),
        element("p", { class: "about" }, foreign(about.filter(Boolean).join(" · "))),
        failure.advice ? element("p", {}, foreign(failure.advice)) : null,
      ),
    );
  }
  return element("section", {}, element("h3", { class: "hidden" }, "Status"), ...lines);
}

/**
 * @param {Earlier} before
 * @param {HTMLElement | null} versions
 */
function differences(before, versions) {
  const rows = before.changes.map((change) =>
    element(
      "li",
      {},
      element("b", {}, words(change.name)),
      change.old === null ? null : element("del", {}, foreign(change.old)),
      change.new === null ? null : element("ins", {}, foreign(change.new)),
    ),
  );
  const about = [before.provider, before.cost !== null && dollars(before.cost)];
  const intro = element("p", { class: "about" }, foreign(about.filter(Boolean).join(" · ")));
  if (before.finished_at) intro.append(" · ", moment(before.finished_at));
  return element(
    "section",
    {},
    element("h3", {}, "Changed since the earlier picture"),
    versions,
    intro,
    rows.length
      ? element("ul", { class: "changes" }, ...rows)
      : element("p", {}, "Its request is not known here."),
  );
}

/**
 * @param {string} name
 * @param {string} text
 */
function prose(name, text) {
  const quote = element("p", { class: "prose" }, foreign(text));
  return element("section", {}, heading(name, text, quote), quote);
}

/**
 * @param {string} name
 * @param {Fact[]} known
 */
function facts(name, known) {
  const rows = known.flatMap(([term, value]) =>
    value === null
      ? []
      : [element("div", {}, element("dt", {}, term), element("dd", {}, value))],
  );
  if (!rows.length) return null;
  return element("section", {}, element("h3", {}, name), element("dl", { class: "facts" }, ...rows));
}

/** @param {Entry} entry */
function past(entry) {
  if (!entry.history.length) return null;
  const rows = entry.history.map((attempt) => {
    const line = element("li", {}, `${attempt.attempt}. ${attempt.state}`);
    if (attempt.at) line.append(" ", moment(attempt.at));
    if (attempt.message) line.append(element("br"), foreign(attempt.message));
    return line;
  });
  return element(
    "section",
    {},
    element("h3", {}, "Earlier attempts"),
    element("ul", { class: "history" }, ...rows),
  );
}

/** @param {Entry} entry */
function file(entry) {
  const image = entry.image;
  const size = image?.width && image.height ? `${image.width} × ${image.height} pixels` : null;
  const name = entry.path.replaceAll("/", "-");
  const link =
    image?.picture &&
    element("a", { href: image.picture, download: name, class: "download" }, "Save the picture");
  return facts("File", [
    ["Path", copied(entry.path)],
    ["Size", size && image?.bytes ? `${size}, ${bytes(image.bytes)}` : size],
    ["SHA-256", image ? copied(image.digest) : null],
    ["Key", copied(entry.key)],
    ["", link || null],
  ]);
}

/** @param {Entry} entry */
function commands(entry) {
  const { run, retry, settle, explain } = entry.commands;
  const known = /** @type {[string, string | null][]} */ ([
    ["Try it again", retry],
    ["Settle the doubt", settle],
    [entry.image ? "Make it again" : "Make it", retry || settle ? null : run],
    ["See what it is made of", explain],
  ]);
  const rows = known.flatMap(([name, text]) => {
    if (text === null) return [];
    const code = element("code", {}, foreign(text));
    return [element("div", { class: "command" }, heading(name, text, code, "h4"), code)];
  });
  return element("section", {}, element("h3", {}, "Commands"), ...rows);
}

/**
 * @param {string} name
 * @param {string} text what the button beside it copies
 * @param {HTMLElement} place where that text stands
 * @param {"h3" | "h4"} [level]
 */
function heading(name, text, place, level = "h3") {
  const copy = element(
    "button",
    { type: "button", class: "copy", "aria-label": `Copy: ${name}` },
    "Copy",
  );
  copy.addEventListener("click", () => copyText(copy, text, place));
  return element("div", { class: "heading" }, element(level, {}, name), copy);
}

/** @param {string} text */
function copied(text) {
  const place = element("span", { class: "exact", title: text }, foreign(text));
  return place;
}

/**
 * Into the clipboard; where a page from disk may not, the text is selected to be copied by hand.
 *
 * @param {HTMLButtonElement} button
 * @param {string} text
 * @param {HTMLElement} place
 */
async function copyText(button, text, place) {
  let said = "Copied";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection()?.selectAllChildren(place);
    said = "Selected";
  }
  button.textContent = said;
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

/** @param {string} name a name of a manifest, such as `aspect_ratio` */
function words(name) {
  const spaced = name.replaceAll("_", " ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function told(value) {
  if (Array.isArray(value)) return value.map(told).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
