import { Picker } from "../../ui/Picker";
import { COLUMNS, columns, toggleColumn } from "./columns";
import { text } from "./strings";

/** Which columns the list has beside the name. */
export function ColumnsMenu() {
  return (
    <Picker
      id="contact-columns"
      label={text.columns}
      multiple
      options={COLUMNS.map((name) => ({
        key: name,
        label: text.columnNames[name],
        selected: columns.value.includes(name),
      }))}
      onPick={toggleColumn}
    />
  );
}
