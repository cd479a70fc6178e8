// How the page behaves. Gradio runs this once, with `element` (the page) and `server` (the calls).
// What comes from documents and questions is written by `textContent`, or as HTML that the server
// has escaped. Conversations and settings live in this browser's own storage and nowhere else.

const app = element.querySelector("#app");
const $ = (selector, within = app) => within.querySelector(selector);
const $$ = (selector, within = app) => [...within.querySelectorAll(selector)];
const narrow = matchMedia("(max-width: 1099px)");

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

function sign(act, name, label) {
  return make("button", { type: "button", class: "quiet square", "data-act": act, "aria-label": label, title: label }, icon(name));
}

function delayed(run, milliseconds = 200) {
  let timer;
  return () => { clearTimeout(timer); timer = setTimeout(run, milliseconds); };
}

async function call(name, data = {}) {
  const reply = await server[name](data);
  if (reply === undefined) throw new Error("The server cannot be reached. Is it still running?");
  if (reply.error !== undefined) throw new Error(reply.error);
  return reply;
}

function say(text) { $("#spoken").textContent = text; }

// ---------------------------------------------------------------- storage

const PREFIX = "document-assistant/";
const stored = {
  read(key, fallback) {
    try { return JSON.parse(localStorage.getItem(PREFIX + key)) ?? fallback; } catch { return fallback; }
  },
  write(key, value) {
    try {
      localStorage.setItem(PREFIX + key, JSON.stringify(value));
    } catch {
      const oldest = stored.conversations().at(-1);
      if (!oldest || `conversation/${oldest.id}` === key) { toast("This browser keeps no more: conversations will be lost when the page is closed."); return; }
      stored.drop(`conversation/${oldest.id}`);
      stored.write(key, value);
    }
  },
  drop(key) { try { localStorage.removeItem(PREFIX + key); } catch { /* nothing is kept anyway */ } },
  conversations() {
    const start = `${PREFIX}conversation/`;
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(start));
    return keys.map((key) => stored.read(key.slice(PREFIX.length), null))
      .filter((kept) => kept && typeof kept.name === "string" && Array.isArray(kept.turns))
      .sort((one, other) => other.touched - one.touched);
  },
};

const fresh = () => ({ id: crypto.randomUUID?.() ?? String(Math.random()).slice(2), name: "", touched: 0, filters: { after: null, before: null, as_of: null, documents: [] }, turns: [] });
let conversation = fresh();
let filters = conversation.filters;
let defaults = {}; // these two come from the server
let limits = {};
let settings = stored.read("settings", {}); // only what was changed
let busy = false;

function keep() {
  conversation.touched = Date.now();
  conversation.filters = filters;
  stored.write(`conversation/${conversation.id}`, conversation);
  sessionStorage.setItem(`${PREFIX}current`, conversation.id);
  listConversations();
}

// ---------------------------------------------------------------- asking

async function ask(question, { place = conversation.turns.length, history = null, window = true } = {}) {
  question = question.trim();
  if (!question || busy) return;
  setBusy(true);
  showPanel(null);
  app.removeAttribute("data-empty");
  if (!conversation.name) conversation.name = question.replace(/\s+/g, " ").slice(0, 80);
  $("#conversation-name").textContent = conversation.name;
  const mine = conversation;
  const turn = $$(".turn")[place] ?? make("article", { class: "turn" }); // one that failed is asked again in its place
  turn.replaceChildren(make("div", { class: "asked" }, make("h2", { class: "question", dir: "auto" }, question)), make("p", { class: "waiting" }, "Reading the documents"));
  if (!turn.isConnected) $("#thread").append(turn);
  turn.scrollIntoView({ block: "start" });
  const before = history ?? mine.turns.slice(0, place).map(({ reply }) => ({ question: reply.understood, answer: reply.answer ? reply.answer.answer : null }));
  try {
    const reply = await call("ask", {
      question, history: before, window, ...bounds(), settings: asked(settings),
    });
    mine.turns[place] = reply.exchange;
    if (mine === conversation) {
      turn.innerHTML = reply.html;
      turn.scrollIntoView({ block: "start" });
      keep();
    } else {
      arrived(mine, place);
    }
    say(reply.spoken);
  } catch (error) {
    turn.querySelector(".waiting").replaceWith(make("p", { class: "failed" }, error.message));
    turn.append(make("button", { type: "button", class: "plain", "data-act": "again" }, "Try again"));
    turn.dataset.question = question;
    say(error.message);
  } finally {
    setBusy(false);
  }
}

