import type { ContactRecord } from "../../../common/types";
import { AttributeField } from "./AttributeField";
import { attributes } from "./attributes";

interface Props {
  contact: ContactRecord;
  onStored: (record: ContactRecord) => void;
}

/** What else is known of a contact, in the order in which the attributes are declared. */
export function Attributes({ contact, onStored }: Props) {
  return (
    <dl class="attributes">
      {attributes.value.map((attribute) => (
        <AttributeField
          key={attribute.key}
          contact={contact}
          attribute={attribute}
          onStored={onStored}
        />
      ))}
    </dl>
  );
}
