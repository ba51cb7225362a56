import type { Availability } from "../shared/types";

interface Props {
  name: string | null;
  url: string | null;
  availability?: Availability | null;
}

/** A picture, or the first letter of a name. */
export function Avatar({ name, url, availability }: Props) {
  return (
    <span class="avatar" aria-hidden="true">
      {url ? <img src={url} alt="" /> : [...(name ?? "")][0]?.toUpperCase()}
      {availability && <i class={availability} />}
    </span>
  );
}
