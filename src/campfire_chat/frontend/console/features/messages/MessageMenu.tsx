import { text } from "./strings";
import { edit, mayWrite, modes, quote } from "./composer";
import { may } from "../../shell/permissions";
import { isMe } from "../../shell/session";
import { closeMenu, openDialog, toast } from "../../shell/overlay";
import { written } from "./said";
import { thread } from "./thread";
import { Icon } from "../../ui/Icon";
import { Picker, type Option } from "../../ui/Picker";

/** What can be done with one message; changing it is its author's. */
export function MessageMenu({ subject }: { subject: string | null }) {
  const message = subject && thread.value?.messages.value.get(subject);
  if (!message) return null;
  const { id } = message;
  const options: Option[] = [];
  if (modes.value.length) {
    options.push({ key: "quote", label: text.replyTo, mark: <Icon name="quote" size={16} /> });
  }
  options.push({ key: "copy", label: text.copy, mark: <Icon name="copy" size={16} /> });
  if (message.edited_at && may("message_versions.read")) {
    options.push({ key: "versions", label: text.versions, mark: <Icon name="clock" size={16} /> });
  }
  if (isMe(message.sender) && mayWrite(message)) {
    options.push(
      { key: "edit", label: text.edit, mark: <Icon name="edit" size={16} /> },
      { key: "delete", label: text.remove, mark: <Icon name="trash" size={16} />, danger: true },
    );
  }
  if (may("messages.redact")) {
    options.push({
      key: "redact",
      label: text.redact.open,
      mark: <Icon name="lock" size={16} />,
      danger: true,
    });
  }
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(written(message));
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
        closeMenu({ refocus: key !== "quote" && key !== "edit" });
        if (key === "quote") quote(id);
        if (key === "copy") void copy();
        if (key === "versions") openDialog("message-versions", id);
        if (key === "edit") edit(id);
        if (key === "redact") openDialog("redact-message", id);
        if (key === "delete") openDialog("delete-message", id);
      }}
    />
  );
}
