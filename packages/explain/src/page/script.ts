/**
 * What the page does: it shows one step at a time. A text, and no module: it is run by the page alone, whose policy knows it
 * by its hash.
 */
import { grade } from "../quiz/grade.ts";

/** The script; the function that grades answers is the quiz's own. */
export const script = `"use strict";
(() => {
// What some compilers of TypeScript have functions call, to keep their names.
const __name = (f) => f;
const grade = ${grade.toString()};
const { frames, questions, predict, quiz } = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement;
const find = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
root.classList.add("js");
// Without their ids, no link makes the browser scroll down to a step: it is shown in its place.
const articles = new Map(frames.map(({ id }) => {
  const article = document.getElementById(id);
  article.removeAttribute("id");
  article.dataset.step = id;
  return [id, article];
}));
const drawings = new Map(all(".drawing").map((drawing) => [drawing.dataset.drawing, drawing]));
const [pages, quizPart, slider, place, status] = ["#pages", "#quiz", "#slider", "#place", "#status"].map((s) => find(s));
const opened = new Set();
const revealed = new Set();
let now = 0;
let inQuiz = false;

// A layer that is stepped into is told by its steps, and else as a whole.
const isOn = ({ group, opens }) => (group === null || opened.has(group)) && (opens === null || !opened.has(opens));
const sequence = () => frames.map((_, i) => i).filter((i) => isOn(frames[i]));
const isHidden = (i) => predict && frames[i].prediction !== null && !revealed.has(i);

function show(i, says = true) {
  now = i;
  const frame = frames[i];
  const order = sequence();
  const at = order.indexOf(i);
  frames.forEach((each, k) => { articles.get(each.id).hidden = k !== i; });
  const article = articles.get(frame.id);
  for (const part of all(".reveal", article)) {
    part.classList.toggle("concealed", isHidden(i));
    if (isHidden(i)) part.setAttribute("aria-hidden", "true");
    else part.removeAttribute("aria-hidden");
  }
  const form = find("form.question", article);
  if (form) form.hidden = !predict;
  slider.max = String(order.length - 1);
  slider.value = String(at);
  slider.setAttribute("aria-valuetext", (at + 1) + " of " + order.length + ": " + frame.heading);
  place.textContent = (at + 1) + " of " + order.length;
  for (const [id, ends] of [["first", at === 0], ["previous", at === 0], ["next", at === order.length - 1], ["last", at === order.length - 1]])
    find("#" + id).disabled = ends;
  draw(i);
  const hash = "#" + frame.id;
  if (location.hash !== hash) history.replaceState(null, "", hash);
  if (says) status.textContent = isHidden(i) ? frame.heading + ". " + questions[frame.prediction].ask : frame.say;
}

function draw(i) {
  const frame = frames[i];
  const name = frame.group === null ? "all" : "g" + frame.group;
  for (const [key, drawing] of drawings) drawing.hidden = key !== name;
  const drawing = drawings.get(name);
  const known = { values: new Set(), gradients: new Set() };
  for (let k = 0; k <= i; k++) for (const kind of ["values", "gradients"])
    if (k < i || !isHidden(i)) for (const box of frames[k][kind]) known[kind].add(box);
  const isBackward = frame.id.startsWith("backward") || frame.id === "result";
  for (const box of all("[data-box]", drawing)) {
    const key = box.dataset.box;
    box.classList.toggle("now", frame.boxes.includes(key));
    const isLeaf = !box.classList.contains("op");
    find(".line1", box)?.classList.toggle("unknown", !isLeaf && !known.values.has(key));
    find(".gradient", box)?.classList.toggle("unknown", !known.gradients.has(key));
  }
  for (const edge of all("[data-edge]", drawing)) {
    const isNow = frame.arrows.includes(edge.dataset.edge);
    edge.classList.toggle("now", isNow);
    const user = edge.dataset.edge.split("-")[1];
    find(".sent", edge)?.classList.toggle("unknown", !(isBackward && known.gradients.has(user)));
  }
  // Of several, the leftmost: what is given is shown from where the computation begins.
  const marked = all("[data-box].now", drawing).filter((box) => "getBBox" in box).map((box) => box.getBBox());
  if (marked.length > 0) {
    const { x, y, width, height } = marked.reduce((first, box) => (box.x < first.x ? box : first));
    const svg = find("svg", drawing);
    drawing.scrollTo({ left: svg.getBoundingClientRect().left - drawing.getBoundingClientRect().left + drawing.scrollLeft + x + width / 2 - drawing.clientWidth / 2, top: y + height / 2 - drawing.clientHeight / 2 });
  }
}

function go(steps) {
  const order = sequence();
  const at = order.indexOf(now) + steps;
  if (at >= 0 && at < order.length) show(order[at]);
}
const goTo = (at) => { const order = sequence(); show(order[at < 0 ? order.length - 1 : at]); };

function toggleLayer(group) {
  const phase = frames[now].id.split("-")[0];
  const isOpening = !opened.has(group);
  if (isOpening) opened.add(group);
  else opened.delete(group);
  const target = frames.findIndex((f) => f.id.startsWith(phase) && (isOpening ? f.group === group : f.opens === group));
  show(target < 0 ? sequence()[0] : target);
  find("button.layer", articles.get(frames[now].id))?.focus();
}

function setQuiz(isOn) {
  if (!quizPart) return;
  inQuiz = isOn;
  quizPart.hidden = !isOn;
  pages.hidden = isOn;
  find("#to-quiz").textContent = isOn ? "Steps" : "Quiz";
  for (const id of ["first", "previous", "next", "last", "slider", "place"]) find("#" + id).hidden = isOn;
  if (isOn) { find("h2", quizPart).focus(); status.textContent = "Quiz: " + quiz.length + " questions."; }
  else show(now);
}

function score() {
  const states = quiz.map((q) => find('form[data-question="' + q + '"]').dataset.state || "");
  const done = states.filter((state) => state === "right" || state === "shown");
  const right = states.filter((state) => state === "right").length;
  find("#score").textContent = done.length === 0 ? "" : right + " of " + done.length + " right" + (done.length < quiz.length ? ", of " + quiz.length + " in all." : ".");
}

// Questions: those of the quiz, and what is to be predicted.
for (const form of all("form.question")) {
  const q = Number(form.dataset.question);
  const [input, verdict, details] = [find("input", form), find(".verdict", form), find("details", form)];
  details.hidden = true;
  const end = (state) => {
    form.dataset.state = state;
    details.hidden = false;
    details.open = true;
    input.readOnly = true;
    for (const button of all("button", form)) button.disabled = true;
    if (form.dataset.frame === undefined) { score(); return; }
    revealed.add(Number(form.dataset.frame));
    show(now, false);
    status.textContent = verdict.textContent + " " + frames[now].say;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.dataset.state === "right" || form.dataset.state === "shown") return;
    if (input.value.trim() === "") return end("shown");
    const { kind, message } = grade(questions[q], input.value);
    verdict.textContent = message;
    verdict.className = "verdict " + kind;
    input.setAttribute("aria-invalid", kind === "right" ? "false" : "true");
    if (kind === "right") end("right");
    else input.select();
  });
  find("button.show", form).addEventListener("click", () => end("shown"));
}

const actions = { first: () => goTo(0), previous: () => go(-1), next: () => go(1), last: () => goTo(-1), "to-quiz": () => setQuiz(!inQuiz) };
for (const [id, action] of Object.entries(actions)) find("#" + id)?.addEventListener("click", action);
slider.addEventListener("input", () => goTo(Number(slider.value)));
for (const button of all("button.layer")) button.addEventListener("click", () => toggleLayer(Number(button.dataset.layer)));

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || inQuiz) return;
  const on = event.target.closest?.("input, textarea, button, a, summary, .drawing, .scroll");
  const isScrolling = on?.matches(".drawing, .scroll") && on.scrollWidth > on.clientWidth;
  if (on?.matches("input") || isScrolling) return;
  const keys = { ArrowRight: () => go(1), ArrowLeft: () => go(-1), Home: () => goTo(0), End: () => goTo(-1), Enter: enter };
  if (!Object.hasOwn(keys, event.key) || (event.key === "Enter" && on?.matches("button, a, summary"))) return;
  event.preventDefault();
  keys[event.key]();
});

// To the question that is open, or on.
function enter() {
  const input = isHidden(now) && find("form.question input", articles.get(frames[now].id));
  if (input) input.focus();
  else go(1);
}

// Links, in the drawing too, lead to steps within folded layers.
function follow() {
  const i = frames.findIndex((frame) => "#" + frame.id === location.hash);
  if (i < 0) return false;
  if (frames[i].group !== null) opened.add(frames[i].group);
  else if (frames[i].opens !== null) opened.delete(frames[i].opens);
  if (inQuiz) setQuiz(false);
  show(i);
  scrollTo(0, 0);
  return true;
}
addEventListener("hashchange", follow);

// A finger that moves sideways.
let start = null;
pages.addEventListener("touchstart", (event) => {
  const [touch] = event.touches;
  const on = event.target.closest(".drawing, .scroll, .display, input");
  start = event.touches.length === 1 && !(on && on.scrollWidth > on.clientWidth) ? [touch.clientX, touch.clientY] : null;
}, { passive: true });
pages.addEventListener("touchend", (event) => {
  if (start === null) return;
  const [touch] = event.changedTouches;
  const [dx, dy] = [touch.clientX - start[0], touch.clientY - start[1]];
  start = null;
  if (Math.abs(dx) > 60 && Math.abs(dx) > 2 * Math.abs(dy)) go(dx < 0 ? 1 : -1);
}, { passive: true });

if (quizPart) quizPart.hidden = true;
if (!follow()) show(0, false);
})();
`;
