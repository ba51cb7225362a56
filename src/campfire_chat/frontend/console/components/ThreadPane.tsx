import { contactName } from "../format";
import { text } from "../messages";
import { phone } from "../state/appearance";
import { rows } from "../state/inbox";
import { openId } from "../state/route";
import { closeThread, openThread, thread } from "../state/thread";
import { Composer } from "./Composer";
import { Flame } from "./Flame";
import { LinkNote } from "./LinkNote";
import { Log } from "./Log";
import { Notice } from "./Notice";
import { StateBanner } from "./StateBanner";
import { ThreadHead } from "./ThreadHead";

/** The open conversation, or what to do when there is none. */
export function ThreadPane() {
  const opened = thread.value;
  const id = openId.value;
  if (!id || !opened) {
    return (
      <section class="thread nothing" id="thread" aria-label={text.noneOpen}>
        <Flame size={44} />
        <h2>{text.noneOpen}</h2>
        <p>{text.noneOpenHelp}</p>
        <p>{text.noneOpenKeys}</p>
      </section>
    );
  }
  const summary = rows.value.get(id)?.summary ?? null;
  const phase = opened.phase.value;
  if (phase === "missing" || phase === "failed") {
    return (
      <section class="thread nothing" id="thread" aria-label={text.noneOpen}>
        {phase === "missing" ? (
          <Notice title={text.missing} help={text.missingHelp} toInbox />
        ) : (
          <Notice
            title={text.threadFailed}
            help={opened.error.value}
            action={text.retry}
            onAction={() => {
              closeThread();
              openThread(id);
            }}
            toInbox
          />
        )}
      </section>
    );
  }
  const name = summary ? contactName(summary.contact) : text.visitor;
  return (
    <section class="thread" id="thread" tabIndex={-1} aria-label={text.thread(name)}>
      <ThreadHead id={id} summary={summary} />
      {phone.value && <LinkNote />}
      <Log key={id} opened={opened} />
      {summary && <StateBanner summary={summary} />}
      <Composer key={id} name={name} />
    </section>
  );
}
