// Files on their way to the core: streamed by the browser, followed by the core's own progress.
import type { Failure, Message } from "../contract/types";
import type { AppState } from "../state/app.svelte";
import { sentenceFor, sentenceOf } from "../state/failure";

/** What a file is sent as: a recording as a voice note, anything to be viewed once. */
export interface As {
  voice?: boolean;
  once?: boolean;
}

export async function send(app: AppState, chat: string, file: File, as: As = {}): Promise<void> {
  const id = crypto.randomUUID();
  const way = new AbortController();
  const stop = (): void => way.abort();
  const again = (): void => {
    app.transfers.end(id);
    void send(app, chat, file, as);
  };
  app.transfers.begin({
    id,
    chat,
    name: file.name,
    done: 0,
    total: file.size,
    begun: false,
    paused: false,
    failure: null,
    again,
    stop,
  });
  const query = new URLSearchParams({ name: file.name, transfer: id });
  if (as.voice) query.set("voice", "");
  if (as.once) query.set("once", "");
  try {
    const answer = await fetch(`/files/${chat}?${query}`, { method: "POST", body: file, signal: way.signal });
    const said = (await answer.json()) as Message | Failure;
    if ("kind" in said) app.transfers.fail(id, sentenceOf(said.error, said.sentence));
    else app.transfers.end(id);
  } catch (error) {
    app.transfers.fail(id, sentenceFor(error));
  }
}
