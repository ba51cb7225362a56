import { en, type Strings } from "./strings.en";

/** Whom the panel shows while no agent is assigned, if the organisation says it. */
interface Team {
  team?: { name: string | null; avatar_url: string | null };
}

export type Words = Strings & Team;

/**
 * The words that are shown. Each language is a file beside this one, with the type of the English
 * one. There is one in each bundle, since its budget has no room for two: another language is
 * another bundle.
 */
export const text: Words = en;
