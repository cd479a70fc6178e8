// Conversations and settings are kept in this browser's storage only.

const PREFIX = "document-assistant/";
const stored = {
  read(key, fallback) {
    try { return JSON.parse(localStorage.getItem(PREFIX + key)) ?? fallback; } catch { return fallback; }
  },
  write(key, value) {
    try {
      localStorage.setItem(PREFIX + key, JSON.stringify(value));
    } catch { // full: drop the oldest conversation
      const oldest = stored.conversations().at(-1);
      if (!oldest || `conversation/${oldest.id}` === key) { toast(text("script.storage_full")); return; }
      stored.drop(`conversation/${oldest.id}`);
      stored.write(key, value);
    }
  },
  drop(key) { try { localStorage.removeItem(PREFIX + key); } catch { /* storage is turned off */ } },
  conversations() {
    const start = `${PREFIX}conversation/`;
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(start));
    return keys.map((key) => stored.read(key.slice(PREFIX.length), null))
      .filter((kept) => kept && typeof kept.name === "string" && Array.isArray(kept.turns))
      .sort((one, other) => other.touched - one.touched);
  },
};

const newConversation = () => ({
  id: crypto.randomUUID?.() ?? String(Math.random()).slice(2),
  name: "",
  touched: 0,
  filters: { after: null, before: null, as_of: null, documents: [], folder: null },
  turns: [], // each a reply, or `{pending}` with the arguments of a question without a reply yet
});

let conversation = newConversation();
let filters = conversation.filters;

function keep() {
  conversation.touched = Date.now();
  conversation.filters = filters;
  stored.write(`conversation/${conversation.id}`, conversation);
  listConversations();
}
