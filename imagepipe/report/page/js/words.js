// Numbers, money and times as words for people. Unknown is said, and is never nothing.

const STATUS_WORDS = {
  done: "Done",
  changed: "Changed",
  new: "Not made",
  pending: "Under way",
  failed: "Failed",
  ambiguous: "In doubt",
  lost: "Lost",
};

const STATUS_MEANINGS = {
  done: "The picture is there",
  changed: "The request has changed: the next run makes it anew; an earlier picture is shown",
  new: "The next run makes it",
  pending: "Submitted: the next run brings it in",
  failed: "It ended without a picture",
  ambiguous: "It may have been paid for: a person decides",
  lost: "It was paid for, and its picture is gone",
};

const plainNumber = new Intl.NumberFormat("en");
const shortTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const exactTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** @param {number} count */
const counted = (count) => plainNumber.format(count);

/**
 * US dollars: two decimals, or as many as it has if it is finer.
 *
 * @param {string | number} amount
 */
function dollars(amount) {
  const value = Math.round(Number(amount) * 1e6) / 1e6;
  const decimals = (String(value).split(".")[1] ?? "").length;
  const shown = { minimumFractionDigits: 2, maximumFractionDigits: Math.max(2, decimals) };
  return `$${value.toLocaleString("en", shown)}`;
}

/**
 * Money of several pictures.
 *
 * @param {number} known
 * @param {number} unknown how many have a cost that nobody knows
 */
function money(known, unknown) {
  if (!unknown) return dollars(known);
  return known ? `${dollars(known)} + ${counted(unknown)} unknown` : `${counted(unknown)} unknown`;
}

/** @param {number} seconds */
function duration(seconds) {
  if (seconds < 0.995) return `${Math.round(seconds * 1000)}\u00a0ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)}\u00a0s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}\u00a0s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}\u00a0min ${whole % 60}\u00a0s`;
  return `${Math.floor(whole / 3600)}\u00a0h ${Math.floor((whole % 3600) / 60)}\u00a0min`;
}

/** @param {number} count */
function bytes(count) {
  if (count < 1000) return `${count} B`;
  const kilo = count / 1024;
  return kilo < 1000 ? `${Math.round(kilo)} KiB` : `${(kilo / 1024).toFixed(1)} MiB`;
}

/** @param {string} time UTC, ISO 8601 */
function moment(time) {
  const found = new Date(time);
  if (Number.isNaN(found.getTime())) return element("span", {}, time);
  return element("time", { datetime: time, title: time }, exactTime.format(found));
}

/**
 * @param {string} text
 * @param {number} most
 */
function shortened(text, most) {
  return text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text;
}
