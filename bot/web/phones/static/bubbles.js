// One message on the screen, from the sandbox's description of it. Text is only ever set as text.

import { el, svg } from "./dom.js";
import { count, say } from "./words.js";

const LINK = /https?:\/\/[^\s<>"“”«»،؛]+[^\s<>"“”«»،؛.,:;!?)]/g;
const TICKS = {
  pending: "M8 2.500a5.5 5.5 0 1 0 .01 0M8 5v3.200h2.5",
  sent: "M4 8.5 7 11.5 13 5",
  delivered: "M1 8.5 4 11.5 10 5M7.5 11 8 11.5 14.5 5",
  failed: "M8 3v6M8 12.500v.2",
};
const time = new Intl.DateTimeFormat(`${document.documentElement.lang}-MA-u-nu-latn`, {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

/** The element of `bubble`. `pick.choice(option)` is called for a tapped button, `pick.menu(menu, opener)` for a list. */
export function draw(bubble, pick) {
  if (bubble.kind === "notice") return el("p", { class: "aside", dir: "auto" }, bubble.text);
  const mine = bubble.direction === "sent";
  const body = el("div", { class: "bubble" }, content(bubble), meta(bubble, mine));
  const parts = [body, cost(bubble), choices(bubble, pick)];
  const message = el("div", { class: `message ${mine ? "mine" : "other"}` }, ...parts);
  renew(message, bubble);
  return message;
}

function content(bubble) {
  if (bubble.kind === "location") return picture("map", say("location"));
  if (bubble.kind === "photo") return picture("photo", say("photo"));
  if (bubble.kind === "sticker") return el("span", { class: "big", role: "img", "aria-label": say("sticker") }, "🙏");
  return el("p", { class: "text", dir: "auto" }, ...linked(bubble.text));
}

function linked(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    parts.push(text.slice(end, found.index));
    parts.push(el("a", { href: found[0], target: "_blank", rel: "noopener noreferrer", dir: "ltr" }, found[0]));
    end = found.index + found[0].length;
  }
  return [...parts, text.slice(end)];
}

function meta(bubble, mine) {
  const at = new Date(bubble.at);
  const who = el("span", { class: "unseen" }, say(mine ? "you" : "dalil"));
  const when = el("time", { datetime: bubble.at, dir: "ltr" }, time.format(at));
  if (!mine) return el("p", { class: "meta" }, who, when);
  const state = el("span", { class: "state" });
  return el("p", { class: "meta" }, who, when, svg("tick", "0 0 16 16", ""), state);
}

/** Show what alone can change in a message: how far it got, and the button that waits for its answer.

 In place, so that a screen reader reads a message once and the focus stays where it is. */
export function renew(message, bubble) {
  const state = message.querySelector(".state");
  if (state) {
    message.classList.remove(...Object.keys(TICKS));
    message.classList.add(bubble.status);
    message.querySelector(".tick path").setAttribute("d", TICKS[bubble.status]);
    state.classList.toggle("unseen", bubble.status !== "failed");
    state.textContent = say(bubble.status);
  }
  for (const button of message.querySelectorAll("[data-id]")) {
    button.setAttribute("aria-busy", String(button.dataset.id === bubble.waiting));
  }
}

function cost(bubble) {
  if (!bubble.sms) return null;
  const { segments, encoding, characters, room } = bubble.sms;
  const facts = [count("segments", segments), encoding, say("characters", { used: characters, room })];
  return el("p", { class: "cost" }, ...facts.flatMap((fact, n) => [n ? " · " : "", el("bdi", {}, fact)]));
}

function choices(bubble, pick) {
  if (bubble.menu) {
    const opener = el("button", { type: "button", class: "choice", dir: "auto" }, `☰ ${bubble.menu.button}`);
    opener.setAttribute("aria-haspopup", "dialog");
    opener.addEventListener("click", () => pick.menu(bubble.menu, opener));
    return el("div", { class: "choices" }, opener);
  }
  if (!bubble.buttons.length) return null;
  const lines = new Map();
  bubble.buttons.forEach((option, n) => {
    const button = el("button", { type: "button", class: "choice", dir: "auto" }, option.title);
    button.dataset.id = option.id;
    button.addEventListener("click", () => pick.choice(option));
    const line = bubble.handset === "telegram" ? option.line : n;
    lines.set(line, [...(lines.get(line) ?? []), button]);
  });
  return el("div", { class: "choices" }, ...[...lines.values()].map((line) => el("div", { class: "line" }, ...line)));
}

const SCENES = {
  map: [
    ["#dfe8d8", "M0 0h120v80H0z"],
    ["#b9d7e8", "M0 0h26c6 24-8 50 2 80H0z"],
    ["#fff", "M26 54 120 34v8L27 62zM70 0h8l6 80h-8z"],
    ["#b3261e", "M66 44c7-8 10-12 10-17a10 10 0 1 0-20 0c0 5 3 9 10 17z"],
    ["#fff", "M66 23a4 4 0 1 0 .01 0z"],
  ],
  photo: [
    ["#cfe3ef", "M0 0h120v80H0z"],
    ["#f6d9a4", "M92 12a9 9 0 1 0 .01 0z"],
    ["#8fae9b", "M0 80V58l34-30 28 28 18-16 40 30v10z"],
    ["#66897a", "M0 80V68l30-12 90 18v6z"],
  ],
};

function picture(scene, label) {
  const drawing = svg("picture", "0 0 120 80", ...SCENES[scene]);
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", label);
  drawing.removeAttribute("aria-hidden");
  return drawing;
}
