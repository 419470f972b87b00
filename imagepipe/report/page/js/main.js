// The page as a whole: one state, drawn anew from the top whenever it changes.

class Page {
  /** @param {Gallery} gallery */
  constructor(gallery) {
    this.gallery = gallery;
    this.state = readState(location.hash);
    /** Whether the open picture was opened from this page, so that going back closes it. */
    this.pushed = false;
    this.grid = new Grid(
      part("grid"),
      (entry) => written({ ...this.state, open: entry.id }),
      (entry) => this.open(entry),
    );
    this.toolbar = new Toolbar((change) => this.change(change));
    this.lightbox = new Lightbox({
      go: (step) => this.go(step),
      close: () => this.close(),
      open: (entry) => this.change({ open: entry.id, view: "picture" }),
      view: (view) => this.change({ view }),
    });
    addEventListener("popstate", () => this.restore());
    addEventListener("keydown", (event) => this.onKey(event));
    part("skip").addEventListener("click", () => this.grid.moveTo(this.grid.current));
    const made = new Date(gallery.made_at);
    if (!Number.isNaN(made.getTime())) part("made").textContent = shortTime.format(made);
    this.show(gallery);
  }

  /**
   * Show these pictures, with everything that was chosen left as it is.
   *
   * @param {Gallery} gallery
   */
  show(gallery) {
    this.gallery = gallery;
    this.toolbar.offer(gallery.pictures);
    this.draw();
  }

  /**
   * Take in what is new of some pictures, and leave alone what people are looking at.
   *
   * @param {Entry[]} pictures
   */
  take(pictures) {
    const news = new Map(pictures.map((entry) => [entry.id, entry]));
    const all = this.gallery.pictures.map((entry) => news.get(entry.id) ?? entry);
    this.gallery = { ...this.gallery, pictures: all };
    this.toolbar.offer(all);
    this.drawGrid((groups, size) => this.grid.update(groups, size, new Set(news.keys())));
    const open = news.get(this.state.open);
    if (open || (this.state.open && this.state.view === "variants")) this.drawOpen();
  }

  draw() {
    this.drawGrid((groups, size) => this.grid.show(groups, size));
    this.drawOpen();
  }

  /** @param {(groups: Group[], size: string) => void} show */
  drawGrid(show) {
    const { gallery, state } = this;
    const entries = filtered(gallery.pictures, state);
    this.toolbar.show(gallery.pictures, state);
    showTotals(entries, gallery);
    show(grouped(entries, state), state.size);
    const all = gallery.pictures.length;
    part("found").textContent = found(entries.length, all);
    part("found").classList.toggle("hidden", entries.length === all && all > 0);
  }

  drawOpen() {
    const entry = this.gallery.pictures.find(({ id }) => id === this.state.open);
    if (!entry) {
      this.lightbox.close();
      return;
    }
    const { order } = this.grid.layout;
    const alike = variants(this.gallery.pictures, entry);
    this.lightbox.show(entry, order.includes(entry) ? order : [entry], alike, this.state.view);
  }

  /** @param {Partial<State>} change */
  change(change) {
    this.state = { ...this.state, ...change };
    history.replaceState(null, "", written(this.state));
    if ("open" in change || "view" in change) this.drawOpen();
    else this.draw();
  }

  /** @param {Entry} entry */
  open(entry) {
    this.state = { ...this.state, open: entry.id };
    history.pushState(null, "", written(this.state));
    this.pushed = true;
    this.drawOpen();
  }

  close() {
    if (this.pushed) history.back();
    else {
      const left = this.lightbox.entry;
      this.change({ open: "", view: "picture" });
      if (left) this.grid.focus(left);
    }
  }

  /** What the address says, after the back button. */
  restore() {
    const before = this.state;
    this.state = readState(location.hash);
    this.pushed = this.state.open !== "" && this.pushed;
    const left = before.open && !this.state.open ? this.lightbox.entry : null;
    const same = written({ ...before, open: "", view: "" });
    if (same === written({ ...this.state, open: "", view: "" })) this.drawOpen();
    else this.draw();
    if (left) this.grid.focus(left);
  }

  /** @param {number} step */
  go(step) {
    const { order } = this.grid.layout;
    const place = order.findIndex(({ id }) => id === this.state.open);
    const next = order[Math.min(order.length - 1, Math.max(0, place + step))];
    if (next && next.id !== this.state.open) this.change({ open: next.id });
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || this.lightbox.isOpen) return;
    if (event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    part("search").focus();
  }
}

/**
 * @param {number} many
 * @param {number} all
 */
function found(many, all) {
  if (!many) return all ? "No picture fits. Clear the search or a filter." : "No pictures yet.";
  const pictures = many === 1 ? "picture" : "pictures";
  return many === all ? `${counted(all)} ${pictures}` : `${counted(many)} of ${counted(all)} pictures`;
}

const page = new Page(JSON.parse(part("data").textContent ?? ""));
if (typeof serve === "function") serve(page);
