// The panel behind the counter: its inside comes from the server, anew whenever something has changed there.

import { chosen, sayTo } from "./main.js";

const FRESH = 1000; // milliseconds between two looks, while the panel is in view
const AWAY = 5000; // and while the sandbox does not answer

const root = document.querySelector("[data-counter]");
const panel = root.querySelector("[data-panel]");
const failed = root.querySelector("[data-failed]");
const clock = new Intl.DateTimeFormat("fr-MA-u-nu-latn", { timeStyle: "medium" });
let seen = "";
let inView = false;

async function look() {
  const asked = new URLSearchParams({ lang: document.documentElement.lang, seen });
  try {
    const answer = await fetch(`/phones/counter?${asked}`);
    if (answer.status === 200) show(await answer.text());
    else if (answer.status !== 204) throw new Error(answer.statusText);
    return true;
  } catch {
    seen = "";
    return false;
  }
}

function show(html) {
  const focus = panel.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const scrolled = panel.querySelector(".calls")?.scrollTop ?? 0;
  panel.innerHTML = html; // our own server's template, which escapes what it fills in
  seen = panel.querySelector("[data-version]").dataset.version;
  for (const time of panel.querySelectorAll("time")) time.textContent = clock.format(new Date(time.dateTime));
  const calls = panel.querySelector(".calls");
  if (calls) calls.scrollTop = scrolled;
  if (focus) keepFocus(focus);
}

/** The focus stays on what had it; where that is gone (a file that has ended), on another button of the same file. */
function keepFocus(key) {
  const same = [...panel.querySelectorAll("[data-key]")].find((each) => each.dataset.key === key);
  const file = panel.querySelector(`[data-file="${CSS.escape(key.split(" ").at(-1))}"]`);
  (same ?? file?.querySelector("button"))?.focus({ preventScroll: true });
}

async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`/phones/counter/${path}`, { method: "POST", headers, body }).catch(() => null);
  failed.textContent = answer?.ok ? "" : failed.dataset.text;
  await look();
}

/** Write `text` into the phone that examples go to, all three where that is all, for the citizen to send. */
function put(text) {
  const phones = chosen();
  for (const phone of phones) phone.root.querySelector("textarea").value = text;
  phones[0].root.querySelector("textarea").focus();
}

root.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.post) post(button.dataset.post, button.dataset.body);
  if (button.dataset.put) put(button.dataset.put);
  if (button.dataset.ask) {
    sayTo(button.dataset.ask);
    chosen()[0].root.scrollIntoView({ block: "nearest", inline: "center" });
  }
});
root.addEventListener("change", ({ target }) => {
  if (target.dataset.fault) post(`systems/${target.dataset.fault}/fault`, JSON.stringify({ fault: target.value }));
});
new IntersectionObserver(([entry]) => {
  inView = entry.isIntersecting;
}).observe(root);

async function follow() {
  if (root.hidden || (inView && !document.hidden)) {
    const there = await look();
    root.hidden = !there;
    for (const link of document.querySelectorAll("[data-to-counter]")) link.hidden = !there;
  }
  setTimeout(follow, root.hidden ? AWAY : FRESH);
}
follow();