function bounds() {
  const { after, before, as_of, documents } = filters;
  return { after, before, as_of, documents: documents.length ? documents.map((known) => known.id) : null };
}

async function overTime(button) {
  const turn = button.closest(".turn");
  const shown = $(".over-time", turn) ?? make("section", { class: "over-time", "aria-label": "Over time" });
  shown.replaceChildren(make("p", { class: "waiting" }, "Reading documents of every time"));
  button.closest(".answer").append(shown);
  try {
    const { html } = await call("timeline", { question: conversation.turns[placeOf(button)].reply.understood, ...bounds() });
    shown.innerHTML = html;
    say("The answers over time are shown.");
  } catch (error) {
    shown.remove();
    throw error;
  }
}

// A reply to a conversation that is no longer shown, and may be gone.
function arrived(mine, place) {
  const kept = mine.touched ? stored.read(`conversation/${mine.id}`, null) : mine;
  if (!kept) return;
  kept.turns[place] = mine.turns[place];
  kept.touched = Date.now();
  stored.write(`conversation/${kept.id}`, kept);
  if (conversation.id === kept.id) run(openConversation(kept.id));
  else listConversations();
}

function asked({ k, answers, min_score }) {
  return Object.fromEntries(Object.entries({ k, answers, min_score }).filter(([, value]) => value !== undefined));
}

function setBusy(on) {
  busy = on;
  $(".send").setAttribute("aria-disabled", String(on || !$("#question").value.trim()));
}

function grow() {
  const box = $("#question");
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
  setBusy(busy);
}

function placeOf(node) { return $$(".turn").indexOf(node.closest(".turn")); }

function edit(button) {
  const place = placeOf(button);
  const line = button.closest(".asked");
  const kept = [...line.childNodes];
  const input = make("input", { type: "text", "aria-label": "Question", maxlength: limits.question });
  input.value = conversation.turns[place].reply.understood;
  const form = make("form", { class: "edit" }, input, make("button", { type: "submit", class: "plain" }, "Ask again"));
  const back = () => { line.replaceChildren(...kept); button.focus(); };
  form.addEventListener("submit", (event) => { event.preventDefault(); if (input.value.trim() && !busy) ask(input.value, { place, history: [] }); });
  form.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); back(); } });
  line.replaceChildren(form);
  input.focus();
  input.select();
}

async function judge(button) {
  const exchange = conversation.turns[placeOf(button)];
  const { verdict } = button.dataset;
  const { place } = button.closest(".judge").dataset;
  await call("judge", { exchange, verdict, place });
  exchange.verdicts[place] = verdict;
  for (const other of $$("[data-act=judge]", button.closest(".judge"))) other.setAttribute("aria-pressed", String(other === button));
  keep();
  toast("Thank you. Your judgement is kept with the index.");
}

async function copy(button) {
  const answer = button.closest(".answer");
  const place = [...$(".cite .parts", answer).children].map((part) => part.textContent).join(", ");
  await copyText(`“${$(".quote", answer).textContent.trim()}”\n${place}`);
  toast("Copied, with its source.");
}

async function cite(button) { // as `qa verify` reads it
  const { question, answer } = conversation.turns[placeOf(button)].reply;
  await copyText(`${JSON.stringify({ question, ...answer }, null, 2)}\n`);
  toast("Citation copied. `qa verify` holds it to its source.");
}

