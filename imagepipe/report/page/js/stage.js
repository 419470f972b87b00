// One picture, as large as there is room: zoomed by wheel, pinch, double click and keys, moved by
// dragging, turned like a page by swiping.

const MOST_ZOOM = 8;
const SWIPE = 60;

class Stage {
  /**
   * @param {HTMLElement} place
   * @param {(step: -1 | 0 | 1) => void} swiped to the one before, out, or to the next
   */
  constructor(place, swiped) {
    this.place = place;
    this.swiped = swiped;
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    /** @type {HTMLImageElement | null} */
    this.image = null;
    /** @type {Map<number, PointerEvent>} */
    this.fingers = new Map();
    this.from = { x: 0, y: 0 };
    place.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    place.addEventListener("dblclick", (event) => this.toggle(event));
    place.addEventListener("pointerdown", (event) => this.onDown(event));
    place.addEventListener("pointermove", (event) => this.onMove(event));
    for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) {
      place.addEventListener(name, (event) => this.onUp(event));
    }
  }

  /** @param {HTMLImageElement | null} image */
  show(image) {
    this.image = image;
    this.fingers.clear();
    this.fit();
  }

  fit() {
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.apply();
  }

  /**
   * Zoom by a factor, with the point under the pointer staying where it is.
   *
   * @param {number} factor
   * @param {{clientX: number, clientY: number}} [at] the middle, if it is not given
   */
  zoom(factor, at) {
    const box = this.place.getBoundingClientRect();
    const [middleX, middleY] = [box.left + box.width / 2, box.top + box.height / 2];
    const dx = (at?.clientX ?? middleX) - middleX;
    const dy = (at?.clientY ?? middleY) - middleY;
    const scale = Math.min(MOST_ZOOM, Math.max(1, this.scale * factor));
    const grown = scale / this.scale;
    this.x = dx - (dx - this.x) * grown;
    this.y = dy - (dy - this.y) * grown;
    this.scale = scale;
    this.apply();
  }

  apply() {
    if (this.scale === 1) this.x = this.y = 0;
    const image = this.image;
    if (!image) return;
    const [roomX, roomY] = [image.clientWidth, image.clientHeight];
    const [mostX, mostY] = [(roomX * (this.scale - 1)) / 2, (roomY * (this.scale - 1)) / 2];
    this.x = Math.min(mostX, Math.max(-mostX, this.x));
    this.y = Math.min(mostY, Math.max(-mostY, this.y));
    image.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.place.classList.toggle("zoomed", this.scale > 1);
  }

  /** @param {WheelEvent} event */
  onWheel(event) {
    if (!this.image) return;
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), event);
  }

  /** @param {MouseEvent} event */
  toggle(event) {
    if (!this.image || onControl(event)) return;
    if (this.scale > 1) this.fit();
    else this.zoom(2.5, event);
  }

  /** @param {PointerEvent} event */
  onDown(event) {
    if (!this.image || event.button || onControl(event)) return;
    this.place.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, event);
    this.from = { x: event.clientX, y: event.clientY };
  }

  /** @param {PointerEvent} event */
  onMove(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    if (this.fingers.size === 2) {
      const [one, other] = [...this.fingers.values()];
      const still = one.pointerId === event.pointerId ? other : one;
      const middle = {
        clientX: (event.clientX + still.clientX) / 2,
        clientY: (event.clientY + still.clientY) / 2,
      };
      this.zoom(distance(event, still) / Math.max(1, distance(before, still)), middle);
      this.from = { x: NaN, y: NaN };
    } else if (this.scale > 1) {
      this.x += event.clientX - before.clientX;
      this.y += event.clientY - before.clientY;
      this.apply();
    }
    this.fingers.set(event.pointerId, event);
  }

  /** @param {PointerEvent} event */
  onUp(event) {
    if (!this.fingers.delete(event.pointerId) || this.fingers.size || this.scale > 1) return;
    if (event.pointerType === "mouse" || event.type === "pointercancel") return;
    const [dx, dy] = [event.clientX - this.from.x, event.clientY - this.from.y];
    if (Math.abs(dx) > SWIPE && Math.abs(dx) > 1.5 * Math.abs(dy)) this.swiped(dx < 0 ? 1 : -1);
    else if (dy > 1.5 * SWIPE && dy > 1.5 * Math.abs(dx)) this.swiped(0);
  }
}

/**
 * @param {PointerEvent} one
 * @param {PointerEvent} other
 */
function distance(one, other) {
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
}

/** @param {Event} event */
function onControl(event) {
  const controls = "button, input, select, a, .beside";
  return event.target instanceof Element && event.target.closest(controls) !== null;
}
