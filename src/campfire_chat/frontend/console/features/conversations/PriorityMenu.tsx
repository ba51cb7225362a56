import type { Priority } from "../../../common/types";
import { text } from "./strings";
import { changeConversation, summaryOf } from "./changes";
import { closeMenu } from "../../shell/overlay";
import { Picker, type Option } from "../../ui/Picker";
import { PriorityMark } from "./PriorityMark";

const PRIORITIES: readonly Priority[] = ["urgent", "high", "medium", "low"];

/** How urgent it is. */
export function PriorityMenu({ conversation }: { conversation: string }) {
  const current = summaryOf(conversation)?.priority ?? null;
  const options: Option[] = PRIORITIES.map((name) => ({
    key: name,
    label: text.priorities[name],
    mark: <PriorityMark priority={name} bare />,
    selected: name === current,
  }));
  options.push({ key: "", label: text.noPriority, selected: current === null });
  return (
    <Picker
      id="priority"
      label={text.setPriority}
      options={options}
      onPick={(key) => {
        closeMenu();
        const priority = PRIORITIES.find((name) => name === key) ?? null;
        if (priority !== current) void changeConversation(conversation, { priority });
      }}
    />
  );
}
