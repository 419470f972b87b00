// What the pictures that are shown come to, and three charts by provider. The numbers stand beside
// the bars: a chart is never the only way to read them.

/**
 * @param {Entry[]} entries
 * @param {Gallery} gallery
 */
function showTotals(entries, { rehearsal, charged }) {
  const open = part("totals").querySelector("details")?.open ?? false;
  const done = entries.filter((entry) => entry.status === "done");
  const failed = entries.filter((entry) => ["failed", "ambiguous", "lost"].includes(entry.status));
  const { known, unknown } = costs(entries);
  const seconds = times(done);
  const figures = [
    figure("Pictures", counted(done.length), `of ${counted(entries.length)}`),
    figure(
      rehearsal ? "Cost of a live run" : "Cost",
      dollars(known),
      unknown ? `and ${counted(unknown)} of unknown price` : "all prices known",
    ),
    figure(
      "Time to a picture",
      seconds.length ? duration(quantile(seconds, 0.5)) : "–",
      seconds.length ? `median; 95 % within ${duration(quantile(seconds, 0.95))}` : "not known",
    ),
    figure("Without a picture", counted(failed.length), "failed, in doubt or lost"),
  ];
  const charts = element("details", { class: "charts" }, element("summary", {}, "By provider"));
  charts.open = open;
  charts.append(element("div", { class: "panels" }, ...panels(entries)));
  const drifts = charged.filter(({ provider }) => entries.some((one) => one.provider === provider));
  const list = element("dl", { class: "figures" }, ...figures);
  part("totals").replaceChildren(list, ...drifts.map(drift), charts);
}

/**
 * What was charged otherwise than the tables say: an estimate that is off, and a budget with it.
 *
 * @param {Charged} one
 */
function drift(one) {
  const whom = one.case ? `${one.provider} (${one.case})` : one.provider;
  const table = one.estimate === null ? "no table says" : `the table says ${dollars(one.estimate)}`;
  const words = `${whom} charged ${dollars(one.each)} a picture, where ${table}.`;
  return element("p", { class: "drift" }, foreign(words));
}

/**
 * @param {string} name
 * @param {string} value
 * @param {string} note
 */
function figure(name, value, note) {
  return element(
    "div",
    {},
    element("dt", {}, name),
    element("dd", {}, element("strong", {}, value), " ", element("span", {}, note)),
  );
}

/** @param {Entry[]} entries */
function times(entries) {
  const found = entries.flatMap((entry) => (entry.seconds === null ? [] : [entry.seconds]));
  return found.sort((one, other) => one - other);
}

/**
 * The value below which a share of the ordered ones lie (nearest rank).
 *
 * @param {number[]} ordered
 * @param {number} share
 */
function quantile(ordered, share) {
  return ordered[Math.min(ordered.length - 1, Math.floor(share * ordered.length))];
}

/** @param {Entry[]} entries */
function panels(entries) {
  const names = [...new Set(entries.map((entry) => entry.provider))].sort();
  const rows = names.map((name) => entries.filter((entry) => entry.provider === name));
  return [
    panel("Pictures", names, rows.map(statusBar(Math.max(1, ...rows.map((row) => row.length))))),
    panel("Cost", names, costBars(rows)),
    panel("Time to a picture", names, timeBars(rows)),
  ];
}

/**
 * @param {string} caption
 * @param {string[]} names
 * @param {{bar: SVGElement, words: string}[]} drawings
 */
function panel(caption, names, drawings) {
  const rows = drawings.map(({ bar, words }, number) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, foreign(names[number])),
      element("td", { class: "bar" }, bar),
      element("td", { class: "words" }, words),
    ),
  );
  const head = element(
    "tr",
    { class: "hidden" },
    ...["Provider", "Chart", "Value"].map((name) => element("th", { scope: "col" }, name)),
  );
  return element(
    "table",
    { class: "panel" },
    element("caption", {}, caption),
    element("thead", {}, head),
    element("tbody", {}, ...rows),
  );
}

/** @param {SVGElement[]} shapes */
function chart(...shapes) {
  const attributes = { viewBox: "0 0 100 12", preserveAspectRatio: "none", "aria-hidden": "true" };
  return drawn("svg", { ...attributes, class: "chart" }, ...shapes);
}

/**
 * @param {string} kind
 * @param {number} from
 * @param {number} to
 * @param {number} [height]
 */
function shape(kind, from, to, height = 12) {
  const width = Math.max(0.6, to - from);
  return drawn("rect", { class: kind, x: from, width, y: (12 - height) / 2, height });
}

/** @param {number} most */
function statusBar(most) {
  /** @param {Entry[]} row */
  return (row) => {
    let from = 0;
    const words = [];
    const shapes = [];
    for (const status of STATUSES) {
      const many = row.filter((entry) => entry.status === status).length;
      if (!many) continue;
      shapes.push(shape(`fill ${status}`, from, from + (100 * many) / most));
      words.push(`${counted(many)} ${STATUS_WORDS[status].toLowerCase()}`);
      from += (100 * many) / most;
    }
    return { bar: chart(...shapes), words: words.join(", ") };
  };
}

/** @param {Entry[][]} rows */
function costBars(rows) {
  const sums = rows.map(costs);
  const most = Math.max(1e-9, ...sums.map(({ known }) => known));
  return sums.map(({ known, unknown }) => ({
    bar: chart(...(known ? [shape("fill money", 0, (100 * known) / most)] : [])),
    words: money(known, unknown),
  }));
}

/**
 * From the fastest to all but the slowest twentieth, with the middle half and the median.
 *
 * @param {Entry[][]} rows
 */
function timeBars(rows) {
  const found = rows.map((row) => times(row.filter((entry) => entry.status === "done")));
  const most = Math.max(1e-9, ...found.map((ordered) => quantile(ordered, 0.95) ?? 0));
  return found.map((ordered) => {
    if (!ordered.length) return { bar: chart(), words: "not known" };
    /** @param {number} share */
    const at = (share) => (100 * quantile(ordered, share)) / most;
    const median = Math.min(99.2, at(0.5));
    const shapes = [
      shape("range", at(0), at(0.95), 2),
      shape("fill time", at(0.25), at(0.75), 8),
      shape("median", median, median + 0.8, 12),
    ];
    const [middle, slow] = [quantile(ordered, 0.5), quantile(ordered, 0.95)];
    return { bar: chart(...shapes), words: `${duration(middle)}; 95\u00a0%\u00a0≤\u00a0${duration(slow)}` };
  });
}
