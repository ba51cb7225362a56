// The widget's script loads on its own time: calls made before wait in this queue.
window.Campfire ??= { q: [] };

for (const button of document.querySelectorAll("[data-chat]")) {
  button.addEventListener("click", () => window.Campfire.q.push(["open"]));
}

// Whoever logs in or out leaves nothing of their chat to the next person at this browser.
for (const form of document.querySelectorAll("form[data-session]")) {
  form.addEventListener("submit", () => window.Campfire.q.push(["shutdown"]));
}
