// Gradio runs all parts of the script once as one function, with `element` (the page) and `server`
// (the server functions). Texts from documents and questions are set with `textContent`, or are
// HTML that the server has escaped.

const preferred = [new URLSearchParams(location.search).get("lang") ?? "", ...navigator.languages];
const LANGUAGE = preferred.map((name) => name.split("-")[0]).find((name) => name in LANGUAGES) ?? "en";
const LOCALE = LANGUAGE === "en" ? "en-GB" : LANGUAGE;
const TEXTS = LANGUAGES[LANGUAGE];
document.documentElement.lang = LANGUAGE;
document.title = TEXTS.page.title;
element.innerHTML = element.innerHTML.replace(/\[\[(\w+)\.(\w+)\]\]/g, (_, section, name) => {
  return TEXTS[section][name].replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
});

const app = element.querySelector("#app");
const $ = (selector, within = app) => within.querySelector(selector);
const $$ = (selector, within = app) => [...within.querySelectorAll(selector)];
const narrow = matchMedia("(max-width: 1099px)");

function text(key, values = {}) {
  const [section, name] = key.split(".");
  return TEXTS[section][name].replace(/\{(\w+)\}/g, (_, value) => values[value]);
}

function countText(section, prefix, count) {
  return text(`${section}.${prefix}${count === 1 ? "one" : "many"}`, { count: count.toLocaleString(LOCALE) });
}

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function icon(name) {
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  drawn.setAttribute("class", "icon");
  drawn.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#i-${name}`);
  drawn.append(use);
  return drawn;
}

function iconButton(act, name, label) {
  return make("button", { type: "button", class: "quiet square", "data-act": act, "aria-label": label, title: label }, icon(name));
}

function delayed(run, milliseconds = 200) {
  let timer;
  return () => { clearTimeout(timer); timer = setTimeout(run, milliseconds); };
}

async function call(name, data = {}) {
  const reply = await server[name]({ lang: LANGUAGE, ...data });
  if (reply === undefined) throw new Error(text("script.unreachable"));
  if (reply.error !== undefined) throw new Error(reply.error);
  return reply;
}

async function post(path, body) { // to the HTTP API
  const response = await fetch(new URL(`api/v1/${path}`, document.baseURI), {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error((await response.json()).error.message);
}

function announce(message) { $("#spoken").textContent = message; }

function run(promise) { Promise.resolve(promise).catch((error) => toast(error.message)); }

let hideToast;

function toast(message, undo = null, seconds = undo ? 20 : 4) {
  const shown = $("#toast");
  clearTimeout(hideToast);
  shown.replaceChildren(make("span", {}, message));
  if (undo) {
    const button = make("button", { type: "button" }, text("script.undo"));
    button.addEventListener("click", () => { shown.hidden = true; run(undo()); });
    shown.append(button);
  }
  shown.hidden = false;
  hideToast = setTimeout(() => { shown.hidden = true; }, 1000 * seconds);
}

function confirmed(title, message, yes) {
  const dialog = $("#confirm");
  $("#confirm-title").textContent = title;
  $("#confirm-text").textContent = message;
  $("#confirm-yes").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

async function copyText(copied) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(copied);
  } else { // without HTTPS
    const carrier = make("textarea", { class: "sr" });
    carrier.value = copied;
    app.append(carrier);
    carrier.select();
    document.execCommand("copy");
    carrier.remove();
  }
}

const shortDay = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const dayName = (iso) => shortDay.format(new Date(`${iso}T00:00:00Z`));
