import { computed } from "@preact/signals";
import { me } from "./session";

/**
 * Whether this agent has a permission; null is something that everybody may do. The page only
 * decides what to offer by it: the server checks each request.
 */
export const may = (permission: string | null): boolean =>
  permission === null || Boolean(me.value?.permissions.includes(permission));

/** Whether this agent may change conversations. */
export const canManage = computed(() => may("conversations.manage"));
