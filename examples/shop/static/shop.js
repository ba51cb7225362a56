// The widget's script loads on its own time: calls made before it has wait in this queue.
window.campfire ??= function campfire(...call) {
  (campfire.q ??= []).push(call);
};

for (const button of document.querySelectorAll("[data-chat]")) {
  button.addEventListener("click", () => window.campfire("open"));
}

// Whoever logs in or out leaves nothing of their chat to the next person at this browser.
for (const form of document.querySelectorAll("form[data-session]")) {
  form.addEventListener("submit", () => window.campfire("shutdown"));
}
