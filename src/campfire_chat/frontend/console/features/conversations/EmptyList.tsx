import { text } from "./strings";
import { choose, filter, status, view } from "./lists";

/** Says why the list is empty and what to do about it. */
export function EmptyList() {
  const { empty } = text;
  const having = status.value;
  let said: { title: string; help: string; action?: string };
  if (filter.value.trim()) said = empty.filtered;
  else if (having !== "open") said = empty[having];
  else said = empty[view.value];
  const action = () => {
    choose(view.peek() === "mine" ? "unassigned" : "all", "open");
  };
  return (
    <div class="empty">
      <p class="empty-title">{said.title}</p>
      <p>{said.help}</p>
      {said.action && (
        <button type="button" class="button" onClick={action}>
          {said.action}
        </button>
      )}
      {said === empty.filtered && (
        <button type="button" class="button" onClick={() => (filter.value = "")}>
          {text.filterClear}
        </button>
      )}
    </div>
  );
}
