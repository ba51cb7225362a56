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
    /** Seconds after which a repetition makes sense. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

export interface ApiOptions {
  /** The mount path with its trailing slash, absolute: `https://shop.example/support/`. */
  base: string;
  /** The visitor's token; agents leave it out and are known by the host's session. */
  token?: () => string | null;
  /** Called on 401; when it resolves to true the request is repeated once. */
  onUnauthorized?: () => Promise<boolean>;
}

export type Query = Record<string, string | number | null | undefined>;

export interface RequestOptions {
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
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

export function createApi({ base, token, onUnauthorized }: ApiOptions): Api {
  async function request<T>(
    method: string,
    path: string,
    options: RequestOptions = {},
    repeated = false,
  ): Promise<T> {
    const { query, body, signal } = options;
    const url = new URL("api/v1/" + path.replace(/^\//, ""), base);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value != null) url.searchParams.set(name, String(value));
    }
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const bearer = token?.();
    if (bearer) headers["Authorization"] = "Bearer " + bearer;

    let response: Response;
    let decoded: unknown = null;
    try {
      response = await fetch(url, {
        method,
        headers,
        credentials: "same-origin",
        cache: "no-store",
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      });
      const text = await response.text();
      decoded = text ? parse(text) : null;
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new ApiError("network", 0, "The server could not be reached.", false);
    }
    if (response.ok) return decoded as T;
    if (response.status === 401 && !repeated && (await onUnauthorized?.())) {
      return request<T>(method, path, options, true);
    }
    throw problem(response, decoded as Partial<Problem> | null);
  }

  return {
    base,
    request,
    get: (path, query, signal) =>
      request("GET", path, { ...(query && { query }), ...(signal && { signal }) }),
    post: (path, body, signal) =>
      request("POST", path, { body: body ?? {}, ...(signal && { signal }) }),
    patch: (path, body) => request("PATCH", path, { body }),
    put: (path, body) => request("PUT", path, { body }),
    del: (path) => request("DELETE", path),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's HTML error page: the status says enough.
    return null;
  }
}

function problem(response: Response, body: Partial<Problem> | null): ApiError {
  const { status } = response;
  const seconds = body?.retry_after ?? Number(response.headers.get("Retry-After") ?? NaN);
  return new ApiError(
    body?.code ?? "http_" + status,
    status,
    body?.detail ?? body?.title ?? response.statusText,
    // What a client did wrong stays wrong; who it is and when it asks may change.
    status >= 400 && status < 500 && ![401, 408, 425, 429].includes(status),
    body?.field ?? null,
    Number.isFinite(seconds) ? seconds : null,
  );
}
