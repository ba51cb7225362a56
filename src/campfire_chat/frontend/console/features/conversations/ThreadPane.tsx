import { contactName } from "../../ui/format";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { phone } from "../../shell/appearance";
import { rows } from "./inbox";
import { go, openId } from "./route";
import { closeThread, openThread, thread } from "../messages/thread";
import { Composer } from "../messages/Composer";
import { FindBar } from "../search/FindBar";
import { HeldReplies } from "../messages/HeldReplies";
import { Flame } from "../../ui/Flame";
import { LinkNote } from "../../shell/LinkNote";
import { Log } from "../messages/Log";
import { Notice } from "../../ui/Notice";
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
          <Notice
            title={text.missing}
            help={text.missingHelp}
            second={text.toInbox}
            onSecond={() => go(null)}
          />
        ) : (
          <Notice
            title={text.threadFailed}
            help={opened.error.value}
            action={common.retry}
            onAction={() => {
              closeThread();
              openThread(id);
            }}
            second={text.toInbox}
            onSecond={() => go(null)}
          />
        )}
      </section>
    );
  }
  const name = summary ? contactName(summary.contact) : common.visitor;
  return (
    <section class="thread" id="thread" tabIndex={-1} aria-label={text.thread(name)}>
      <ThreadHead id={id} summary={summary} />
      {phone.value && <LinkNote />}
      <FindBar />
      <Log key={id} opened={opened} />
      {summary && <StateBanner summary={summary} />}
      <HeldReplies opened={opened} />
      <Composer key={id} name={name} />
    </section>
  );
}