async function copyText(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
  } else { // where the page does not come over HTTPS
    const carrier = make("textarea", { class: "sr" });
    carrier.value = text;
    app.append(carrier);
    carrier.select();
    document.execCommand("copy");
    carrier.remove();
  }
}

// ---------------------------------------------------------------- conversations

function listConversations() {
  const wanted = $("#history-search").value.trim().toLowerCase();
  const text = ({ name, turns }) => [name, ...turns.flatMap((turn) => [turn.reply?.question, turn.reply?.answer?.answer])].join("\n").toLowerCase();
  const found = stored.conversations().filter((kept) => text(kept).includes(wanted));
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" }); // the reader's own
  $("#conversations").replaceChildren(...found.map((kept) => {
    const open = make("button", { type: "button", class: "open", "data-act": "open" }, make("span", { dir: "auto" }, kept.name), make("span", { class: "small num" }, day.format(kept.touched)));
    const row = make("li", { "data-id": kept.id }, open, sign("rename", "edit", `Rename: ${kept.name}`), sign("delete", "trash", `Delete: ${kept.name}`));
    if (kept.id === conversation.id) { row.dataset.current = ""; open.setAttribute("aria-current", "true"); }
    return row;
  }));
  $("#no-conversations").textContent = wanted && !found.length ? "None found." : "They stay in this browser, and nowhere else.";
}

async function openConversation(id) {
  const kept = stored.read(`conversation/${id}`, null);
  if (!kept || !Array.isArray(kept.turns)) return startAfresh();
  conversation = kept;
  filters = { ...fresh().filters, ...kept.filters };
  sessionStorage.setItem(`${PREFIX}current`, id);
  app.removeAttribute("data-empty");
  $("#conversation-name").textContent = kept.name;
  showChips();
  listConversations();
  const { html } = await call("show", { turns: kept.turns });
  if (conversation !== kept) return;
  $("#thread").replaceChildren(...html.map((shown) => {
    const turn = make("article", { class: "turn" });
    if (shown === null) turn.append(make("p", { class: "failed" }, "This turn cannot be shown any more."));
    else turn.innerHTML = shown;
    return turn;
  }));
  $$(".turn").at(-1)?.scrollIntoView({ block: "start" });
}

function startAfresh() {
  conversation = fresh();
  filters = conversation.filters;
  sessionStorage.removeItem(`${PREFIX}current`);
  app.dataset.empty = "";
  $("#thread").replaceChildren();
  closeSource();
  showChips();
  listConversations();
  view("ask");
}

function rename(row) {
  const kept = stored.read(`conversation/${row.dataset.id}`, null);
  const input = make("input", { type: "text", "aria-label": "Name", maxlength: "120" });
  input.value = kept.name;
  let done = false;
  const finish = (name) => {
    if (done) return;
    done = true;
    if (name) {
      stored.write(`conversation/${kept.id}`, { ...kept, name });
      if (kept.id === conversation.id) { conversation.name = name; $("#conversation-name").textContent = name; }
    }
    listConversations();
    $(`[data-id="${CSS.escape(kept.id)}"] .open`)?.focus();
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") finish(input.value.trim());
    if (event.key === "Escape") { event.stopPropagation(); finish(""); }
  });
  input.addEventListener("blur", () => finish(input.value.trim()));
  row.replaceChildren(input);
  input.focus();
  input.select();
}

function remember(kept) { // undoes a deletion
  for (const one of kept) stored.write(`conversation/${one.id}`, one);
  listConversations();
}

function forget(kept) {
  for (const one of kept) stored.drop(`conversation/${one.id}`);
  if (kept.some((one) => one.id === conversation.id)) startAfresh(); else listConversations();
  toast(kept.length === 1 ? `Deleted “${kept[0].name}”.` : `Deleted ${kept.length} conversations.`, () => remember(kept));
}

