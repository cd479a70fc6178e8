// The list of conversations.

function listConversations() {
  const wanted = $("#history-search").value.trim().toLowerCase();
  const words = ({ name, turns }) => [name, ...turns.flatMap((turn) => [turn?.reply?.question, turn?.reply?.answer?.answer])].join("\n").toLowerCase();
  const found = stored.conversations().filter((kept) => words(kept).includes(wanted));
  const day = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric" });
  $("#conversations").replaceChildren(...found.map((kept) => {
    const open = make("button", { type: "button", class: "open", "data-act": "open" }, make("span", { dir: "auto" }, kept.name), make("span", { class: "small num" }, day.format(kept.touched)));
    const row = make("li", { "data-id": kept.id }, open, iconButton("rename", "edit", text("history.rename", { name: kept.name })), iconButton("delete", "trash", text("history.delete", { name: kept.name })));
    if (kept.id === conversation.id) { row.dataset.current = ""; open.setAttribute("aria-current", "true"); }
    return row;
  }));
  $("#no-conversations").textContent = text(wanted && !found.length ? "history.not_found" : "history.note");
}

async function openConversation(id) {
  const kept = stored.read(`conversation/${id}`, null);
  if (!kept || !Array.isArray(kept.turns)) {
    toast(text("history.unknown"));
    startNew();
    return go("#/", { replace: true });
  }
  conversation = kept;
  filters = { ...newConversation().filters, ...kept.filters };
  app.removeAttribute("data-empty");
  $("#conversation-name").textContent = kept.name;
  showChips();
  listConversations();
  const { html } = await call("show", { turns: kept.turns });
  if (conversation !== kept) return;
  $("#thread").replaceChildren(...html.map((shown, place) => {
    const turn = make("article", { class: "turn" });
    if (kept.turns[place]?.pending) turn.append(make("p", { class: "waiting" }, text("script.reading")));
    else if (shown === null) turn.append(make("p", { class: "failed" }, text("script.not_shown")));
    else turn.innerHTML = shown;
    return turn;
  }));
  $$(".turn").at(-1)?.scrollIntoView({ block: "start" });
  const place = kept.turns.findIndex((turn) => turn?.pending);
  if (place !== -1 && !busy) {
    const { question, ...options } = kept.turns[place].pending;
    await ask(String(question), { ...options, place });
  }
}

function startNew() {
  conversation = newConversation();
  filters = conversation.filters;
  app.dataset.empty = "";
  $("#thread").replaceChildren();
  showChips();
  listConversations();
}

function rename(row) {
  const kept = stored.read(`conversation/${row.dataset.id}`, null);
  const input = make("input", { type: "text", "aria-label": text("history.name"), maxlength: "120" });
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

function deleteConversations(deleted) {
  const restore = () => {
    for (const one of deleted) stored.write(`conversation/${one.id}`, one);
    listConversations();
  };
  for (const one of deleted) stored.drop(`conversation/${one.id}`);
  if (deleted.some((one) => one.id === conversation.id)) {
    startNew();
    if (app.dataset.view === "ask") go("#/", { replace: true });
  }
  listConversations();
  const [{ name }] = deleted;
  toast(deleted.length === 1 ? text("history.deleted_one", { name }) : text("history.deleted_many", { count: deleted.length }), restore);
}

async function exportAs(format) {
  const { text: content, file } = await call("export", { name: conversation.name, turns: conversation.turns.filter(isReply), format });
  const url = URL.createObjectURL(new Blob([content], { type: "text/plain;charset=utf-8" }));
  const link = make("a", { href: url, download: file });
  app.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
