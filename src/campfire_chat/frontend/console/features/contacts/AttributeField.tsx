import { useEffect, useId, useRef, useState } from "preact/hooks";
import { isComposing } from "../../../common/keyboard";
import type { AttributeRecord, ContactRecord } from "../../../common/types";
import { may } from "../../shell/permissions";
import { store, type Value } from "./attributes";
import { addressOf, control, inWords, typedValue } from "./attributeValues";
import { text } from "./strings";

interface Props {
  contact: ContactRecord;
  attribute: AttributeRecord;
  onStored: (record: ContactRecord) => void;
}

/** The value of one attribute, editable in its place. What was refused stays there to be corrected. */
export function AttributeField({ contact, attribute, onStored }: Props) {
  const { key, label, type, description, choices, editable } = attribute;
  const value = contact.attributes[key];
  const id = useId();
  const shown = value === undefined ? "" : String(value);
  const [typed, setTyped] = useState(shown);
  const [refusal, setRefusal] = useState("");
  const field = useRef<HTMLInputElement>(null);
  // What somebody else changed appears, except under the cursor.
  useEffect(() => {
    if (document.activeElement !== field.current && !refusal) setTyped(shown);
  }, [shown]);

  const save = async (next: Value | null) => {
    if ((next ?? undefined) === value) {
      setTyped(shown);
      setRefusal("");
      return;
    }
    const { record, refusal: why } = await store(contact.id, key, next);
    setRefusal(why);
    if (record) onStored(record);
  };
  const common = {
    id,
    "aria-invalid": Boolean(refusal),
    "aria-describedby": refusal ? `${id}-error` : undefined,
  };

  return (
    <div class="property attribute" title={description || undefined}>
      <dt>{may("contacts.edit") && editable ? <label for={id}>{label}</label> : label}</dt>
      <dd>
        {!may("contacts.edit") || !editable ? (
          <AttributeValue attribute={attribute} value={value} />
        ) : type === "boolean" || type === "choice" ? (
          <select
            {...common}
            class="subject-field"
            value={shown}
            onChange={({ currentTarget }) => void save(typedValue(attribute, currentTarget.value))}
          >
            <option value="">{text.none}</option>
            {(type === "boolean" ? ["true", "false"] : choices).map((one) => (
              <option key={one} value={one}>
                {type === "boolean" ? inWords(attribute, one === "true") : one}
              </option>
            ))}
            {type === "choice" && shown && !choices.includes(shown) && (
              <option value={shown}>{shown}</option>
            )}
          </select>
        ) : (
          <input
            {...common}
            ref={field}
            class="subject-field"
            {...control(type)}
            dir="auto"
            autoComplete="off"
            placeholder={text.addValue}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
            onBlur={() => void save(typedValue(attribute, typed))}
            onKeyDown={(event) => {
              if (isComposing(event)) return;
              if (event.key === "Enter") event.currentTarget.blur();
              if (event.key === "Escape") {
                event.stopPropagation();
                setTyped(shown);
                setRefusal("");
              }
            }}
          />
        )}
        {refusal && (
          <p class="attribute-error" id={`${id}-error`} role="alert">
            {refusal}
          </p>
        )}
      </dd>
    </div>
  );
}

/** A value to read. */
export function AttributeValue({
  attribute,
  value,
}: {
  attribute: AttributeRecord;
  value: Value | undefined;
}) {
  if (value === undefined) return <span class="faint">{text.none}</span>;
  const address = addressOf(attribute, value);
  if (address) {
    return (
      <a href={address} target="_blank" rel="noopener noreferrer nofollow" dir="ltr">
        {address}
      </a>
    );
  }
  return <bdi>{inWords(attribute, value)}</bdi>;
}
