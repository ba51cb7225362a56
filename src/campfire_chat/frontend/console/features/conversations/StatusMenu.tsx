import { text as common } from "../../ui/strings";
import { text } from "./strings";
import { setStatus, summaryOf } from "./changes";
import { mayFollow } from "./transitions";
import { STATUSES } from "./lists";
import { closeMenu, openMenu, menu } from "../../shell/overlay";
import { Icon } from "../../ui/Icon";
import { Picker } from "../../ui/Picker";

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
      label={common.setStatus}
      options={STATUSES.filter((name) => mayFollow(name, current)).map((name) => ({
        key: name,
        label: text.status[name],
        mark: <Icon name={name} size={16} />,
        selected: name === current,
      }))}
      onPick={pick}
    />
  );
}
