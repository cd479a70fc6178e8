// The part of the address after # selects what the page shows:
//
//   #/                               a new conversation
//   #/conversation/ID                a conversation
//   #/conversation/ID/over-time/N    the answer to its question N over time
//   #/documents  #/settings          the other views
//   #/history                        the list of conversations
//   #/ask?question=…&after=…         a question to ask in a new conversation (a shared link)
//
// The source panel and, on a narrow screen, the list of conversations are layers above it: Back
// closes a layer first. `history.state.layer` is set while a layer is open.

let shown = ""; // the address that is shown

const address = () => location.hash || "#/";
const home = () => conversation.turns.length ? `#/conversation/${conversation.id}` : "#/";

function setAddress(to, { layer = null, replace = false } = {}) {
  const state = layer && { layer };
  history[replace ? "replaceState" : "pushState"](state, "", location.pathname + location.search + to);
}

function go(to, { replace = Boolean(history.state?.layer) } = {}) {
  hideSource();
  if (to !== address()) setAddress(to, { replace });
  else if (history.state?.layer) history.back();
  return show();
}

async function show() {
  shown = address();
  const [path, query] = shown.slice(2).split("?");
  const [name, id, part, place] = path.split("/");
  showMenu(name === "history");
  if (name === "documents" || name === "settings") return view(name);
  view("ask");
  if (name === "ask") return askShared(new URLSearchParams(query));
  if (name === "conversation") {
    if (id !== conversation.id) await openConversation(id);
    if (part === "over-time") await overTime(Number(place));
  } else if (name === "" && !("empty" in app.dataset)) {
    startNew();
  }
}

window.addEventListener("popstate", () => {
  hideSource();
  if (address() === shown) return;
  const [name, , , place] = address().slice(2).split("/");
  if (name === "conversation") for (const [n, turn] of $$(".turn").entries()) if (String(n) !== place) $(".over-time", turn)?.remove();
  run(show());
});

function toggleMenu() {
  if (!("menu" in app.dataset)) {
    setAddress("#/history", { layer: "menu" });
    run(show());
  } else if (history.state?.layer) {
    history.back();
  } else {
    go(home());
  }
}

function showMenu(open) {
  app.toggleAttribute("data-menu", open);
  isolate();
  if (open) $("#history .new").focus();
}

const LINKED = ["after", "before", "as_of", "folder"];

async function shareLink(button) {
  const { options, reply } = exchangeOf(button);
  const query = new URLSearchParams({ question: reply.understood });
  for (const [name, value] of Object.entries(options)) {
    if (value === null || value === defaults[name]) continue;
    for (const one of [value].flat()) query.append(name, one);
  }
  await copyText(`${location.origin}${location.pathname}#/ask?${query}`);
  toast(text("script.link_copied"));
}

async function askShared(given) {
  startNew();
  go("#/", { replace: true });
  for (const name of LINKED) filters[name] = given.get(name);
  filters.documents = given.getAll("documents").map((id) => ({ id, title: id }));
  showChips();
  const others = [...given.keys()].filter((name) => !(name in filters) && name !== "question");
  await ask(given.get("question") ?? "", { history: [], options: Object.fromEntries(others.map((name) => [name, JSON.parse(given.get(name))])) });
}
