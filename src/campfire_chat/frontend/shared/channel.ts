/** What the tabs of one browser tell each other. */
export interface Channel<T> {
  post(message: T): void;
  close(): void;
}

/**
 * A BroadcastChannel that never throws: where the browser has none, or refuses it, nothing is
 * heard, and what the tabs need to know has to be found out by looking.
 */
export function createChannel<T>(name: string, heard: (message: T) => void): Channel<T> {
  let channel: BroadcastChannel | null = null;
  try {
    channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }: MessageEvent<T>) => heard(data);
  } catch {
    // There is nobody to talk to.
  }
  return {
    post(message) {
      try {
        channel?.postMessage(message);
      } catch {
        channel = null;
      }
    },
    close: () => channel?.close(),
  };
}
