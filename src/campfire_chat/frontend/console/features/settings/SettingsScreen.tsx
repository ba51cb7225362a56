import { useEffect, useLayoutEffect } from "preact/hooks";
import { focusHome } from "../../ui/focus";
import { Notice } from "../../ui/Notice";
import { goToSection, section } from "./route";
import { SectionForm } from "./SectionForm";
import { drafts, hasDrafts, loaded, problem, reload, sections } from "./settings";
import { text } from "./strings";

export { goToSection, step } from "./route";
export { heard, reload, sections } from "./settings";

/** The browser asks before it throws away what is not saved. */
function warn(event: BeforeUnloadEvent): void {
  if (Object.keys(drafts.peek()).length) event.preventDefault();
}

/** The settings of the organisation and one's own, one section at a time. */
export function Screen() {
  useEffect(() => {
    void reload();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, []);

  // Whoever came by the palette or a key goes on in the sections.
  useLayoutEffect(() => {
    if (document.activeElement === document.body) focusHome();
  }, [loaded.value]);

  const shown = section.value;
  return (
    <main class="page settings" id="screen" tabIndex={-1}>
      <header class="page-head">
        <div>
          <h1>{text.title}</h1>
          <p>{text.help}</p>
        </div>
      </header>
      {!loaded.value && problem.value !== null && (
        <Notice
          title={text.failed.load}
          help={problem.value}
          action={text.retry}
          onAction={() => void reload()}
        />
      )}
      <p class="list-loading" role="status" hidden={loaded.value || problem.value !== null}>
        {!loaded.value && text.loading}
      </p>
      {shown !== undefined && (
        <div class="settings-body">
          <nav class="settings-nav" aria-label={text.sections}>
            <ul>
              {sections.value.map((name) => (
                <li key={name}>
                  <button
                    type="button"
                    data-home={name === shown ? true : undefined}
                    aria-current={name === shown ? "page" : undefined}
                    onClick={() => goToSection(name)}
                  >
                    {name}
                    {hasDrafts(name) && (
                      <span class="settings-dot" title={text.unsaved}>
                        <span class="hidden">{text.unsaved}</span>
                      </span>
                    )}
                  </button>
                </li>
              ))}
            </ul>
          </nav>
          <SectionForm key={shown} name={shown} />
        </div>
      )}
    </main>
  );
}
