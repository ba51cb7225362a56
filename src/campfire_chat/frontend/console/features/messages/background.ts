import type { Background } from "../../shell/registry";
import { watchLeaving } from "./composer";
import { watchReading } from "./reading";
import { startSending } from "./sending";

export const BACKGROUND: Background = {
  prepare() {
    startSending();
  },
  begin() {
    watchReading();
    watchLeaving();
  },
};
