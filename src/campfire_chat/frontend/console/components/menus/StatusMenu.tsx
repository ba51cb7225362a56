import { text } from "../../messages";
import { setStatus, summaryOf } from "../../state/desk";
import { STATUSES } from "../../state/lists";
import { closeMenu, openMenu, menu } from "../../state/overlay";
import { Icon } from "../Icon";
import { Picker } from "../Picker";

/** The four statuses; snoozing asks for how long. */
export function StatusMenu({ conversation }: { conversation: string }) {
  const current = summaryOf(conversation)?.status;
  const pick = (key: string) => {
    const status = STATUSES.find((name) => name === key);
    if (status === "snoozed") {
      openMenu("snooze", menu.peek()?.anchor ?? null);
      return;
    }
    closeMenu();
    if (status) void setStatus(conversation, { status });
  };
  return (
    <Picker
      id="status"
      label={text.setStatus}
      options={STATUSES.map((name) => ({
        key: name,
        label: text.status[name],
        mark: <Icon name={name} size={16} />,
        selected: name === current,
      }))}
      onPick={pick}
    />
  );
}