async function exportAs(format) {
  const { text, file } = await call("export", { name: conversation.name, turns: conversation.turns, format });
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = make("a", { href: url, download: file });
  app.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

// ---------------------------------------------------------------- filters

function chip(label, remove) {
  const button = make("button", { type: "button", "aria-label": `Remove the filter ${label}` }, icon("close"));
  button.addEventListener("click", () => { remove(); changedFilters(); });
  return make("li", {}, make("span", { dir: "auto", title: label }, label), button);
}

const shortDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const dayName = (iso) => shortDay.format(new Date(`${iso}T00:00:00Z`));

function showChips() {
  const { after, before, as_of, documents } = filters;
  const days = after && before ? (after === before ? dayName(after) : `${dayName(after)} to ${dayName(before)}`) : after ? `Since ${dayName(after)}` : before ? `Until ${dayName(before)}` : "";
  for (const list of $$("[data-chips]")) {
    const chips = days ? [chip(days, () => { filters.after = filters.before = null; })] : [];
    if (list.dataset.chips !== "dates") {
      if (as_of) chips.push(chip(`As on ${dayName(as_of)}`, () => { filters.as_of = null; }));
      chips.push(...documents.map((known) => chip(known.title, () => { filters.documents = filters.documents.filter((other) => other.id !== known.id); })));
    }
    list.replaceChildren(...chips);
  }
  $("#after").value = after ?? "";
  $("#before").value = before ?? "";
  $("#as_of").value = as_of ?? "";
}

function changedFilters() {
  showChips();
  if (conversation.turns.length) keep();
  if (!$("#picker").hidden) choices();
  if (app.dataset.view === "documents") documents();
}

function showPanel(name) { // one at most; null for none
  for (const other of ["dates", "picker"]) {
    $(`#${other}`).hidden = other !== name;
    $(`[data-panel="${other}"][aria-expanded]`).setAttribute("aria-expanded", String(other === name));
  }
}

function panel(name, open = $(`#${name}`).hidden) {
  showPanel(open ? name : null);
  if (!open) return $(`[data-panel="${name}"][aria-expanded]`).focus();
  $(`#${name} input`).focus();
  if (name === "picker") choices();
}

async function choices() {
  const { html, found } = await call("choices", { words: $("#picker-search").value, chosen: filters.documents.map((known) => known.id) });
  $("#choices").innerHTML = html;
  const shown = $("#choices").childElementCount;
  $("#choices-more").textContent = found > shown ? `${shown} of ${found.toLocaleString("en")}; search for the others.` : "";
}

function choose(box) {
  filters.documents = filters.documents.filter((known) => known.id !== box.value);
  if (box.checked) filters.documents.push({ id: box.value, title: box.nextElementSibling.textContent });
  showChips();
  if (conversation.turns.length) keep();
}

// ---------------------------------------------------------------- the source

let opener = null;

async function openSource({ document: id, start, end }, from) {
  const { html } = await call("source", { document: id, start: Number(start), end: Number(end) });
  opener = from;
  $("#source-body").innerHTML = html;
  $("#source").hidden = false;
  $("#source").scrollTop = 0;
  apart();
  $("#source").focus({ preventScroll: true });
  const mark = $("#source mark");
  if (mark) {
    const frame = $("#source").getBoundingClientRect();
    const below = mark.getBoundingClientRect().top - frame.top;
    if (below > frame.height * 0.6) $("#source").scrollTop += below - frame.height / 3;
  }
}

function closeSource() {
  if ($("#source").hidden) return;
  $("#source").hidden = true;
  apart();
  if (opener?.isConnected) opener.focus();
  opener = null;
}

function apart() { // what lies behind an open panel cannot be reached on a narrow screen
  const source = narrow.matches && !$("#source").hidden;
  const menu = narrow.matches && "menu" in app.dataset;
  $("#main").inert = source || menu;
  $(".top").inert = source;
  $("#history").inert = source || (narrow.matches && !menu);
  $("[data-act=menu][aria-expanded]").setAttribute("aria-expanded", String(menu));
}

function menu(open = !("menu" in app.dataset)) {
  if (open) app.dataset.menu = ""; else delete app.dataset.menu;
  apart();
  if (open) $("#history .new").focus();
}

// ---------------------------------------------------------------- documents

let listed = 0;

async function documents(offset = 0) {
  const row = { words: $("#documents-search").value, after: filters.after, before: filters.before, offset };
  const { summary, rows, found, shown, histogram } = await call("documents", row);
  if (offset) $("#rows").insertAdjacentHTML("beforeend", rows); else $("#rows").innerHTML = rows;
  listed = shown;
  for (const place of $$("#summary, [data-summary]")) place.innerHTML = `${summary}.`;
  $("#histogram").innerHTML = histogram;
  for (const bar of $$("[data-act=range]")) bar.setAttribute("aria-pressed", String(bar.dataset.after === filters.after && bar.dataset.before === filters.before));
  $("#documents-found").textContent = found === 1 ? "1 document" : `${found.toLocaleString("en")} documents`;
  $("#more").hidden = shown >= found;
}

async function remove(button) {
  const { document: id, title } = button.dataset;
  const sure = await confirmed(`Remove “${title}”?`, "No answer will quote it any more. You can undo this.", "Remove");
  if (!sure) return button.focus();
  const { token } = await call("remove", { document: id });
  if (filters.documents.some((known) => known.id === id)) filters.documents = filters.documents.filter((known) => known.id !== id);
  showChips();
  toast(`Removed “${title}”.`, async () => { await call("restore", { token }); await refresh(); say(`Brought back ${title}.`); });
  await refresh();
  $("#documents-search").focus();
}

async function refresh() { await Promise.all([documents(), begin()]); }

const sizes = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
let uploading = Promise.resolve();

function addFiles(files) {
  view("documents");
  for (const file of files) {
    const state = make("span", { class: "state" }, "Waiting");
    const progress = make("progress", { max: "1", value: "0", "aria-label": `Progress of ${file.name}` });
    const row = make("li", {}, make("span", { class: "name", dir: "auto" }, file.name), state, progress);
    $("#uploads").append(row);
    uploading = uploading.then(() => addFile(file, row, state, progress));
  }
}

async function addFile(file, row, state, progress) {
  try {
    if (file.size > limits.file_bytes) throw new Error(`It has ${sizes.format(file.size / 1e6)} MB; at most ${sizes.format(limits.file_bytes / 1e6)} MB are taken.`);
    const report = await send(file, (share) => {
      progress.value = share;
      state.textContent = `Uploading, ${Math.round(share * 100)}%`;
    }, ({ done, of }) => {
      if (of > 1) progress.value = done / of; else progress.removeAttribute("value");
      state.textContent = of > 1 ? `Indexing, ${done.toLocaleString("en")} of ${of.toLocaleString("en")}` : "Indexing";
    });
    state.textContent = outcome(report);
    const held = [...report.added, ...report.updated, ...report.unchanged];
    if (held.length === 1) {
      const only = make("button", { type: "button", class: "plain", "data-act": "only", "data-document": held[0], "data-title": file.name }, "Ask about it");
      row.insertBefore(only, state);
    }
  } catch (error) {
    row.dataset.failed = "";
    state.textContent = `Not added: ${error.message}`;
  }
  progress.remove();
  await refresh();
}

// What adding a file did: a word where it holds one document, figures where it is a table.
function outcome({ added, updated, unchanged, removed, failed }) {
  const said = [[added, "added"], [updated, "updated"], [unchanged, "already there, unchanged"], [removed, "removed"]].filter(([ids]) => ids.length);
  const alone = said.length === 1 && said[0][0].length === 1;
  const done = alone ? said[0][1][0].toUpperCase() + said[0][1].slice(1) : said.map(([ids, verb]) => `${ids.length.toLocaleString("en")} ${verb}`).join(", ");
  return [done, ...failed.map(([, reason]) => reason)].join("; ");
}

// The API takes the file and tells each step in a line of JSON; `fetch` would not tell the upload's own progress.
function send(file, uploaded, indexed) {
  const body = new FormData();
  body.append("files", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const last = () => JSON.parse(request.responseText.slice(0, request.responseText.lastIndexOf("\n")).split("\n").at(-1));
    request.open("POST", new URL("api/v1/documents?stream=true", document.baseURI));
    request.upload.onprogress = (event) => { if (event.lengthComputable) uploaded(event.loaded / event.total); };
    request.onprogress = () => { if (request.status === 200 && request.responseText.includes("\n") && last().event === "progress") indexed(last()); };
    request.onerror = () => reject(new Error("It cannot be read (a folder cannot), or the connection broke off."));
    request.onload = () => {
      try {
        const { event, report, error } = request.status === 200 ? last() : JSON.parse(request.responseText);
        if (event === "report") resolve(report); else reject(new Error(error.message));
      } catch {
        reject(new Error(`The server does not say how it went (${request.status}).`));
      }
    };
    request.send(body);
  });
}

