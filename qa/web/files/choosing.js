// Choosing files and folders to upload, with the file dialog or by dropping them.

const MOST_ROWS = 20; // files chosen together that get a row each; more share one row

let suffixes = []; // of the formats that can be read; from the server

// Make uploads of `{file, path}`: one for each folder, without its hidden files and unknown formats,
// and one for each file, or for all files if there are many.
function uploadsOf(chosen) {
  const collection = $("#collection").value.split("/").map((name) => name.trim()).filter(Boolean);
  const loose = chosen.filter(({ path }) => !path.includes("/")).length;
  const uploads = new Map();
  for (const { file, path } of chosen) {
    const names = path.split("/");
    const isInFolder = names.length > 1;
    const name = isInFolder ? `${names[0]}/` : loose > MOST_ROWS ? text("uploads.files", { count: grouped(loose) }) : path;
    const folder = [...collection, ...names.slice(0, isInFolder ? 1 : 0)].join("/");
    const upload = uploads.get(name) ?? { name, folder, files: [], skipped: 0 };
    uploads.set(name, upload);
    if (isInFolder && !isReadable(names)) upload.skipped += 1;
    else upload.files.push({ file, path: [...collection, ...names].join("/") });
  }
  return [...uploads.values()];
}

function isReadable(names) {
  const name = names.at(-1).toLowerCase();
  return !names.some((part) => part.startsWith(".")) && suffixes.some((suffix) => name.endsWith(suffix));
}

// The items of a drop can only be read before the first `await`.
async function droppedFiles({ items }) {
  const dropped = [...items].filter((item) => item.kind === "file").map((item) => {
    const entry = item.webkitGetAsEntry();
    const file = item.getAsFile();
    return entry?.isDirectory ? filesIn(entry, entry.name) : [{ file, path: file.name }];
  });
  return (await Promise.all(dropped)).flat();
}

async function filesIn(entry, path) {
  if (entry.isFile) return [{ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), path }];
  const reader = entry.createReader();
  const found = [];
  for (;;) { // a call returns at most 100 entries
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found;
    for (const one of some) found.push(...await filesIn(one, `${path}/${one.name}`));
  }
}

for (const chooser of ["files", "folder"]) {
  $(`#${chooser}`).addEventListener("change", ({ target }) => {
    addUploads(uploadsOf([...target.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }))));
    target.value = "";
  });
}

const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
document.addEventListener("dragover", (event) => { if (carriesFiles(event)) { event.preventDefault(); app.dataset.dropping = ""; } });
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) delete app.dataset.dropping; });
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  delete app.dataset.dropping;
  run(droppedFiles(event.dataTransfer).then((files) => addUploads(uploadsOf(files))));
});
