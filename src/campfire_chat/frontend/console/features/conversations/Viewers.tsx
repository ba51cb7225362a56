import { participantName } from "../../ui/format";
import { text } from "./strings";
import { thread } from "../messages/thread";
import { Avatar } from "../../ui/Avatar";
import { Icon } from "../../ui/Icon";

/** The colleagues who have the same conversation open. */
export function Viewers() {
  const viewers = thread.value?.viewers.value ?? [];
  if (!viewers.length) return null;
  const names = text.looking(viewers.map(participantName).join(", "));
  return (
    <span class="viewers" role="img" aria-label={names} title={names}>
      <Icon name="eye" size={15} />
      {viewers.slice(0, 3).map((viewer) => (
        <Avatar
          key={viewer.id}
          id={viewer.id}
          name={participantName(viewer)}
          url={viewer.avatar_url}
          size="small"
        />
      ))}
      {viewers.length > 3 && <span class="viewers-more">+{viewers.length - 3}</span>}
    </span>
  );
}
