import { useState } from "preact/hooks";
import { isComposing } from "../../../common/keyboard";
import type { AttributeRecord } from "../../../common/types";
import { attributes } from "./attributes";
import { control, inWords, typedValue } from "./attributeValues";
import { chooseAttribute, condition } from "./contacts";
import { text } from "./strings";

/** Leaves only the contacts of whom an attribute has a value. */
export function AttributeFilter() {
  const [key, setKey] = useState(condition.value?.key ?? "");
  if (!attributes.value.length) return null;
  const attribute = attributes.value.find((one) => one.key === key);
  return (
    <>
      <select
        class="order"
        aria-label={text.filter}
        value={attribute ? key : ""}
        onChange={({ currentTarget }) => {
          setKey(currentTarget.value);
          chooseAttribute(null);
        }}
      >
        <option value="">{text.anyValues}</option>
        {attributes.value.map((one) => (
          <option key={one.key} value={one.key}>
            {one.label}
          </option>
        ))}
      </select>
      {attribute && <FilterValue key={key} attribute={attribute} />}
    </>
  );
}

function FilterValue({ attribute }: { attribute: AttributeRecord }) {
  const { key, label, type, choices } = attribute;
  const chosen = condition.value?.key === key ? String(condition.value.value) : "";
  const choose = (typed: string) => {
    const value = typedValue(attribute, typed);
    chooseAttribute(value === null ? null : { key, value });
  };
  if (type === "boolean" || type === "choice") {
    return (
      <select
        class="order"
        aria-label={text.valueOf(label)}
        value={chosen}
        onChange={({ currentTarget }) => choose(currentTarget.value)}
      >
        <option value="">{text.anyValue}</option>
        {(type === "boolean" ? ["true", "false"] : choices).map((one) => (
          <option key={one} value={one}>
            {type === "boolean" ? inWords(attribute, one === "true") : one}
          </option>
        ))}
      </select>
    );
  }
  return (
    <input
      class="order"
      {...control(type)}
      aria-label={text.valueOf(label)}
      placeholder={text.anyValue}
      autoComplete="off"
      dir="auto"
      defaultValue={chosen}
      onChange={({ currentTarget }) => choose(currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !isComposing(event)) choose(event.currentTarget.value);
      }}
    />
  );
}
