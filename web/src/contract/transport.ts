// The one place that knows how the page reaches the core. Today a socket to the local process; a worker can take its
// place, as long as it carries texts both ways and says when it is there.

export interface Transport {
  send(text: string): void;
  close(): void;
}

export interface TransportEvents {
  text(text: string): void;
  opened(): void;
  closed(): void;
}

export type OpenTransport = (events: TransportEvents) => Transport;

const FIRST_WAIT = 250;
const LONGEST_WAIT = 5_000;
/** Milliseconds after which a socket that has neither opened nor failed is given up. */
const PATIENCE = 10_000;

/** Keeps a WebSocket to the local process, and opens it again with growing, jittered pauses when it is gone. */
export const openSocket: OpenTransport = (events) => {
  let socket: WebSocket | undefined;
  let wait = FIRST_WAIT;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;

  const open = (): void => {
    const opening = new WebSocket(`ws://${location.host}/rpc`);
    socket = opening;
    const hanging = setTimeout(() => opening.close(), PATIENCE);
    opening.onopen = () => {
      clearTimeout(hanging);
      wait = FIRST_WAIT;
      events.opened();
    };
    opening.onmessage = ({ data }) => events.text(String(data));
    opening.onclose = () => {
      clearTimeout(hanging);
      socket = undefined;
      events.closed();
      if (!ended) timer = setTimeout(open, wait * (0.5 + Math.random()));
      wait = Math.min(wait * 2, LONGEST_WAIT);
    };
  };
  open();
  return {
    send: (text) => socket?.send(text),
    close: () => {
      ended = true;
      clearTimeout(timer);
      socket?.close();
    },
  };
};
