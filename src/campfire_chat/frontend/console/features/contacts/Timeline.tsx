import { now } from "../../shell/clock";
import { fullTime, moment } from "../../ui/format";
import { hashOf } from "../conversations/route";
import { moreTimeline, timeline } from "./contact";
import { sentencesOf } from "./sentences";
import { text } from "./strings";

/** What happened to the contact, the latest first. */
export function Timeline() {
  const { items, cursor } = timeline.value;
  return (
    <section class="contact-part" aria-label={text.timeline}>
      <h2>{text.timeline}</h2>
      <ol class="contact-timeline">
        {items.map((entry) => (
          <li key={`${entry.id}:${entry.kind}`} class={entry.kind}>
            <div>
              {sentencesOf(entry).map((line) => (
                <p key={line}>
                  {entry.status ? <a href={hashOf(entry.id)}>{line}</a> : line}
                </p>
              ))}
              {entry.subject && (
                <p class="faint" dir="auto">
                  {entry.subject}
                </p>
              )}
            </div>
            <time dateTime={entry.at} title={fullTime(entry.at)}>
              {moment(entry.at, now.value)}
            </time>
          </li>
        ))}
      </ol>
      {cursor && (
        <button type="button" class="button" onClick={() => void moreTimeline()}>
          {text.more}
        </button>
      )}
    </section>
  );
}