function only({ document: id, title }) {
  filters.documents = [{ id, title }];
  showChips();
  view("ask");
  $("#question").focus();
}

// ---------------------------------------------------------------- frame

function view(name) {
  app.dataset.view = name;
  for (const section of $$(".view")) section.hidden = section.id !== `view-${name}`;
  for (const button of $$(".top nav button")) {
    if (button.dataset.view === name) button.setAttribute("aria-current", "page"); else button.removeAttribute("aria-current");
  }
  if (name === "documents") run(documents());
  if (name === "settings") fillSettings();
}

function theme(chosen) {
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
}

function fillSettings() {
  const form = $("#settings");
  const now = { ...defaults, ...asked(settings) };
  form.k.max = limits.k;
  form.answers.max = limits.answers;
  form.k.value = now.k;
  form.answers.value = now.answers;
  form.min_score.value = Math.round(now.min_score * 100);
  form.theme.value = settings.theme ?? "system";
}

function set(input) {
  if (!input.checkValidity() || input.value === "") return;
  const value = input.name === "theme" ? input.value : Number(input.value);
  settings[input.name] = input.name === "min_score" ? value / 100 : value;
  stored.write("settings", settings);
  theme(settings.theme);
}

let untoast;

function toast(text, undo = null) {
  const shown = $("#toast");
  clearTimeout(untoast);
  shown.replaceChildren(make("span", {}, text));
  if (undo) {
    const button = make("button", { type: "button" }, "Undo");
    button.addEventListener("click", () => { shown.hidden = true; run(undo()); });
    shown.append(button);
  }
  shown.hidden = false;
  untoast = setTimeout(() => { shown.hidden = true; }, undo ? 20000 : 4000);
}

