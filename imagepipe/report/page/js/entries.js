// What a picture is called, what it shows, and what can be searched for in it.

/**
 * The recipe, and what tells the picture from its variants.
 *
 * @param {Entry} entry
 */
function label(entry) {
  const words = variant(entry);
  return words ? `${entry.recipe} · ${words}` : entry.recipe;
}

/** @param {Entry} entry */
function variant(entry) {
  const words = Object.values(entry.axes);
  if (entry.index > 1) words.push(`no. ${entry.index}`);
  return words.join(" · ");
}

/** @param {Entry} entry */
function title(entry) {
  return entry.product ? `${entry.product} · ${label(entry)}` : label(entry);
}

/**
 * The picture to show: the one that was asked for, else the latest that was there before.
 *
 * @param {Entry} entry
 */
function picture(entry) {
  return entry.image ?? entry.earlier[0]?.image ?? null;
}

/** @param {Entry} entry */
function alternative(entry) {
  return `${title(entry)}${entry.prompt ? `: ${shortened(entry.prompt, 160)}` : ""}`;
}

/**
 * The variants of a picture: of the same product and recipe, itself among them.
 *
 * @param {Entry[]} entries
 * @param {Entry} entry
 */
function variants(entries, entry) {
  return entries.filter(
    (one) =>
      one.recipe === entry.recipe &&
      one.product === entry.product &&
      one.catalogue === entry.catalogue,
  );
}

/** @param {string} text */
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** @type {WeakMap<Entry, string>} */
const haystacks = new WeakMap();

/**
 * Everything that can be searched for, made when it is first asked for.
 *
 * @param {Entry} entry
 */
function haystack(entry) {
  let found = haystacks.get(entry);
  if (found === undefined) {
    const failure = entry.failure;
    found = folded(
      [
        title(entry),
        entry.path,
        entry.prompt,
        entry.negative_prompt,
        entry.tags.join(" "),
        entry.provider,
        entry.model,
        entry.key,
        entry.image?.digest,
        entry.ticket,
        entry.seed,
        entry.status,
        failure && `${failure.kind} ${failure.message} ${failure.code ?? ""}`,
      ].join("\n"),
    );
    haystacks.set(entry, found);
  }
  return found;
}

/**
 * What some pictures have cost; a key is paid for once.
 *
 * @param {Entry[]} entries
 */
function costs(entries) {
  const paid = new Set();
  let known = 0;
  let unknown = 0;
  for (const entry of entries) {
    if (paid.has(entry.key)) continue;
    paid.add(entry.key);
    if (entry.cost !== null) known += Number(entry.cost);
    else if (isOfUnknownCost(entry)) unknown += 1;
  }
  return { known, unknown };
}
