// Starts the page: three phones, the examples, and the choice of the phone that an example goes to.

import { el } from "./dom.js";
import { Handset } from "./handset.js";
import { carry, demoFiles, follow } from "./sandbox.js";
import { statusQuestion } from "./words.js";

const handsets = new Map(
  [...document.querySelectorAll(".handset")].map((root) => [root.dataset.handset, new Handset(root)]),
);
const row = document.getElementById("phones");
const narrow = matchMedia("(max-width: 66rem)"); // as in page.css: one phone at a time

export function chosen() {
  const target = document.querySelector("input[name=target]:checked").value;
  if (target !== "all") return [handsets.get(target)];
  return narrow.matches ? [handsets.get("whatsapp")] : [...handsets.values()];
}

export function sayTo(text) {
  for (const handset of chosen()) handset.say(text);
  if (narrow.matches) chosen()[0].root.scrollIntoView({ block: "end", inline: "center" });
}

function mark(name) {
  document.querySelector(`input[name=target][value=${name}]`).checked = true;
}

// On a narrow page the phone in view is the one that examples go to, and the other way round.
function watchTarget() {
  for (const input of document.querySelectorAll("input[name=target]")) {
    input.addEventListener("change", () => {
      if (narrow.matches) chosen()[0].root.scrollIntoView({ block: "nearest", inline: "center", behavior: "smooth" });
    });
  }
  const seen = new IntersectionObserver(
    (entries) => {
      const entry = entries.find((each) => each.isIntersecting);
      if (entry && narrow.matches) mark(entry.target.dataset.handset);
    },
    { root: row, threshold: 0.7 },
  );
  for (const handset of handsets.values()) seen.observe(handset.root);
  const adapt = () => mark(narrow.matches ? "whatsapp" : "all");
  narrow.addEventListener("change", adapt);
  adapt();
}

function offer(text, className, ...content) {
  const button = el("button", { type: "button", class: className }, ...content);
  button.addEventListener("click", () => sayTo(text));
  return button;
}

function date(iso) {
  return iso.split("-").reverse().join("/");
}

/** `text` with the file's number in place of {file}: never broken, never turned round. */
function around(text, file) {
  const [before, after] = text.split("{file}");
  return [before, el("bdi", { dir: "ltr", class: "number" }, file.file_id), after];
}

async function showFiles() {
  const [first, ...others] = await demoFiles();
  const section = document.getElementById("demo");
  if (!first || !section.hidden) return;
  const ask = (file) => statusQuestion.text.replace("{file}", file.file_id);
  const shown = el("span", { dir: "auto" }, ...around(statusQuestion.text, first));
  const example = offer(ask(first), "example", shown, el("small", {}, statusQuestion.label));
  document.querySelector(".examples").append(el("li", {}, example));
  const born = (file) => offer(date(file.birth_date), "date", el("bdi", { dir: "ltr" }, date(file.birth_date)));
  section.querySelector(".hint").append(...around(statusQuestion.hint, first), " ", born(first));
  const rows = others.map((file) => {
    const number = offer(ask(file), "date", el("bdi", { dir: "ltr" }, file.file_id));
    return el("li", {}, number, born(file));
  });
  section.querySelector(".files").append(...rows);
  section.hidden = false;
}

function showCarrier(name) {
  for (const input of document.querySelectorAll("input[name=carrier]")) input.checked = input.value === name;
}

// The sandbox keeps the choice, and its next screen shows it here and on every other open page.
function watchCarrier() {
  let last = "";
  for (const input of document.querySelectorAll("input[name=carrier]")) {
    input.addEventListener("change", async () => {
      if (!(await carry("whatsapp", input.value))) showCarrier(last); // refused, or down: as it was
    });
  }
  return (name) => showCarrier((last = name));
}

function tell() {
  const now = new Intl.DateTimeFormat("fr-MA-u-nu-latn", { hour: "2-digit", minute: "2-digit" }).format(new Date());
  for (const clock of document.querySelectorAll("[data-clock]")) clock.textContent = now;
}

for (const button of document.querySelectorAll("[data-say]")) {
  button.addEventListener("click", () => sayTo(button.dataset.say));
}
watchTarget();
const carriedBy = watchCarrier();
tell();
setInterval(tell, 20_000);
follow({
  screen: (screen) => {
    handsets.get(screen.handset).screen(screen);
    if (screen.handset === "whatsapp") carriedBy(screen.carrier);
  },
  bubble: (bubble) => handsets.get(bubble.handset).bubble(bubble),
  up: (up) => {
    document.getElementById("down").hidden = up;
    if (up) showFiles();
  },
});
