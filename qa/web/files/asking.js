// Asking questions, and the buttons of answers.

let busy = false;
let demo = false; // whether questions go to the sample article

const isReply = (turn) => turn?.reply !== undefined;

async function ask(question, { place = conversation.turns.length, history = null, options = {} } = {}) {
  question = question.trim();
  if (!question || busy) return;
  setBusy(true);
  showPanel(null);
  app.removeAttribute("data-empty");
  if (!conversation.name) conversation.name = question.replace(/\s+/g, " ").slice(0, 80);
  $("#conversation-name").textContent = conversation.name;
  const mine = conversation;
  const before = history ?? mine.turns.slice(0, place).filter(isReply)
    .map(({ reply }) => ({ question: reply.understood, answer: reply.answer ? reply.answer.answer : null }));
  const earlier = mine.turns[place];
  mine.turns[place] = { pending: { question, history, options } }; // asked again after a reload
  keep();
  if (address() !== home()) go(home());
  const turn = $$(".turn")[place] ?? make("article", { class: "turn" });
  turn.replaceChildren(make("div", { class: "asked" }, make("h2", { class: "question", dir: "auto" }, question)), make("p", { class: "waiting" }, text("script.reading")));
  if (!turn.isConnected) $("#thread").append(turn);
  turn.scrollIntoView({ block: "start" });
  try {
    const reply = await call("ask", { question, history: before, demo, options: { ...bounds(), ...changedSettings(settings), ...options } });
    mine.turns[place] = reply.exchange;
    if (mine === conversation) {
      turn.innerHTML = reply.html;
      turn.scrollIntoView({ block: "start" });
      keep();
    } else {
      keepElsewhere(mine, place);
    }
    announce(reply.spoken);
  } catch (error) {
    if (isReply(earlier)) mine.turns[place] = earlier; else mine.turns.splice(place, 1);
    if (mine === conversation) keep();
    turn.querySelector(".waiting")?.replaceWith(make("p", { class: "failed" }, error.message));
    turn.append(make("button", { type: "button", class: "plain", "data-act": "again" }, text("script.again")));
    turn.dataset.question = question;
    announce(error.message);
  } finally {
    setBusy(false);
  }
}

function bounds() {
  return { ...filters, documents: filters.documents.map((document) => document.id) };
}

// Ask the question of an answer again, as it was understood, with other options.
function askAgain(button, changed) {
  const { reply, options: { window, undated } } = exchangeOf(button);
  return ask(reply.understood, { place: placeOf(button), history: [], options: { window, undated, ...changed } });
}

// Save a reply to a conversation that is no longer shown and may have been deleted.
function keepElsewhere(mine, place) {
  const kept = stored.read(`conversation/${mine.id}`, null);
  if (!kept) return;
  kept.turns[place] = mine.turns[place];
  kept.touched = Date.now();
  stored.write(`conversation/${kept.id}`, kept);
  if (conversation.id === kept.id) run(openConversation(kept.id));
  else listConversations();
}

async function overTime(place) {
  const turn = $$(".turn")[place];
  if (!isReply(conversation.turns[place]) || $(".over-time", turn)) return;
  const shown = make("section", { class: "over-time", "aria-label": text("answer.over_time") });
  shown.replaceChildren(make("p", { class: "waiting" }, text("script.reading_over_time")));
  $(".answer", turn).append(shown);
  try {
    const { html } = await call("timeline", { question: conversation.turns[place].reply.understood, options: bounds() });
    shown.innerHTML = html;
    announce(text("script.over_time_shown"));
  } catch (error) {
    shown.remove();
    throw error;
  }
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

function exchangeOf(node) { return conversation.turns[placeOf(node)]; }

function edit(button) {
  const place = placeOf(button);
  const line = button.closest(".asked, .understood");
  const shown = [...line.childNodes];
  const input = make("input", { type: "text", "aria-label": text("ask.question"), maxlength: limits.question });
  input.value = exchangeOf(button).reply.understood;
  const form = make("form", { class: "edit" }, input, make("button", { type: "submit", class: "plain" }, text("script.ask_again")));
  const back = () => { line.replaceChildren(...shown); button.focus(); };
  form.addEventListener("submit", (event) => { event.preventDefault(); if (input.value.trim() && !busy) run(ask(input.value, { place, history: [] })); });
  form.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); back(); } });
  line.replaceChildren(form);
  input.focus();
  input.select();
}

async function judge(button) {
  const exchange = exchangeOf(button);
  const { verdict } = button.dataset;
  const { place } = button.closest(".judge").dataset;
  const { understood, answers, nearest } = exchange.reply;
  const judged = answers.length
    ? { answer: answers[place].answer, start: answers[place].start, end: answers[place].end, context: answers[place].context, document_id: answers[place].document.id }
    : { answer: "", start: nearest.start, end: nearest.start, context: nearest.text, document_id: nearest.document.id };
  await post("feedback", { question: understood, verdict, ...judged });
  exchange.verdicts[place] = verdict;
  for (const other of $$("[data-act=judge]", button.closest(".judge"))) other.setAttribute("aria-pressed", String(other === button));
  keep();
  toast(text("script.judged"));
}

// Copy a quotation with title, page and date.
async function copy(button) {
  const { reply } = exchangeOf(button);
  const passage = button.closest(".passage");
  const cited = passage ? reply.related[$$(".passage", passage.parentElement).indexOf(passage)] : reply.answers[0];
  const items = $$(".quote .items li", button.closest(".answer")).map((item) => `- ${item.textContent}`).join("\n");
  const quoted = passage ? cited.text.replace(/\s+/g, " ") : items || $(".quote", button.closest(".answer")).textContent.trim();
  const { title, id, date } = cited.document;
  const parts = [title || id, cited.page && text("answer.page", { number: cited.page }), date && dayName(date)];
  await copyText(`“${quoted}”\n${parts.filter(Boolean).join(", ")}`);
  toast(text("script.copied"));
}

async function copyCitation(button) { // `qa verify` reads the JSON
  const { question, answer } = exchangeOf(button).reply;
  const { format } = button.dataset;
  await copyText(format === "json" ? `${JSON.stringify({ question, ...answer }, null, 2)}\n` : bibtex(answer));
  closeMenus();
  toast(text("script.citation_copied"));
}

const TEX_SIGNS = { "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}" };
const tex = (words) => words.replace(/\s+/g, " ").replace(/[\\{}&%$#_~^]/g, (sign) => TEX_SIGNS[sign] ?? `\\${sign}`);

function bibtex({ answer, page, document: { id, title, date } }) {
  const [year, month] = date?.split("-") ?? [];
  const fields = {
    title: title || id, year, month: month && String(Number(month)), howpublished: id,
    pages: page && String(page), note: `“${answer}”`,
  };
  const lines = Object.entries(fields).filter(([, value]) => value).map(([name, value]) => `  ${name} = {${tex(value)}},\n`);
  return `@misc{${id.replace(/[^A-Za-z0-9]+/g, "-")},\n${lines.join("")}}\n`;
}

function closeMenus(except = null) {
  for (const menu of $$("details.menu[open]")) if (menu !== except) menu.open = false;
}