function confirmed(title, text, yes) {
  const dialog = $("#confirm");
  $("#confirm-title").textContent = title;
  $("#confirm-text").textContent = text;
  $("#confirm-yes").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

function run(promise) { Promise.resolve(promise).catch((error) => toast(error.message)); }

async function begin() {
  const given = await call("begin");
  defaults = given.settings;
  limits = given.limits;
  $("#question").maxLength = limits.question;
  fillSettings();
  $("#summary").innerHTML = `${given.summary}.`;
  $("#examples").replaceChildren(...given.examples.map((question) => make("button", { type: "button", "data-act": "example", dir: "auto" }, question)));
}

const acts = {
  menu: () => menu(),
  view: (button) => { view(button.dataset.view); closeSource(); },
  theme: () => {
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark" || (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
    settings.theme = dark ? "light" : "dark";
    stored.write("settings", settings);
    theme(settings.theme);
    fillSettings();
  },
  new: () => { menu(false); startAfresh(); $("#question").focus(); },
  open: (button) => { menu(false); view("ask"); closeSource(); return openConversation(button.closest("li").dataset.id); },
  rename: (button) => rename(button.closest("li")),
  delete: (button) => forget([stored.read(`conversation/${button.closest("li").dataset.id}`, null)].filter(Boolean)),
  forget: async () => { const all = stored.conversations(); if (all.length && await confirmed("Delete all conversations?", "They are nowhere but in this browser.", "Delete")) { forget(all); view("settings"); } },
  defaults: () => { settings = { theme: settings.theme }; stored.write("settings", settings); fillSettings(); toast("The defaults are back."); },
  export: (button) => exportAs(button.dataset.format),
  example: (button) => ask(button.textContent),
  "any-time": (button) => ask(conversation.turns[placeOf(button)].reply.understood, { place: placeOf(button), history: [], window: false }),
  "over-time": overTime,
  again: (button) => ask(button.closest(".turn").dataset.question, { place: placeOf(button) }),
  edit, judge, copy, cite, remove,
  source: (button) => openSource(button.dataset, button),
  "close-source": closeSource,
  panel: (button) => panel(button.dataset.panel),
  range: (button) => {
    const off = button.getAttribute("aria-pressed") === "true";
    filters.after = off ? null : button.dataset.after;
    filters.before = off ? null : button.dataset.before;
    changedFilters();
  },
  more: () => documents(listed),
  only: (button) => only(button.dataset),
};

app.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button) run((async () => acts[button.dataset.act](button))());
});

