// One phone on the page: shows what the sandbox says, and passes on what the citizen does.

import { draw, renew } from "./bubbles.js";
import { el } from "./dom.js";
import { act, reset } from "./sandbox.js";
import { Sheet } from "./sheet.js";
import { say } from "./words.js";

const TYPING = 5000; // milliseconds an app shows "typing" for
const NEAR_END = 80; // pixels: whoever reads further up is not pulled down

export class Handset {
  constructor(root) {
    this.root = root;
    this.name = root.dataset.handset;
    this.messages = new Map();
    this.find = (part) => root.querySelector(`[data-${part}]`);
    this.chat = this.find("chat");
    this.online = this.find("presence").textContent;
    const dialog = this.find("sheet");
    this.sheet = dialog && new Sheet(dialog, this.find("screen"), (row) => this.choose(row));
    this.#compose();
    this.#attach();
    this.find("new").addEventListener("click", () => reset(this.name, this.find("country")?.value ?? "ma"));
    this.find("country")?.addEventListener("change", (event) => reset(this.name, event.target.value));
    this.find("start")?.addEventListener("click", () => this.say("/start"));
  }

  // ---- what the citizen does

  say(text) {
    return this.#do({ text });
  }

  choose(option) {
    return this.#do({ choice: option.id, title: option.title });
  }

  async #do(what) {
    const done = await act(this.name, what);
    this.find("notice").textContent = done ? "" : say("refused");
    return done;
  }

  // ---- what the sandbox says

  screen(screen) {
    this.find("number").textContent = screen.address;
    if (this.find("country")) this.find("country").value = screen.country;
    this.#typing(screen.typing);
    this.#blocked(screen.blocked);
    const kept = new Set(screen.bubbles.map((bubble) => bubble.id));
    for (const [id, shown] of this.messages) {
      if (!kept.has(id)) {
        shown.remove();
        this.messages.delete(id);
      }
    }
    if (!kept.size) this.sheet?.close();
    screen.bubbles.forEach((bubble) => this.#show(bubble));
    this.#furnish();
    if (screen.bubbles.length) this.#scroll();
  }

  bubble(bubble) {
    const atEnd = this.chat.scrollHeight - this.chat.scrollTop - this.chat.clientHeight < NEAR_END;
    const isNew = this.#show(bubble);
    this.#furnish();
    if (bubble.direction === "received") this.#typing(false);
    if (isNew && (atEnd || bubble.direction === "sent")) this.#scroll();
  }

  /** Put `bubble` on the screen or renew it; true when it is new. */
  #show(bubble) {
    const shown = this.messages.get(bubble.id);
    if (shown) {
      renew(shown, bubble);
      return false;
    }
    const pick = { choice: (option) => this.choose(option), menu: (menu, opener) => this.sheet.open(menu, opener) };
    const drawn = draw(bubble, pick);
    drawn.classList.add("new");
    this.messages.set(bubble.id, drawn);
    this.chat.append(drawn);
    return true;
  }

  #furnish() {
    const empty = this.messages.size === 0;
    this.find("empty").hidden = !empty;
    const start = this.find("start");
    if (start) start.hidden = !empty || !this.find("blocked").hidden;
    const day = this.chat.querySelector(".day");
    if (empty) day?.remove();
    else if (!day) this.chat.prepend(el("p", { class: "day" }, say("today")));
  }

  #typing(yes) {
    clearTimeout(this.timer);
    this.find("presence").textContent = yes ? say("typing") : this.online;
    if (yes) this.timer = setTimeout(() => this.#typing(false), TYPING);
  }

  #blocked(yes) {
    const note = this.find("blocked");
    if (!note) return;
    note.hidden = !yes;
    this.find("compose").hidden = yes;
  }

  #scroll() {
    this.chat.scrollTop = this.chat.scrollHeight;
  }

  // ---- the lower edge of the phone

  #compose() {
    const form = this.find("compose");
    const field = form.querySelector("textarea");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const text = field.value;
      if (!text.trim()) return;
      field.value = "";
      if (!(await this.say(text))) field.value = text;
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
  }

  #attach() {
    const button = this.find("attach");
    const menu = button && document.getElementById(button.getAttribute("aria-controls"));
    const toggle = (open) => {
      button?.setAttribute("aria-expanded", String(open));
      if (menu) menu.hidden = !open;
    };
    button?.addEventListener("click", () => toggle(menu.hidden));
    menu?.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      toggle(false);
      button.focus();
    });
    document.addEventListener("click", (event) => {
      if (button && !button.parentElement.contains(event.target)) toggle(false);
    });
    for (const share of this.root.querySelectorAll("[data-share]")) {
      share.addEventListener("click", () => {
        toggle(false);
        this.#do({ kind: share.dataset.share });
      });
    }
  }
}
