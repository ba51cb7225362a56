import { encode } from "./json";
import type { ErrorCode, Problem } from "./types";

/** What the server says, or that it has said nothing, or nothing that can be read. */
export type ApiCode =
  | ErrorCode
  | "network"
  | "timeout"
  | "disconnected"
  | `http_${number}`;

/**
 * What a request was refused with, from a problem document or an `error` frame.
 *
 * `status` is 0 when no answer came at all (code `network`) and for `error` frames.
 */
export class ApiError extends Error {
  constructor(
    readonly code: ApiCode,
    readonly status: number,
    message: string,
    /** Whether repeating the same request can never succeed. */
    readonly final: boolean,
    readonly field: string | null = null,
    /** Seconds after which a repetition makes sense; 0 when not known. */
    readonly retryAfter: number = 0,
    /** What a program needs to go on; the code says what is in it. */
    readonly details?: Problem["details"],
  ) {
    super(message);
  }
}

export interface ApiOptions {
  /** The mount path with its trailing slash, absolute: `https://shop.example/support/`. */
  base: string;
  /** The visitor's token; agents leave it out and are known by the host's session. */
  token?: () => string | null;
  /** What else each request says. */
  headers?: () => Record<string, string>;
  /** Called on 401; when it resolves to true the request is repeated once. */
  onUnauthorized?: () => Promise<boolean>;
}

export type Query = Record<string, string | number | null | undefined>;

export interface RequestOptions {
  query?: Query | undefined;
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** It goes on when the page is left. Chromium takes 64 KiB of such bodies at once. */
  keepalive?: boolean;
}

/** The REST interface: every method resolves to the decoded JSON or rejects with `ApiError`. */
export interface Api {
  readonly base: string;
  request<T>(method: string, path: string, options?: RequestOptions): Promise<T>;
  get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
}

export function createApi({ base, token, headers: more, onUnauthorized }: ApiOptions): Api {
  async function request<T>(
    method: string,
    path: string,
    options: RequestOptions = {},
    repeated = false,
  ): Promise<T> {
    const { query, body, signal } = options;
    const url = new URL("api/v1/" + path, base);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value != null) url.searchParams.set(name, String(value));
    }
    const headers: Record<string, string> = { ...more?.() };
    const bearer = token?.();
    if (bearer) headers["Authorization"] = "Bearer " + bearer;
    if (body !== undefined) headers["Content-Type"] = "application/json";

    const unheard = (cause: unknown): never => {
      throw signal?.aborted ? cause : new ApiError("network", 0, "", false);
    };
    const response = await fetch(url, {
      ...(options as RequestInit),
      method,
      headers,
      cache: "no-store",
      body: body === undefined ? null : encode(body),
    }).catch(unheard);
    // An error that is no JSON is a proxy's page: the status says enough. A success that cannot be
    // read was cut off on its way.
    const answer: unknown = await response
      .json()
      .catch((cause) => (response.ok ? unheard(cause) : null));
    if (response.ok) return answer as T;
    const { status } = response;
    if (status === 401 && !repeated && (await onUnauthorized?.())) {
      return request<T>(method, path, options, true);
    }
    const problem = (answer ?? {}) as Partial<Problem>;
    throw new ApiError(
      (problem.code ?? "http_" + status) as ApiCode,
      status,
      problem.detail ?? response.statusText,
      // What a client did wrong stays wrong; who it is and when it asks may change.
      /^4(?!01|08|25|29)/.test("" + status),
      problem.field,
      problem.retry_after ?? Number(response.headers.get("Retry-After")),
      problem.details,
    );
  }

  return {
    base,
    request,
    get: (path, query, signal) => request("GET", path, { query, signal }),
    post: (path, body = {}) => request("POST", path, { body }),
  };
}
