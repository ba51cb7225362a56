import type { PrincipalRecord } from "../../shared/types";
import { me } from "./session";

/** What the server tells of an agent; one of before permissions had names tells the role only. */
type Permitted = PrincipalRecord & { readonly permissions?: readonly string[] };

/**
 * Whether this agent has a permission. The page only decides what to show by it: the server checks
 * each request. Where the server names no permissions, whatever needs one is for admins and owners.
 */
export function may(permission: string | null): boolean {
  const self: Permitted | null = me.value;
  if (permission === null || !self) return permission === null;
  return self.permissions?.includes(permission) ?? (self.role === "admin" || self.role === "owner");
}
