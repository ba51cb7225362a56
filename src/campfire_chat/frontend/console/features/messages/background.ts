import type { Background } from "../../shell/registry";
import { loadDrafts, watchLeaving } from "./composer";
import { watchReading } from "./reading";
import { startSending } from "./sending";

export const BACKGROUND: Background = {
  prepare() {
    loadDrafts();
    startSending();
  },
  begin() {
    watchReading();
    watchLeaving();
  },
};
