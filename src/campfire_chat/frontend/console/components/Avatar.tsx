import { useState } from "preact/hooks";
import type { Availability } from "../../shared/types";
import { hue, initials } from "../format";
import { text } from "../messages";

interface Props {
  id: string;
  name: string;
  url: string | null;
  size?: "small" | "medium" | "large";
  availability?: Availability | null;
  title?: string;
}

/** A face, or the initials on a colour of their own. Decorative: the name stands beside it. */
export function Avatar({ id, name, url, size = "medium", availability, title }: Props) {
  const [broken, setBroken] = useState<string | null>(null);
  return (
    <span class={`avatar ${size}`} style={{ "--hue": String(hue(id)) }} title={title}>
      {url && broken !== url ? (
        <img src={url} alt="" loading="lazy" onError={() => setBroken(url)} />
      ) : (
        <span class="initials" aria-hidden="true">
          {initials(name)}
        </span>
      )}
      {availability && (
        <span class={`presence ${availability}`}>
          <span class="hidden">{text.availability[availability]}</span>
        </span>
      )}
    </span>
  );
}
