import type { Availability } from "../shared/types";
import { text } from "./messages";

interface Props {
  /** Nobody in particular: the team. */
  person: { name: string | null; avatar_url: string | null } | null | undefined;
  availability?: Availability;
}

/** A picture, or the first letter of a name. */
export function Avatar({ person, availability }: Props) {
  const url = person?.avatar_url;
  return (
    <span class="avatar" aria-hidden="true">
      {url ? <img src={url} alt="" /> : [...(person?.name ?? text.agent)][0]}
      {availability && <i class={"dot " + availability} />}
    </span>
  );
}
