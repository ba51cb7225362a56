import type { Availability } from "../../common/types";
import { showPicture } from "../../common/pictures";
import { hue, initials } from "./format";
import { text } from "./strings";

interface Props {
  id: string;
  name: string;
  url: string | null;
  size?: "small" | "medium" | "large";
  availability?: Availability | null;
  title?: string;
}

/** Initials on a colour of their own, and a face before them once it is there. Decorative: the name
 * stands beside it. */
export function Avatar({ id, name, url, size = "medium", availability, title }: Props) {
  return (
    <span class={`avatar ${size}`} style={{ "--hue": String(hue(id)) }} title={title}>
      <span class="initials" aria-hidden="true">
        {initials(name)}
      </span>
      {url && <img alt="" hidden ref={(image) => void (image && showPicture(image, url))} />}
      {availability && (
        <span class={`presence ${availability}`}>
          <span class="hidden">{text.availability[availability]}</span>
        </span>
      )}
    </span>
  );
}
