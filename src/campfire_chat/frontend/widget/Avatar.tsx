import type { Availability } from "../common/types";
import { createChunk } from "../common/chunk";
import { text } from "./strings";

const pictures = createChunk(() => import("../common/pictures"));

function show(image: HTMLImageElement, url: string): void {
  void pictures.load().then(({ showPicture }) => showPicture(image, url));
}

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
        <img alt="" hidden ref={(image) => void (image && show(image, url))} />
      )}
      {availability && <i class={"dot " + availability} />}
    </span>
  );
}
