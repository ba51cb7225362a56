import { ApiError } from "../../../common/api";
import type { Page, SearchHit } from "../../../common/types";
import { may } from "../../shell/permissions";
import { api } from "../../shell/session";

export type Sort = "best" | "newest";
export type Within = "messages" | "notes" | "conversations";

/** What is asked of the server. It is a body, so that no word of it is in the address. */
export interface Wanted {
  readonly q: string;
  readonly in?: readonly Within[];
  readonly sort?: Sort;
  readonly cursor?: string | null;
  readonly limit?: number;
}

export const mayFind = (): boolean => may("inbox.read") && may("conversations.read");

export const ask = (body: Wanted, signal?: AbortSignal): Promise<Page<SearchHit>> =>
  api.request("POST", "search", { body, signal });

/** With fewer letters the server finds too much. */
const FEWEST_LETTERS = 2;

/** What is found while somebody types: nothing, as long as it is no whole search. */
export async function found(
  typed: string,
  within: readonly Within[],
  most: number,
  signal: AbortSignal,
): Promise<readonly SearchHit[]> {
  if ([...typed.trim()].length < FEWEST_LETTERS || !mayFind()) return [];
  try {
    return (await ask({ q: typed, in: within, limit: most }, signal)).items;
  } catch (error) {
    // Half an operator, such as `status:op`, is on its way to a whole one.
    if (error instanceof ApiError && error.code === "invalid_search") return [];
    throw error;
  }
}
