import { navigate, path } from "../../shell/router";

/** `#/search`. What is sought is no part of it: addresses are kept, shown and sent on. */
export const PATH = "search";

export const isShown = (): boolean => path.peek()[0] === PATH;

export const goToSearch = (): void => navigate(`#/${PATH}`);
