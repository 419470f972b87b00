// Where every tile of the grid is, worked out from sizes alone: rows of equal tiles, and several
// small groups side by side where there is room. Draws nothing.

const GAP = 14;
const HEADING = 34;
const SIZES = { s: 128, m: 188, l: 288 };
const CAPTIONS = { s: 26, m: 46, l: 46 };

/**
 * @param {Group[]} groups
 * @param {number} room width of the grid in pixels
 * @param {string} size
 * @returns {Layout}
 */
function laidOut(groups, room, size) {
  const known = size === "s" || size === "l" ? size : "m";
  const columns = fitting(groups, room, known);
  const width = Math.floor((room - GAP * (columns - 1)) / columns);
  const tile = width + CAPTIONS[known];
  /** @type {Layout} */
  const layout = { rows: [], height: 0, columns, width, order: [], rowOf: [], columnOf: [] };
  /** @type {Segment[]} */
  let waiting = [];
  let column = 0;

  const close = () => {
    const headed = waiting.some((segment) => segment.first && segment.group.name);
    if (waiting.length) addRow(layout, waiting, tile + (headed ? HEADING : 0));
    waiting = [];
    column = 0;
  };
  for (const group of groups) {
    const many = group.entries.length;
    if (column + many > columns) close();
    for (let from = 0; from < many; from += columns) {
      const entries = group.entries.slice(from, from + columns);
      waiting.push({ group, first: from === 0, entries, column });
      column += entries.length;
      if (column >= columns || many > columns) close();
    }
  }
  close();
  layout.height = Math.max(0, layout.height - GAP);
  return layout;
}

/**
 * How many columns fit: of a few numbers near the wished size, the one that leaves the least empty.
 *
 * @param {Group[]} groups
 * @param {number} room
 * @param {"s" | "m" | "l"} size
 */
function fitting(groups, room, size) {
  const usual = Math.max(size === "l" ? 1 : 2, Math.floor((room + GAP) / (SIZES[size] + GAP)));
  const many = groups.map((group) => group.entries.length);
  const all = many.reduce((sum, one) => sum + one, 0);
  let best = usual;
  let least = Infinity;
  const spread = Math.floor(usual / 4);
  for (let columns = usual - spread; columns <= usual + spread; columns += 1) {
    const empty = (rowsOf(many, columns) * columns) / Math.max(1, all);
    const unlike = Math.abs(columns - usual) * 0.04;
    if (empty + unlike < least) [best, least] = [columns, empty + unlike];
  }
  return best;
}

/**
 * @param {number[]} many sizes of groups
 * @param {number} columns
 */
function rowsOf(many, columns) {
  let rows = 0;
  let column = columns;
  for (const one of many) {
    if (column + one > columns) {
      rows += Math.ceil(one / columns);
      column = one > columns ? columns : 0;
    }
    column += one;
  }
  return rows;
}

/**
 * @param {Layout} layout
 * @param {Segment[]} segments
 * @param {number} height
 */
function addRow(layout, segments, height) {
  const start = layout.order.length;
  for (const { entries, column } of segments) {
    entries.forEach((entry, place) => {
      layout.order.push(entry);
      layout.rowOf.push(layout.rows.length);
      layout.columnOf.push(column + place);
    });
  }
  layout.rows.push({ top: layout.height, height, start, segments });
  layout.height += height + GAP;
}

/**
 * The first row that reaches below `top`.
 *
 * @param {Row[]} rows
 * @param {number} top
 */
function rowAt(rows, top) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].top + rows[middle].height <= top) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The picture one step from another in a direction of the keyboard; itself at the edge.
 *
 * @param {Layout} layout
 * @param {number} from
 * @param {string} key
 */
function neighbour(layout, from, key) {
  const last = layout.order.length - 1;
  switch (key) {
    case "ArrowLeft":
      return Math.max(0, from - 1);
    case "ArrowRight":
      return Math.min(last, from + 1);
    case "Home":
      return 0;
    case "End":
      return last;
  }
  const row = layout.rowOf[from] + (key === "ArrowUp" ? -1 : 1);
  if (row < 0 || row >= layout.rows.length) return from;
  let found = layout.rows[row].start;
  while (layout.rowOf[found + 1] === row && layout.columnOf[found] < layout.columnOf[from]) {
    found += 1;
  }
  return found;
}
