import { render } from "preact";
import { App } from "./components/App";
import { listenToKeys } from "./state/shortcuts";
import { start } from "./state/start";
import "./state/appearance";
import "./styles/base.css";
import "./styles/desk.css";
import "./styles/inbox.css";
import "./styles/thread.css";
import "./styles/composer.css";
import "./styles/details.css";
import "./styles/overlay.css";

const root = document.getElementById("console");
if (root) render(<App />, root);
listenToKeys();
void start();
