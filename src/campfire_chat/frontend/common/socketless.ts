/** What the connection needs while it has no socket: loaded on need, as one part. */
export { createPoller } from "./poll";
export { requestByRest } from "./rest";
