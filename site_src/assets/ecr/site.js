// For every page: buttons that copy, "/" that leads to the search, and colours for YAML, and ways
// around by keyboard.
// Without scripts all of it is still there to read.

function addCopyButtons() {
  for (const block of document.querySelectorAll(".ecr-code")) {
    const text = block.querySelector("pre");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "ecr-copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const copied = await copy(text);
      button.textContent = copied ? "Copied" : "Press Ctrl+C";
      button.toggleAttribute("data-done", copied);
      setTimeout(() => {
        button.textContent = "Copy";
        button.removeAttribute("data-done");
      }, 2000);
    });
    block.append(button);
  }
}

async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    // No clipboard without https, or not allowed: mark the text, so that the keyboard can copy it.
    getSelection().selectAllChildren(element);
    return false;
  }
}

function listenForHotkey() {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const fields = [...document.querySelectorAll("[data-ecr-hotkey], .ecr-herofind input")];
    const field = fields.find((candidate) => candidate.checkVisibility({ visibilityProperty: true }));
    if (field) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  });
}

const YAML_LINE = /^(\s*(?:- )*)([A-Za-z_$][\w./$-]*)(:)(?=\s|$)|((?:^|\s)#.*)$/;

function colourYaml() {
  for (const text of document.querySelectorAll('[data-language="yaml"] pre')) {
    const lines = text.textContent.split("\n");
    const parts = [];
    lines.forEach((line, index) => {
      if (index) parts.push("\n");
      let rest = line;
      const key = YAML_LINE.exec(rest);
      if (key?.[2]) {
        parts.push(key[1], makeSpan("ecr-y-key", key[2]), key[3]);
        rest = rest.slice(key[0].length);
      }
      const comment = /^\s*#.*$/.exec(rest) ?? /\s{2}#\s.*$/.exec(rest);
      if (comment) parts.push(rest.slice(0, comment.index), makeSpan("ecr-y-comment", comment[0]));
      else parts.push(rest);
    });
    text.replaceChildren(...parts);
  }
}

function makeSpan(className, text) {
  const span = document.createElement("span");
  span.className = className;
  span.textContent = text;
  return span;
}

// What can be scrolled sideways must be reachable with the keyboard.
function makeScrollable() {
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  for (const box of document.querySelectorAll(".ecr-scroll, .ecr-code pre, .md-typeset pre > code")) {
    observer.observe(box);
  }
}

addCopyButtons();
makeScrollable();
listenForHotkey();
colourYaml();
