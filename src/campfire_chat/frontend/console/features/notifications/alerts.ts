/** Tells of a new notification: by a sound, and on the desktop. Of several tabs one does it. */
import type { Notification as Told } from "../../../common/types";
import { participantName } from "../../ui/format";
import { shown } from "../mentions/mentions";
import { goToMessage } from "../messages/wanted";
import { go } from "../conversations/route";
import { desktop, sound } from "./preferences";
import { text } from "./strings";

/** Milliseconds that a tab in the background waits, so that one in sight comes first. */
const AFTER_VISIBLE = 300;
/** Milliseconds for which no other tab tells of the same. */
const HELD = 60_000;

export const sentence = (told: Told): string => text.kinds[told.kind](participantName(told.actor));

/** Goes to what it is about. */
export function open({ conversation_id, message_id }: Told): void {
  if (message_id) goToMessage(conversation_id, message_id);
  else go(conversation_id);
}

const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Tells of it, unless another tab of this browser does. */
export function alert(told: Told): void {
  void claim(`campfire:notification:${told.id}:${told.at}`, () => {
    if (sound.value.peek()) play();
    if (desktop.value.peek()) show(told);
  });
}

async function claim(name: string, tell: () => void): Promise<void> {
  const isHidden = document.visibilityState === "hidden";
  if (isHidden) await pause(AFTER_VISIBLE);
  try {
    await navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
      if (!lock) return;
      tell();
      await pause(HELD);
    });
  } catch {
    // Without locks each tab in sight tells of it: twice is better than never.
    if (!isHidden) tell();
  }
}

let audio: AudioContext | null = null;

/** Two short notes. A browser plays nothing before the first click or key on the page. */
function play(): void {
  try {
    audio ??= new AudioContext();
    const begin = audio.currentTime;
    for (const [note, after] of [
      [660, 0],
      [880, 0.12],
    ] as const) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = note;
      volume.gain.setValueAtTime(0.0001, begin + after);
      volume.gain.exponentialRampToValueAtTime(0.12, begin + after + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, begin + after + 0.24);
      tone.connect(volume).connect(audio.destination);
      tone.start(begin + after);
      tone.stop(begin + after + 0.26);
    }
    void audio.resume().catch(() => undefined);
  } catch {
    // A browser without sound.
  }
}

export const canShow = (): boolean => "Notification" in window;
export const isDenied = (): boolean => canShow() && Notification.permission === "denied";

/** Asks for the permission, from a click; whether it is given. */
export async function permitted(): Promise<boolean> {
  return canShow() && (await Notification.requestPermission()) === "granted";
}

/** On the desktop, while nobody looks at the console. */
function show(told: Told): void {
  if (!canShow() || Notification.permission !== "granted" || document.hasFocus()) return;
  try {
    const body = told.text === null ? "" : shown(told.text);
    const notice = new Notification(sentence(told), { body, tag: told.id });
    notice.onclick = () => {
      focus();
      open(told);
      notice.close();
    };
  } catch {
    // Browsers of phones show them only through a service worker.
  }
}
