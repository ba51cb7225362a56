import type { Availability } from "../shared/types";
import { showPicture } from "../shared/pictures";
import { text } from "./messages";

interface Props {
  /** Nobody in particular: the team. */
  person: { name: string | null; avatar_url: string | null } | null | undefined;
  availability?: Availability | undefined;
}

/** The first letter of a name, and a picture before it once that is there. */
export function Avatar({ person, availability }: Props) {
  const url = person?.avatar_url;
  return (
    <span class="avatar" aria-hidden="true">
      {[...(person?.name ?? text.agent)][0]}
      {url && (
        <img alt="" hidden ref={(image) => void (image && showPicture(image, url))} />
      )}
      {availability && <i class={"dot " + availability} />}
    </span>
  );
}
