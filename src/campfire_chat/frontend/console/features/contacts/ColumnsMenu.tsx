import { Picker } from "../../ui/Picker";
import { columnName, columns, possibleColumns, toggleColumn } from "./columns";
import { text } from "./strings";

/** Which columns the list has beside the name. */
export function ColumnsMenu() {
  return (
    <Picker
      id="contact-columns"
      label={text.columns}
      multiple
      options={possibleColumns.value.map((name) => ({
        key: name,
        label: columnName(name),
        selected: columns.value.includes(name),
      }))}
      onPick={toggleColumn}
    />
  );
}
