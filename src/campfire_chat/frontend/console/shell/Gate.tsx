import { text as common } from "../ui/strings";
import { text } from "./strings";
import { cameFromLogin, loginUrl, phase, type Phase } from "./session";
import { start } from "./start";
import { Flame } from "../ui/Flame";

const WORDS: Record<Exclude<Phase, "ready" | "loading">, { title: string; help: string }> = {
  "sign-in": { title: text.gate.signIn, help: text.gate.signInHelp },
  "not-agent": { title: text.gate.notAgent, help: text.gate.notAgentHelp },
  "signed-out": { title: text.gate.signedOut, help: text.gate.signedOutHelp },
  unreachable: { title: text.gate.unreachable, help: text.gate.unreachableHelp },
};

const RETURNED = { title: text.gate.notAgent, help: text.gate.returnedHelp };

/** In place of the desk: who may come in and how, or that the server is away. */
export function Gate() {
  const now = phase.value;
  if (now === "ready") return null;
  if (now === "loading") {
    return (
      <main class="gate" aria-busy="true">
        <Flame size={48} />
        <p role="status">{common.loading}…</p>
      </main>
    );
  }
  const { title, help } = now === "sign-in" && cameFromLogin() ? RETURNED : WORDS[now];
  const login = now === "unreachable" ? null : loginUrl();
  return (
    <main class="gate">
      <Flame size={48} />
      <h1>{title}</h1>
      <p>{help}</p>
      <p class="gate-actions">
        {login && (
          <a class="button primary" href={login}>
            {text.gate.signInAction}
          </a>
        )}
        <button type="button" class="button" onClick={() => void start()}>
          {text.gate.reload}
        </button>
      </p>
    </main>
  );
}
