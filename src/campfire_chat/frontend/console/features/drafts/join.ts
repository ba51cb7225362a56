import type { Draft, KeptDraft } from "./drafts";

/**
 * One text out of two that grew apart: on this device, which the server has not been told yet, and
 * on another one. Nothing of either is lost.
 */
export function join(here: string, there: string): string {
  if (here.includes(there)) return here;
  if (there.includes(here)) return there;
  return `${there}\n${here}`;
}

export const hasText = ({ reply, note }: Draft): boolean => Boolean(reply || note);

export const isSame = (one: Draft, other: Draft): boolean =>
  one.mode === other.mode &&
  one.reply === other.reply &&
  one.note === other.note &&
  one.quoting === other.quoting;

/** A draft of this device together with the one that is on the server. */
export function merge(here: KeptDraft, there: KeptDraft): KeptDraft {
  if (!here.due) return hasText(there) ? there : { ...there, mode: here.mode };
  // This device wrote it, and the answer got lost: what has been taken out since stays out.
  const own = here.told.some((text) => isSame(text, there));
  const both: KeptDraft = {
    ...here,
    ...(!own && {
      reply: join(here.reply, there.reply),
      note: join(here.note, there.note),
      quoting: here.quoting ?? there.quoting,
    }),
    base: there.base,
    told: [],
  };
  return { ...both, due: !isSame(both, there) };
}
