// JSON-RPC 2.0 over a transport, typed by the contract.
import { Bundles } from "./bundles";
import type { OpenTransport, Transport } from "./transport";
import type { Contract } from "./types";

export type Methods = Contract["methods"];
export type Name = keyof Methods;
export type Params<N extends Name> = Methods[N]["params"];
export type Result<N extends Name> = Methods[N]["result"];
export type Event = Contract["event"];

/** The core could not do what was asked; `kind` names the reason, `message` is its own sentence. */
export class Refused extends Error {
  constructor(
    readonly kind: string,
    sentence: string,
  ) {
    super(sentence);
  }
}

/** The core is not there; whether the call was carried out is not known. */
export class Away extends Error {}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface Incoming {
  id?: number | null;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { code: number; message: string; data?: { kind?: string } };
}

export class Rpc {
  #transport: Transport;
  #waiting = new Map<number, Waiting>();
  #last = 0;
  #there = false;
  #events = new Bundles<Event>((event) => this.heard.event(event));

  constructor(
    open: OpenTransport,
    private readonly heard: { event(event: Event): void; there(there: boolean): void },
  ) {
    this.#transport = open({
      text: (text) => this.#take(JSON.parse(text) as Incoming),
      opened: () => this.#be(true),
      closed: () => this.#be(false),
    });
  }

  /** Carries out a method in the core; rejects with `Refused` or `Away`. */
  call<N extends Name>(method: N, params: Params<N>): Promise<Result<N>> {
    if (!this.#there) return Promise.reject(new Away(method));
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#transport.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }

  close(): void {
    this.#transport.close();
  }

  #be(there: boolean): void {
    this.#events.flush();
    this.#there = there;
    if (!there) {
      for (const { reject } of this.#waiting.values()) reject(new Away("gone"));
      this.#waiting.clear();
    }
    this.heard.there(there);
  }

  #take(said: Incoming): void {
    if (said.method === "event") {
      this.#events.add(said.params as Event);
      return;
    }
    this.#events.flush();
    const waiting = said.id == null ? undefined : this.#waiting.get(said.id);
    if (waiting === undefined) return;
    this.#waiting.delete(said.id as number);
    if (said.error) waiting.reject(new Refused(said.error.data?.kind ?? "", said.error.message));
    else waiting.resolve(said.result);
  }
}
