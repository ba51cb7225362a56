import { useEffect, useState } from "preact/hooks";
import { showPicture } from "../../../common/pictures";

/** Milliseconds without a key, after which an address counts as written to its end. */
const PAUSE = 400;

/** Whether the server would take it as the address of a picture. */
const isAddress = (url: string): boolean => /^(https:\/\/[^/\s]|\/(?!\/))\S*$/.test(url);

/** The picture of an address that somebody may be typing; nothing until it is there. */
export function Picture({ url }: { url: string }) {
  const [written, setWritten] = useState(url);
  useEffect(() => {
    const timer = setTimeout(() => setWritten(url), PAUSE);
    return () => clearTimeout(timer);
  }, [url]);
  if (!isAddress(written)) return null;
  return (
    <img key={written} alt="" hidden ref={(image) => void (image && showPicture(image, written))} />
  );
}
