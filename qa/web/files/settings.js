// The settings view.

let defaults = {}; // these two come from the server
let limits = {};
let settings = stored.read("settings", {}); // only changed settings

function changedSettings({ k, answers, min_score }) {
  return Object.fromEntries(Object.entries({ k, answers, min_score }).filter(([, value]) => value !== undefined));
}

function theme(chosen) {
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
}

function switchTheme() {
  const root = document.documentElement;
  const dark = getComputedStyle(root).colorScheme === "dark" || (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  settings.theme = dark ? "light" : "dark";
  stored.write("settings", settings);
  theme(settings.theme);
  fillSettings();
}

function fillSettings() {
  const form = $("#settings");
  const now = { ...defaults, ...changedSettings(settings) };
  form.k.max = limits.k;
  form.answers.max = limits.answers;
  form.k.value = now.k;
  form.answers.value = now.answers;
  form.min_score.value = Math.round(now.min_score * 100);
  form.theme.value = settings.theme ?? "system";
}

function changeSetting(input) {
  if (!input.checkValidity() || input.value === "") return;
  const value = input.name === "theme" ? input.value : Number(input.value);
  settings[input.name] = input.name === "min_score" ? value / 100 : value;
  stored.write("settings", settings);
  theme(settings.theme);
}

function restoreDefaults() {
  settings = { theme: settings.theme };
  stored.write("settings", settings);
  fillSettings();
  toast(text("settings.restored"));
}

async function deleteAllConversations() {
  const all = stored.conversations();
  if (!all.length || !await confirmed(text("history.delete_all_title"), text("history.delete_all_note"), text("history.delete_all_yes"))) return;
  deleteConversations(all);
}
