/** Every feature of the console: a new one is added here, and nowhere else outside its folder. */
import type { Feature } from "../shell/registry";
import { AGENTS } from "./agents/feature";
import { API_KEYS } from "./api_keys/feature";
import { CONTACTS } from "./contacts/feature";
import { CONVERSATIONS } from "./conversations/feature";
import { DRAFTS } from "./drafts/feature";
import { HISTORY } from "./history/feature";
import { JOBS } from "./jobs/feature";
import { MENTIONS } from "./mentions/feature";
import { MESSAGES } from "./messages/feature";
import { NOTIFICATIONS } from "./notifications/feature";
import { SAVED_REPLIES } from "./saved_replies/feature";
import { SEARCH } from "./search/feature";
import { SETTINGS } from "./settings/feature";
import { TAGS } from "./tags/feature";
import { TEAMS } from "./teams/feature";
import { WEBHOOKS } from "./webhooks/feature";

/** In this order the screens stand in the rail, and the first one is what an agent comes to. */
export const FEATURES: readonly Feature[] = [
  MESSAGES,
  CONVERSATIONS,
  NOTIFICATIONS,
  CONTACTS,
  SEARCH,
  AGENTS,
  SAVED_REPLIES,
  TAGS,
  TEAMS,
  JOBS,
  API_KEYS,
  WEBHOOKS,
  SETTINGS,
  HISTORY,
  MENTIONS,
  DRAFTS,
];