$("#composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const question = $("#question").value;
  if (busy || !question.trim()) return;
  $("#question").value = "";
  grow();
  run(ask(question));
});
$("#question").addEventListener("input", grow);
$("#question").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("#composer").requestSubmit();
  }
});
for (const side of ["after", "before", "as_of"]) {
  $(`#${side}`).addEventListener("change", (event) => {
    filters[side] = event.target.value || null;
    if (filters.after && filters.before && filters.after > filters.before) [filters.after, filters.before] = [filters.before, filters.after];
    changedFilters();
  });
}
$("#picker-search").addEventListener("input", delayed(() => run(choices())));
$("#picker-search").addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
$("#choices").addEventListener("change", (event) => choose(event.target));
$("#history-search").addEventListener("input", delayed(listConversations, 100));
$("#documents-search").addEventListener("input", delayed(() => run(documents())));
$("#settings").addEventListener("change", (event) => set(event.target));
$("#settings").addEventListener("submit", (event) => event.preventDefault());
$("#files").addEventListener("change", (event) => { addFiles([...event.target.files]); event.target.value = ""; });

const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
document.addEventListener("dragover", (event) => { if (carriesFiles(event)) { event.preventDefault(); app.dataset.dropping = ""; } });
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) delete app.dataset.dropping; });
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  delete app.dataset.dropping;
  addFiles([...event.dataTransfer.files]);
});

document.addEventListener("keydown", (event) => {
  const writing = event.target.closest?.("input, textarea, [contenteditable], dialog");
  if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    closeSource();
    view("ask");
    $("#question").focus();
  }
  if (event.key === "Escape" && !$("#confirm").open) {
    if ("menu" in app.dataset) { menu(false); $(".top [data-act=menu]").focus(); }
    else if (!$("#source").hidden) closeSource();
    else for (const name of ["dates", "picker"]) if (!$(`#${name}`).hidden) panel(name, false);
  }
});
window.addEventListener("storage", (event) => { if (event.key?.startsWith(PREFIX)) listConversations(); });
narrow.addEventListener("change", apart);

theme(settings.theme);
// Gradio wraps every page into a <main> of its own; ours is the one to be announced.
element.closest("main")?.setAttribute("role", "none");
apart();
grow();
showChips();
listConversations();
app.dataset.ready = "";
$("#question").focus();
run(begin());
const last = sessionStorage.getItem(`${PREFIX}current`);
if (last) run(openConversation(last));
