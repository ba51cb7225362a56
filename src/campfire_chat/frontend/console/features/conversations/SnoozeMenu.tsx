import { useState } from "preact/hooks";
import { moment, plain } from "../../ui/format";
import { text } from "./strings";
import { setStatus } from "./changes";
import { closeMenu } from "../../shell/overlay";
import { localValue, snoozeTimes } from "./snooze";
import { typedTime } from "./typedTime";
import { Icon } from "../../ui/Icon";
import { Picker, type Option } from "../../ui/Picker";

const CUSTOM = "custom";
const TYPED = "typed";
const PASSED = "passed";

/** For how long the conversation is put away. */
export function SnoozeMenu({ conversation }: { conversation: string }) {
  const [opened] = useState(() => new Date());
  const [custom, setCustom] = useState(false);
  const [value, setValue] = useState(() => localValue(new Date(opened.getTime() + 86_400_000)));
  const [past, setPast] = useState(false);
  const times = snoozeTimes(opened);

  const snooze = (until: Date | null) => {
    closeMenu();
    const change = until ? { snoozed_until: until.toISOString() } : {};
    void setStatus(conversation, { status: "snoozed", ...change });
  };
  if (custom) {
    return (
      <form
        class="snooze-custom"
        onSubmit={(event) => {
          event.preventDefault();
          const until = new Date(value);
          if (until.getTime() > Date.now()) snooze(until);
          else setPast(true);
        }}
      >
        <label>
          {text.snoozeCustom}
          <input
            type="datetime-local"
            required
            autofocus
            value={value}
            min={localValue(new Date())}
            onInput={(event) => {
              setValue(event.currentTarget.value);
              setPast(false);
            }}
          />
        </label>
        {past && <p role="alert">{text.past}</p>}
        <button type="submit" class="button primary">
          {text.snooze}
        </button>
      </form>
    );
  }
  const options: Option[] = times.map(({ key, label, until }) => ({
    key,
    label,
    ...(until && { hint: moment(until.toISOString(), opened.getTime()) }),
  }));
  options.push({
    key: CUSTOM,
    label: text.snoozeTimes.custom,
    mark: <Icon name="clock" size={16} />,
  });
  const means = (typed: string) => typedTime(typed, new Date(), text.timeWords);
  const created = (typed: string): Option | null => {
    const until = means(typed);
    if (!until) return null;
    if (until.getTime() <= Date.now()) return { key: PASSED, label: text.past };
    return {
      key: TYPED,
      label: moment(until.toISOString(), opened.getTime()),
      mark: <Icon name="snooze" size={16} />,
    };
  };
  // What was typed comes first: "7" is an hour, not the 7th of a month that a preset tells.
  const find = (typed: string): Option[] => {
    const made = created(typed);
    const named = options.filter(({ label }) => plain(label).includes(plain(typed.trim())));
    return made ? [made, ...named] : named;
  };
  return (
    <Picker
      id="snooze"
      label={text.snoozeUntil}
      search={text.snoozeType}
      none={text.snoozeNone}
      options={options}
      find={find}
      onPick={(key, typed) => {
        if (key === TYPED) snooze(means(typed));
        else if (key === CUSTOM || key === PASSED) setCustom(true);
        else snooze(times.find((time) => time.key === key)?.until ?? null);
      }}
    />
  );
}
