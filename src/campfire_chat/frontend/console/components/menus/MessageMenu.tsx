import { text } from "../../messages";
import { edit, quote } from "../../state/composer";
import { canWrite, isMe } from "../../state/core";
import { closeMenu, deleting, toast, versionsOf } from "../../state/overlay";
import { thread } from "../../state/thread";
import { Icon } from "../Icon";
import { Picker, type Option } from "../Picker";

/** What can be done with one message; changing it is its author's. */
export function MessageMenu({ id }: { id: string }) {
  const message = thread.value?.messages.value.get(id);
  if (!message) return null;
  const options: Option[] = [];
  if (canWrite.value) {
    options.push({ key: "quote", label: text.replyTo, mark: <Icon name="quote" size={16} /> });
  }
  options.push({ key: "copy", label: text.copy, mark: <Icon name="copy" size={16} /> });
  if (message.edited_at) {
    options.push({ key: "versions", label: text.versions, mark: <Icon name="clock" size={16} /> });
  }
  if (isMe(message.sender)) {
    options.push(
      { key: "edit", label: text.edit, mark: <Icon name="edit" size={16} /> },
      { key: "delete", label: text.remove, mark: <Icon name="trash" size={16} />, danger: true },
    );
  }
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(message.body);
      toast(text.copied);
    } catch {
      // Refused by the browser: there is nothing to say that helps.
    }
  };
  return (
    <Picker
      id="message-actions"
      label={text.messageMenu}
      actions
      options={options}
      onPick={(key) => {
        closeMenu({ refocus: key === "copy" || key === "delete" || key === "versions" });
        if (key === "quote") quote(id);
        if (key === "copy") void copy();
        if (key === "versions") versionsOf.value = id;
        if (key === "edit") edit(id);
        if (key === "delete") deleting.value = id;
      }}
    />
  );
}
