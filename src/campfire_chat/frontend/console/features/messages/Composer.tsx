import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { isComposing } from "../../../common/keyboard";
import { characters, isBlank } from "../../../common/text";
import { participantName } from "../../ui/format";
import { text as common } from "../../ui/strings";
import { text } from "./strings";
import {
  chooseMode,
  draft,
  edit,
  focusRequests,
  mayWrite,
  modes,
  quote,
  send,
  takeBackHeld,
  tellTyping,
  undo,
  write,
  written,
} from "./composer";
import { openByTrigger, openTool, tools } from "./insertion";
import { canManage } from "../../shell/permissions";
import { bodyLimit, isMe } from "../../shell/session";
import { FIELD, focusThread } from "./focus";
import { isPeriod, letterOf } from "../../shell/keys";
import { markByKey } from "./marks";
import { said } from "./said";
import { thread } from "./thread";
import { lastOwn } from "./timeline";
import { Icon } from "../../ui/Icon";

/** Where a finger writes, Enter is the only way to a new line. */
const touch = matchMedia("(pointer: coarse) and (hover: none)");

/** Where replies and notes are written. */
export function Composer({ name }: { name: string }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const { mode, quoting } = draft.value;
  const body = written.value;
  const note = mode === "note";
  const limit = bodyLimit.value;
  const length = characters(body);
  const nearLimit = length > limit * 0.9;
  const sendable = !isBlank(body) && length <= limit;
  const [focused, setFocused] = useState(false);
  const quoted = quoting ? thread.value?.messages.value.get(quoting) : undefined;

  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, 260)}px`;
  }, [body, mode]);

  const requests = focusRequests.value;
  const answered = useRef(requests);
  // At once: a letter that is typed next is text, not a shortcut.
  useLayoutEffect(() => {
    if (requests === answered.current) return;
    answered.current = requests;
    field.current?.focus();
  }, [requests]);

  if (!modes.value.length) return <p class="composer read-only">{text.readOnly}</p>;

  const submit = (resolve = false) => {
    // After "Send and resolve" comes the next conversation, and the focus is in its thread.
    if (!send({ resolve }) || !resolve) field.current?.focus();
  };
  const onKeyDown = (event: preact.TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    const command = event.ctrlKey || event.metaKey;
    if (isComposing(event)) return;
    if (markByKey(event)) return write(event.currentTarget.value);
    if (event.key === "Enter") {
      if (command && event.shiftKey) {
        event.preventDefault();
        submit(!note && canManage.peek());
      } else if (command || (!event.shiftKey && !touch.matches)) {
        event.preventDefault();
        submit();
      }
    } else if (isPeriod(event) && command) {
      event.preventDefault();
      chooseMode(note ? "reply" : "note");
    } else if (command && !event.shiftKey && letterOf(event) === "Z" && !body && undo()) {
      event.preventDefault();
    } else if (event.key === "ArrowUp" && !body) {
      if (takeBackHeld() || undo()) return event.preventDefault();
      const last = lastOwn((message) => isMe(message.sender) && mayWrite(message));
      if (last) {
        event.preventDefault();
        edit(last.id, { fromField: true });
      }
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (quoting) quote(null);
      else focusThread();
    }
  };
  return (
    <form
      class={note ? "composer noting" : "composer"}
      aria-label={text.compose}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div class="composer-tabs" role="tablist" aria-label={text.modesLabel}>
        {modes.value.map((name) => (
          <button
            key={name}
            id={`mode-${name}`}
            type="button"
            role="tab"
            aria-selected={mode === name}
            aria-controls="composer-field"
            tabIndex={mode === name ? 0 : -1}
            onClick={() => {
              chooseMode(name);
              field.current?.focus();
            }}
            onKeyDown={(event) => {
              if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
              event.preventDefault();
              const other = name === "reply" ? "note" : "reply";
              if (!modes.peek().includes(other)) return;
              chooseMode(other);
              document.getElementById(`mode-${other}`)?.focus();
            }}
          >
            <Icon name={name} size={15} />
            {text.modes[name]}
          </button>
        ))}
        {note && (
          <span class="composer-privacy">
            <Icon name="lock" size={13} />
            {text.noteOnly}
          </span>
        )}
      </div>
      {quoted && (
        <p class="composer-quote">
          <span>
            <strong>
              {text.quoting(isMe(quoted.sender) ? common.you : participantName(quoted.sender))}
            </strong>{" "}
            {said(quoted)}
          </span>
          <button
            type="button"
            class="icon-button"
            aria-label={text.stopQuoting}
            onClick={() => quote(null)}
          >
            <Icon name="close" size={14} />
          </button>
        </p>
      )}
      <div id="composer-field" role="tabpanel" aria-labelledby={`mode-${mode}`}>
        <textarea
          ref={field}
          id={FIELD}
          rows={1}
          dir="auto"
          aria-label={note ? text.noteField : text.replyField}
          placeholder={note ? text.noteHere : text.replyHere(name)}
          value={body}
          enterkeyhint={touch.matches ? "enter" : "send"}
          onInput={(event) => {
            write(event.currentTarget.value);
            openByTrigger(event.currentTarget, event);
          }}
          onFocus={() => setFocused(true)}
          onBlur={() => {
            setFocused(false);
            tellTyping(false);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div class="composer-foot">
        {tools.value.map((tool) => (
          <button
            key={tool.menu}
            type="button"
            class="icon-button composer-tool"
            aria-label={tool.label}
            title={tool.label}
            aria-haspopup="dialog"
            onClick={(event) => openTool(tool, event.currentTarget)}
          >
            <Icon name={tool.icon} size={17} />
          </button>
        ))}
        <span class={nearLimit ? "composer-hint warn" : "composer-hint"}>
          {nearLimit
            ? text.tooLong(length, limit)
            : focused
              ? text.enterHint
              : text.writeHint}
        </span>
        {!note && canManage.value && (
          <button
            type="button"
            class="button send-resolve"
            disabled={!sendable}
            onClick={() => submit(true)}
          >
            {text.sendAndResolve}
          </button>
        )}
        <button type="submit" class="button primary send" disabled={!sendable}>
          <Icon name={note ? "note" : "send"} size={16} />
          {note ? text.addNote : text.send}
        </button>
      </div>
    </form>
  );
}
