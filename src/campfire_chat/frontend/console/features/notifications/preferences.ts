import { preference } from "../../shell/preferences";

const isFlag = (value: unknown): value is boolean => typeof value === "boolean";

/** Whether a new notification makes a sound, and whether it is shown on the desktop. */
export const sound = preference("notify_sound", true, isFlag);
export const desktop = preference("notify_desktop", false, isFlag);
