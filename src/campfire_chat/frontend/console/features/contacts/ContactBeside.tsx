import { useEffect, useState } from "preact/hooks";
import { createChunk } from "../../../common/chunk";

export const besideCode = createChunk(() => import("./Beside"));

/** The part beside a conversation, once its code has arrived: the conversation does not wait for it. */
export function ContactBeside(props: { id: string; conversation: string }) {
  const [code, setCode] = useState(besideCode.ready);
  useEffect(() => {
    if (!code) void besideCode.load().then(setCode);
  }, []);
  return code && <code.Beside {...props} />;
}
