import { useEffect } from "preact/hooks";
import { now } from "../../shell/clock";
import { may } from "../../shell/permissions";
import { Fact } from "../../ui/Fact";
import { moment } from "../../ui/format";
import { Attributes } from "./Attributes";
import { attributes, loadAttributes } from "./attributes";
import { beside, earlier, putBeside, showBeside } from "./beside";
import { ConversationLine } from "./ConversationLine";
import { text } from "./strings";

export { renewBeside } from "./beside";

interface Props {
  id: string;
  /** The conversation that is shown anyway. */
  conversation: string;
}

/** What the desk knows of a contact, beside a conversation with them. */
export function Beside({ id, conversation }: Props) {
  useEffect(() => void loadAttributes(), []);
  useEffect(() => showBeside(id), [id]);
  const known = beside.value;
  if (known?.id !== id) return null;
  const others = earlier.value.filter((one) => one.id !== conversation);
  const at = now.value;
  return (
    <>
      {attributes.value.length > 0 && (
        <section class="card" aria-label={text.attributes}>
          <Attributes contact={known} onStored={putBeside} />
        </section>
      )}
      <section class="card" aria-label={text.seen}>
        <dl>
          <Fact label={text.columnNames.created_at}>{moment(known.created_at, at)}</Fact>
          <Fact label={text.columnNames.last_seen_at}>
            {known.last_seen_at ? moment(known.last_seen_at, at) : text.never}
          </Fact>
        </dl>
      </section>
      {may("conversations.read") && others.length > 0 && (
        <section class="card" aria-label={text.others}>
          <h3 class="beside-title">{text.others}</h3>
          <ul class="contact-talks">
            {others.map((one) => (
              <ConversationLine key={one.id} conversation={one} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
