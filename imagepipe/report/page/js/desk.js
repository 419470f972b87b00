// The page where it is served: takes decisions to the server, and follows what changes there, be it
// by a run or in another window.

/** How many decisions can be taken back. */
const MOST_UNDO = 100;

class Desk {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    /** @type {Facts} */
    this.facts = JSON.parse(part("desk").textContent ?? "");
    this.version = this.facts.version;
    this.asking = new Asking();
    /** @type {{id: string, now: Said | null}[][]} */
    this.undone = [];
    this.toast = element("div", { class: "toast" });
    this.toast.hidden = true;
    this.live = element("p", { class: "live early", id: "live", role: "status" }, "Connecting");
    this.trouble = element("pre", { class: "trouble", id: "trouble", role: "alert" });
    this.trouble.hidden = true;
    this.tries = element("div", { class: "tries", id: "tries" });
    this.tries.hidden = true;
    part("made").parentElement?.replaceWith(this.live);
    part("totals").before(this.trouble, this.tries);
    document.body.append(this.toast);
    this.selection = new Choosing(page, (entries) => this.tools(entries));
    page.lightbox.tools = (entry) => this.tools([entry]);
    page.lightbox.toolKeys = this.keys();
    addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("visibilitychange", () => this.follow());
    this.follow();
    page.show(page.gallery);
    this.showTries();
  }

  /** @param {Entry[]} entries */
  tools(entries) {
    const all = (/** @type {Held} */ now) => entries.every((entry) => held(entry) === now);
    const none = entries.every((entry) => !entry.image);
    const open = entries.some((entry) => entry.review);
    return [
      tool("approve", "Approve", "a", () => this.decide(entries, "approved"), {
        pressed: all("approved"),
        disabled: none,
      }),
      tool("reject", "Reject…", "r", () => this.reject(entries), {
        pressed: all("rejected"),
        disabled: none,
      }),
      tool("retry", "Try again…", "t", () => this.retry(entries), { pressed: all("retry") }),
      tool("clear", "Clear", "c", () => this.clear(entries), { disabled: !open }),
    ];
  }

  /** @returns {Record<string, () => void>} */
  keys() {
    const act = (/** @type {(entries: Entry[]) => void} */ does) => () => {
      const entries = this.meant();
      if (entries.length) does(entries);
    };
    return {
      a: act((entries) => this.decide(entries, "approved")),
      r: act((entries) => this.reject(entries)),
      t: act((entries) => this.retry(entries)),
      c: act((entries) => this.clear(entries)),
      u: () => this.undo(),
    };
  }

  /** The pictures that a key is about: the open one, the chosen ones, or the one in focus. */
  meant() {
    const { lightbox, grid } = this.page;
    if (lightbox.isOpen) return lightbox.entry ? [lightbox.entry] : [];
    if (this.selection.ids.size) return this.selection.entries;
    return placeOf(document.activeElement) === null ? [] : [grid.layout.order[grid.current]];
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const typing = event.target instanceof Element && event.target.closest("input:not([type=checkbox]), textarea, select");
    if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
    if (this.asking.dialog.open) return;
    if (this.page.lightbox.isOpen) {
      // What had the focus was drawn anew: the key is meant for the picture all the same.
      if (event.target === document.body) this.page.lightbox.onKey(event);
      return;
    }
    if (event.key === "Escape" && this.selection.ids.size) this.selection.clear();
    else if (event.key === "x" && placeOf(event.target) !== null) {
      this.selection.toggle(this.page.grid.layout.order[this.page.grid.current]);
    } else if (this.keys()[event.key]) {
      event.preventDefault();
      this.keys()[event.key]();
    }
  }

  /**
   * @param {Entry[]} entries
   * @param {"approved" | "rejected"} decision
   * @param {string} [note]
   */
  decide(entries, decision, note) {
    const made = entries.filter((entry) => entry.image);
    if (!made.length) {
      this.say("There is no picture of it yet to decide on.");
      return;
    }
    // The same decision once more takes it back.
    if (note === undefined && made.every((entry) => held(entry) === decision)) {
      this.clear(made);
      return;
    }
    const left = entries.length - made.length;
    const words = `${decision === "approved" ? "Approved" : "Rejected"}: ${several(made)}`;
    const wishes = made.map((entry) => {
      /** @type {Said} */
      const now = { decision, picture: `sha256:${entry.image?.digest}` };
      const kept = note ?? (decision === "approved" ? "" : (entry.review?.note ?? ""));
      if (kept) now.note = kept;
      if (entry.review?.retry) now.retry = entry.review.retry;
      return wish(entry, now);
    });
    this.send(wishes, left ? `${words}; ${counted(left)} without a picture left out` : words);
  }

  /** @param {Entry[]} entries */
  async reject(entries) {
    const answer = await this.asking.reject(entries.filter((entry) => entry.image));
    this.refocus();
    if (answer) this.decide(entries, "rejected", answer.note);
  }

  /** @param {Entry[]} entries */
  async retry(entries) {
    const names = new Set(entries.map((entry) => entry.catalogue));
    const known = [...names].map((name) => this.facts.providers[name] ?? []);
    const answer = await this.asking.retry(entries, [...new Set(known.flat())]);
    this.refocus();
    if (!answer?.retry) return;
    const asked = answer.retry;
    const wishes = entries.map((entry) => {
      /** @type {Said} */
      const now = { decision: "retry", retry: { ...entry.review?.retry, ...asked } };
      if (entry.image) now.picture = `sha256:${entry.image.digest}`;
      if (answer.note) now.note = answer.note;
      return wish(entry, now);
    });
    this.send(wishes, `Another try is asked for: ${several(entries)}`);
  }

  /**
   * Nothing is decided; a try that was made stays what is asked for, one that was not is withdrawn.
   *
   * @param {Entry[]} entries
   */
  clear(entries) {
    const some = entries.filter((entry) => entry.review);
    const wishes = some.map((entry) => {
      const kept = held(entry) !== "retry" && entry.image && entry.review?.retry;
      return wish(entry, kept && entry.review?.decision ? { retry: entry.review.retry ?? {} } : null);
    });
    if (wishes.length) this.send(wishes, `Cleared: ${several(some)}`);
  }

  undo() {
    const last = this.undone.pop();
    if (!last) {
      this.say("There is nothing to undo.");
      return;
    }
    const now = new Map(this.page.gallery.pictures.map((entry) => [entry.id, entry]));
    const wishes = last.flatMap(({ id, now: said }) => {
      const entry = now.get(id);
      return entry ? [wish(entry, said)] : [];
    });
    this.send(wishes, "Undone", false);
  }

  /**
   * @param {Wish[]} wishes
   * @param {string} words what is said when it is done
   * @param {boolean} [undoable]
   */
  async send(wishes, words, undoable = true) {
    let reply, told;
    try {
      reply = await fetch("decisions", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ changes: wishes }),
      });
      told = await reply.json();
    } catch {
      this.say("Not saved: the server does not answer. Start `imagepipe view` again.", [], true);
      return;
    }
    if (reply.status === 409) this.conflict(told.conflict, wishes, words, undoable);
    else if (!reply.ok) this.say(`Not saved: ${told.error}`, [], true);
    else {
      if (undoable) this.undone = [...this.undone, told.undo].slice(-MOST_UNDO);
      this.take(told.pictures);
      this.say(words, undoable ? [tool("undo", "Undo", "u", () => this.undo())] : []);
    }
  }

  /**
   * Somebody else has decided meanwhile: nothing was saved, and a person says which holds.
   *
   * @param {Entry[]} entries
   * @param {Wish[]} wishes
   * @param {string} words
   * @param {boolean} undoable
   */
  conflict(entries, wishes, words, undoable) {
    this.take(entries);
    const now = new Map(entries.map((entry) => [entry.id, entry.review?.revision ?? ""]));
    const again = wishes.map((one) => ({ ...one, seen: now.get(one.id) ?? one.seen }));
    const held_ = entries.length === 1 ? `: ${HELD_WORDS[held(entries[0])]}` : "";
    this.say(
      `Not saved: ${several(entries)} decided on elsewhere meanwhile${held_}.`,
      [tool("anyway", "Save mine", "", () => this.send(again, words, undoable))],
      true,
    );
  }

  /** @param {Entry[]} pictures */
  take(pictures) {
    this.page.take(pictures);
    this.selection.show();
    this.showTries();
  }

  /** While the page is looked at: a browser has few connections, and other windows need some. */
  follow() {
    this.source?.close();
    if (document.hidden) return;
    const source = new EventSource(`events?since=${this.version}`);
    this.source = source;
    source.onopen = () => {
      this.showLive(0);
      this.showTrouble("");
    };
    source.onmessage = (event) => this.hear(JSON.parse(event.data));
    source.onerror = () => {
      this.live.textContent = "Not connected";
      this.live.className = "live off";
      this.showTrouble("Not connected: `imagepipe view` has ended. Start it again, and open its link.");
    };
  }

  /** @param {News} news */
  async hear(news) {
    this.version = news.version;
    this.showTrouble(news.trouble);
    this.showLive(news.runs);
    if (news.pictures === null) {
      const reply = await fetch("data");
      if (!reply.ok) return;
      /** @type {News} */
      const whole = await reply.json();
      this.page.show({ ...this.page.gallery, pictures: whole.all ?? [] });
      this.take([]);
    } else if (news.pictures.length) {
      this.take(news.pictures);
    }
  }

  /** @param {string} words */
  showTrouble(words) {
    this.trouble.hidden = !words;
    this.trouble.textContent = words;
  }

  /** @param {number} runs */
  showLive(runs) {
    const at = runs === 1 ? "1 run at work" : `${counted(runs)} runs at work`;
    this.live.textContent = runs ? `Live, ${at}` : "Live";
    this.live.className = runs ? "live busy" : "live";
  }

  /** How tries that were asked for are made. */
  showTries() {
    const many = this.page.gallery.pictures.filter((entry) => held(entry) === "retry").length;
    this.tries.hidden = !many;
    if (!many || this.tries.dataset.many === String(many)) return;
    this.tries.dataset.many = String(many);
    const words = many === 1 ? "1 picture waits" : `${counted(many)} pictures wait`;
    const lines = this.facts.retry.map((text) => {
      const code = element("code", {}, foreign(text));
      const copy = element("button", { type: "button", class: "copy" }, "Copy");
      copy.addEventListener("click", () => copyText(copy, text, code));
      return element("div", {}, code, copy);
    });
    this.tries.replaceChildren(
      element("p", {}, `${words} for another try, which this command makes:`),
      ...lines,
    );
  }

  /**
   * @param {string} words
   * @param {Node[]} tools
   * @param {boolean} [wrong] it stays until it was read
   */
  say(words, tools = [], wrong = false) {
    clearTimeout(this.quiet);
    const { lightbox } = this.page;
    const focused = this.toast.contains(document.activeElement);
    const close = tool("close", "Close", "", () => (this.toast.hidden = true));
    this.toast.replaceChildren(
      element("p", { role: wrong ? "alert" : "status" }, foreign(words)),
      ...tools,
      ...(wrong ? [close] : []),
    );
    this.toast.className = wrong ? "toast wrong" : "toast";
    this.toast.hidden = false;
    (lightbox.isOpen ? lightbox.dialog : document.body).append(this.toast);
    if (focused) this.refocus();
    if (!wrong) this.quiet = setTimeout(() => (this.toast.hidden = true), 8000);
  }

  /** Where the focus goes if what had it was drawn anew meanwhile. */
  refocus() {
    // A closed dialog keeps the focus until the next frame.
    const now = document.activeElement;
    if (now && now !== document.body && !this.asking.dialog.contains(now)) return;
    const { lightbox, grid } = this.page;
    const place = lightbox.isOpen ? lightbox.dialog : (grid.link(grid.current) ?? grid.place);
    place.focus({ preventScroll: true });
  }

  /** @type {EventSource | undefined} */
  source;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  quiet;
}

/**
 * @param {Entry} entry
 * @param {Said | null} now
 * @returns {Wish}
 */
function wish(entry, now) {
  return { id: entry.id, seen: entry.review?.revision ?? "", now };
}

/** @param {Page} page */
function serve(page) {
  return new Desk(page);
}
