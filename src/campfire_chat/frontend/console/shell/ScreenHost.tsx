import type { ComponentType } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import type { Chunk } from "../../common/chunk";
import { text as common } from "../ui/strings";
import { text } from "./strings";
import { Notice } from "../ui/Notice";
import type { Screen } from "./registry";
import { screen } from "./router";

/** The screen of the address. */
export function ScreenHost() {
  const shown = screen.value;
  if (!shown) return null;
  const { component: Component } = shown;
  if (typeof Component === "function") return <Component />;
  return <Loaded key={shown.path} screen={shown} chunk={Component} />;
}

interface Props {
  screen: Screen;
  chunk: Chunk<{ readonly Screen: ComponentType }>;
}

/** A screen whose code comes when it is needed, or what to do when it does not come. */
function Loaded({ screen, chunk }: Props) {
  const [failed, setFailed] = useState(false);
  const [, setReady] = useState(chunk.ready !== null);
  const attempt = () => {
    setFailed(false);
    chunk.attempt().then(
      () => setReady(true),
      () => setFailed(true),
    );
  };
  useLayoutEffect(attempt, []);
  if (chunk.ready) {
    const { Screen } = chunk.ready;
    return <Screen />;
  }
  return (
    <main class="page" id="screen" tabIndex={-1} aria-busy={!failed}>
      <h1 class="hidden">{screen.title()}</h1>
      {failed ? (
        <Notice
          title={text.chunk.title}
          help={text.chunk.help}
          action={text.chunk.reload}
          onAction={() => location.reload()}
          second={common.retry}
          onSecond={attempt}
        />
      ) : (
        <p class="page-loading" role="status">
          {common.loading}…
        </p>
      )}
    </main>
  );
}
