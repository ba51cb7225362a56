import { encode } from "./json";
import type { Problem } from "./types";

/**
 * What a request was refused with, from a problem document or an `error` frame.
 *
 * `status` is 0 when no answer came at all (code `network`) and for `error` frames.
 */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
    /** Whether repeating the same request can never succeed. */
    readonly final: boolean,
    readonly field: string | null = null,
    /** Seconds after which a repetition makes sense; 0 when not known. */
    readonly retryAfter: number = 0,
  ) {
    super(message);
  }
}

export interface ApiOptions {
  /** The mount path with its trailing slash, absolute: `https://shop.example/support/`. */
  base: string;
  /** The visitor's token; agents leave it out and are known by the host's session. */
  token?: () => string | null;
  /**
   * Whom the page was opened for, as `agent:<id>`: the server refuses to act as, or to show things
   * to, whoever else the browser's cookies name by then.
   */
  person?: () => string | null;
  /** Called on 401; when it resolves to true the request is repeated once. */
  onUnauthorized?: () => Promise<boolean>;
}

export type Query = Record<string, string | number | null | undefined>;

export interface RequestOptions {
  query?: Query;
  body?: unknown;
  signal?: AbortSignal | null;
}

/** The REST interface: every method resolves to the decoded JSON or rejects with `ApiError`. */
export interface Api {
  readonly base: string;
  request<T>(method: string, path: string, options?: RequestOptions): Promise<T>;
  get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T>;
  post<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T>;
  patch<T>(path: string, body?: unknown): Promise<T>;
  put<T>(path: string, body?: unknown): Promise<T>;
  del<T>(path: string): Promise<T>;
}

export function createApi({ base, token, person, onUnauthorized }: ApiOptions): Api {
  async function request<T>(
    method: string,
    path: string,
    options: RequestOptions = {},
    repeated = false,
  ): Promise<T> {
    const { query, body, signal = null } = options;
    const url = new URL("api/v1/" + path.replace(/^\//, ""), base);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value != null) url.searchParams.set(name, String(value));
    }
    const headers: Record<string, string> = {};
    const bearer = token?.();
    if (bearer) headers["Authorization"] = "Bearer " + bearer;
    const named = person?.();
    if (named) headers["Campfire-Person"] = encodeURIComponent(named);
    if (body !== undefined) headers["Content-Type"] = "application/json";

    const response = await fetch(url, {
      method,
      headers,
      signal,
      cache: "no-store",
      body: body === undefined ? null : encode(body),
    }).catch((cause) => {
      throw signal?.aborted ? cause : new ApiError("network", 0, "", false);
    });
    // What is no JSON is a proxy's error page: the status says enough.
    const answer: unknown = await response.json().catch(() => null);
    if (response.ok) return answer as T;
    const { status } = response;
    if (status === 401 && !repeated && (await onUnauthorized?.())) {
      return request<T>(method, path, options, true);
    }
    const { code, detail, field, retry_after } = (answer ?? {}) as Partial<Problem>;
    throw new ApiError(
      code ?? "http_" + status,
      status,
      detail ?? response.statusText,
      // What a client did wrong stays wrong; who it is and when it asks may change.
      status >= 400 && status < 500 && ![401, 408, 425, 429].includes(status),
      field,
      retry_after ?? Number(response.headers.get("Retry-After")),
    );
  }

  return {
    base,
    request,
    get: (path, query = {}, signal) => request("GET", path, { query, ...(signal && { signal }) }),
    post: (path, body = {}, signal) => request("POST", path, { body, ...(signal && { signal }) }),
    patch: (path, body) => request("PATCH", path, { body }),
    put: (path, body) => request("PUT", path, { body }),
    del: (path) => request("DELETE", path),
  };
}
