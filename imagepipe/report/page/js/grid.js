// The grid: of many thousand pictures, only the rows near the window are in the page.

/** Pixels above and below the window that are drawn ahead of time. */
const AHEAD = 600;

class Grid {
  /**
   * @param {HTMLElement} place
   * @param {(entry: Entry) => string} address
   * @param {(entry: Entry) => void} open
   */
  constructor(place, address, open) {
    this.place = place;
    this.address = address;
    this.open = open;
    /** @type {Group[]} */
    this.groups = [];
    this.size = "m";
    this.current = 0;
    this.layout = laidOut([], 0, "m");
    /** @type {Map<number, HTMLElement>} */
    this.drawn = new Map();
    this.room = 0;
    /** @type {((entry: Entry) => Node | null) | null} what stands over a tile, beside its link */
    this.beside = null;
    let asked = false;
    const soon = () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        this.draw();
      });
    };
    addEventListener("scroll", soon, { passive: true });
    new ResizeObserver(() => {
      if (this.place.clientWidth !== this.room) this.arrange();
      else soon();
    }).observe(place);
    addEventListener("resize", soon);
    place.addEventListener("click", (event) => this.onClick(event));
    place.addEventListener("keydown", (event) => this.onKey(event));
    place.addEventListener("focusin", (event) => this.onFocus(event));
  }

  /**
   * @param {Group[]} groups
   * @param {string} size
   */
  show(groups, size) {
    this.groups = groups;
    this.size = size;
    this.current = 0;
    this.arrange();
  }

  /**
   * Show the same pictures with what is new of some of them. If others are shown than before, all
   * is arranged anew; what had the focus keeps it either way.
   *
   * @param {Group[]} groups
   * @param {string} size
   * @param {Set<string>} changed ids of pictures
   */
  update(groups, size, changed) {
    const before = this.layout.order;
    const focused = this.place.contains(document.activeElement) ? before[this.current] : null;
    const order = groups.flatMap((group) => group.entries);
    this.groups = groups;
    this.size = size;
    const same =
      order.length === before.length && order.every((entry, place) => entry.id === before[place].id);
    this.layout = laidOut(groups, this.room, size);
    const stale = [...this.drawn].filter(
      ([number]) => !same || rowEntries(this.layout.rows[number]).some(({ id }) => changed.has(id)),
    );
    if (!same) {
      const place = focused ? order.findIndex(({ id }) => id === focused.id) : 0;
      this.current = Math.max(0, place);
      this.place.style.height = `${this.layout.height}px`;
      this.place.style.setProperty("--tile", `${this.layout.width}px`);
    }
    for (const [number, row] of stale) {
      row.remove();
      this.drawn.delete(number);
    }
    this.draw();
    if (focused) this.link(this.current)?.focus({ preventScroll: true });
  }

  /** Work out where everything is, and draw what is near the window. */
  arrange() {
    const focused = this.place.contains(document.activeElement) && this.currentRow() >= 0;
    this.room = this.place.clientWidth;
    this.layout = laidOut(this.groups, this.room, this.size);
    this.place.dataset.size = this.size;
    this.place.style.height = `${this.layout.height}px`;
    this.place.style.setProperty("--tile", `${this.layout.width}px`);
    for (const row of this.drawn.values()) row.remove();
    this.drawn.clear();
    this.draw();
    if (focused) this.link(this.current)?.focus({ preventScroll: true });
  }

  draw() {
    const { rows } = this.layout;
    const above = -this.place.getBoundingClientRect().top;
    const first = rowAt(rows, above - AHEAD);
    const end = rowAt(rows, above + innerHeight + AHEAD) + 1;
    const focused = this.place.contains(document.activeElement) ? this.currentRow() : -1;
    for (const [number, row] of this.drawn) {
      if ((number < first || number >= end) && number !== focused) {
        row.remove();
        this.drawn.delete(number);
      }
    }
    // From the last to the first, each before the one below it: read aloud, rows are in order.
    let below = focused >= end ? (this.drawn.get(focused) ?? null) : null;
    for (let number = Math.min(end, rows.length) - 1; number >= first; number -= 1) {
      let row = this.drawn.get(number);
      if (!row) {
        row = this.row(number);
        this.drawn.set(number, row);
        this.place.insertBefore(row, below);
      }
      below = row;
    }
  }

  /** @param {number} number */
  row(number) {
    const row = this.layout.rows[number];
    let place = row.start;
    const made = element("div", { class: "row" });
    made.style.transform = `translateY(${row.top}px)`;
    made.style.height = `${row.height}px`;
    for (const segment of row.segments) {
      made.append(this.segment(segment, place));
      place += segment.entries.length;
    }
    return made;
  }

  /**
   * @param {Segment} segment
   * @param {number} start
   */
  segment(segment, start) {
    const { group, entries } = segment;
    const tiles = entries.map((entry, number) =>
      element(
        "li",
        {},
        tile(entry, this.address(entry), start + number, start + number === this.current),
        this.beside ? this.beside(entry) : null,
      ),
    );
    const heading = segment.first && group.name ? this.heading(group) : null;
    const made = element(
      "div",
      {
        role: "group",
        "aria-label": `${group.name || "Pictures"}${segment.first ? "" : ", continued"}`,
      },
      heading,
      element("ul", {}, ...tiles),
    );
    made.style.gridColumn = `${segment.column + 1} / span ${entries.length}`;
    return made;
  }

  /** @param {Group} group */
  heading(group) {
    const many = group.entries.length;
    return element(
      "h2",
      {},
      foreign(group.name),
      many > 1 ? element("span", { class: "many" }, counted(many)) : null,
    );
  }

  /** The row that has the picture at which Tab stops. */
  currentRow() {
    return this.layout.rowOf[this.current] ?? -1;
  }

  /**
   * Bring a picture into view and put the focus on it.
   *
   * @param {Entry} entry
   */
  focus(entry) {
    const place = this.layout.order.indexOf(entry);
    if (place >= 0) this.moveTo(place);
  }

  /** @param {number} place */
  moveTo(place) {
    const before = this.link(this.current);
    if (before) before.tabIndex = -1;
    this.current = place;
    const row = this.layout.rows[this.currentRow()];
    const bar = barsBottom();
    const top = this.place.getBoundingClientRect().top + row.top;
    if (top < bar) scrollBy(0, top - bar - GAP);
    else if (top + row.height > innerHeight) scrollBy(0, top + row.height - innerHeight + GAP);
    this.draw();
    const link = this.link(place);
    if (link) {
      link.tabIndex = 0;
      link.focus({ preventScroll: true });
    }
  }

  /**
   * @param {number} place
   * @returns {HTMLElement | null}
   */
  link(place) {
    return this.place.querySelector(`[data-place="${place}"]`);
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const place = placeOf(event.target);
    if (place === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.open(this.layout.order[place]);
  }

  /** @param {FocusEvent} event */
  onFocus(event) {
    const place = placeOf(event.target);
    if (place === null || place === this.current) return;
    const before = this.link(this.current);
    if (before) before.tabIndex = -1;
    this.current = place;
    const link = this.link(place);
    if (link) link.tabIndex = 0;
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const keys = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];
    if (!keys.includes(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (placeOf(event.target) === null) return;
    event.preventDefault();
    this.moveTo(neighbour(this.layout, this.current, event.key));
  }
}

/** @param {Row | undefined} row */
function rowEntries(row) {
  return row ? row.segments.flatMap((segment) => segment.entries) : [];
}

/**
 * @param {EventTarget | null} target
 * @returns {number | null}
 */
function placeOf(target) {
  const link = target instanceof Element ? target.closest("[data-place]") : null;
  return link instanceof HTMLElement ? Number(link.dataset.place) : null;
}

/** Where the bars that stay at the top of the window end. */
function barsBottom() {
  const toolbar = part("toolbar");
  const fixed = getComputedStyle(toolbar).position === "sticky" ? toolbar : part("top");
  return fixed.getBoundingClientRect().bottom;
}
