// WhatsApp's list: a dialog that rises inside the phone, closes with Escape and gives the focus back.

import { el } from "./dom.js";

export class Sheet {
  constructor(dialog, behind, choose) {
    this.dialog = dialog;
    this.behind = behind;
    this.choose = choose;
    dialog.querySelector("[data-close]").addEventListener("click", () => this.close());
    dialog.addEventListener("keydown", (event) => this.#key(event));
  }

  open(menu, opener) {
    this.opener = opener;
    this.dialog.querySelector("h3").textContent = menu.button;
    const rows = menu.rows.map((row) => {
      const about = row.description ? el("small", { dir: "auto" }, row.description) : null;
      const button = el("button", { type: "button" }, el("span", { dir: "auto" }, row.title), about);
      button.addEventListener("click", () => {
        this.close();
        this.choose(row);
      });
      return el("li", {}, button);
    });
    this.dialog.querySelector("ul").replaceChildren(...rows);
    this.behind.inert = true; // the rest of this phone, not of the page: the other phones stay in use
    this.dialog.show();
    this.#rows()[0]?.focus();
  }

  close() {
    if (!this.dialog.open) return;
    this.dialog.close();
    this.behind.inert = false;
    if (this.opener?.isConnected) this.opener.focus();
  }

  #rows() {
    return [...this.dialog.querySelectorAll("li button")];
  }

  #key(event) {
    const rows = this.#rows();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      event.preventDefault();
      this.close();
    } else if (step) {
      event.preventDefault();
      const next = rows.indexOf(document.activeElement) + step;
      rows[(next + rows.length) % rows.length].focus();
    }
  }
}
