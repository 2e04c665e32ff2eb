// All that the window knows: whether the core is there, the profile, the chats, the open conversation, what is under way.
import { SvelteMap } from "svelte/reactivity";
import type { Event, Name, Params, Result } from "../contract/rpc";
import { Rpc } from "../contract/rpc";
import type { OpenTransport } from "../contract/transport";
import type { Account, Applicant, Chat, Message, OpenProfile, Person, Request, Waiting } from "../contract/types";
import type { Key } from "../words/en";
import { t } from "../words/words.svelte";
import { Clock } from "./clock.svelte";
import { Conversation } from "./conversation.svelte";
import type { Core } from "./core";
import { Drafts } from "./drafts.svelte";
import { sentenceFor, sentenceOf } from "./failure";
import { Fetches } from "./fetches.svelte";
import { before, isMuted, listed, unreadIn } from "./listing";
import { Shelves } from "./shelves.svelte";
import { Transfers } from "./transfers.svelte";

export type Profile = Result<"profile">;

/** What lies over the window, one at a time. */
export type Dialog =
  | { kind: "add" }
  | { kind: "newGroup" }
  | { kind: "myLink" }
  | { kind: "settings" }
  | { kind: "relayKnows" }
  | { kind: "privacy" }
  | { kind: "devices" }
  | { kind: "storage" }
  | { kind: "poll"; chat: string }
  | { kind: "place"; chat: string }
  | { kind: "card"; chat: string }
  | { kind: "later"; chat: string }
  | { kind: "once"; chat: string; message: string }
  | { kind: "forward"; chat: string; messages: readonly string[] }
  | { kind: "shortcuts" }
  | { kind: "details"; chat: string }
  | { kind: "verify"; chat: string }
  | { kind: "homes"; chat: string }
  | { kind: "blocked" }
  | { kind: "starred" }
  | { kind: "profile" }
  | { kind: "pdf"; chat: string; message: string; name: string }
  | { kind: "gallery"; chat: string; message: string }
  | { kind: "shared"; chat: string };

/** The message up to which a chat was read; null: all of it. */
type Through = string | null;

export interface Note {
  id: number;
  text: string;
}

const NOTES = 4;
/** Milliseconds between two notes that a chat was read. */
const MARKING = 250;
/** Characters from which on messages are searched, and how many are shown. */
const SHORTEST_QUERY = 2;
const FOUND = 50;
/** Milliseconds after which the core is asked once more what it could not answer. */
const AGAIN = 1_000;
/** Milliseconds after which somebody who said that they write has stopped. */
const TYPING = 10_000;

export class AppState implements Core {
  there = $state(true);
  profile = $state.raw<Profile | null>(null);
  relays = new SvelteMap<string, boolean>();
  chats = new SvelteMap<string, Chat>();
  requests = new SvelteMap<string, Request>();
  /** Who is writing, by chat. */
  typing = new SvelteMap<string, string>();
  open = $state.raw<Conversation | null>(null);
  dialog = $state.raw<Dialog | null>(null);
  /** What of a chat is being looked through, while it is. */
  shelves = $state.raw<Shelves | null>(null);
  notes = $state.raw<readonly Note[]>([]);
  query = $state("");
  /** The list shows what was put away. */
  archive = $state(false);
  foundMessages = $state.raw<readonly Message[]>([]);
  /** Where this newcomer stands in a busy relay's line. */
  line = $state.raw<Waiting | null>(null);
  /** Said aloud by a screen reader. */
  announced = $state("");
  readonly drafts = new Drafts(this);
  readonly transfers = new Transfers();
  readonly fetches = new Fetches(this);
  readonly clock = new Clock();
  readonly sorted = $derived([...this.chats.values()].sort(before));
  readonly found = $derived(listed(this.sorted, this.query, this.archive));
  readonly archived = $derived(this.sorted.filter((chat) => chat.archived));
  readonly people = $derived(this.sorted.flatMap((chat) => (chat.person === null ? [] : [chat.person])));
  readonly unread = $derived(unreadIn(this.sorted, this.clock.now));
  readonly account = $derived(this.profile?.kind === "open" ? (this.profile as OpenProfile).account : null);
  readonly relayAway = $derived([...this.relays.values()].some((connected) => !connected));
  #rpc: Rpc;
  #notes = 0;
  /** Chats that are being noted as read, and up to which message more was read since. */
  #marking = new Map<string, Through | undefined>();
  #typists = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(
    transport: OpenTransport,
    private readonly hooks: { arrived(chat: Chat | undefined, message: Message): void },
  ) {
    this.#rpc = new Rpc(transport, { event: (event) => this.#hear(event), there: (there) => this.#be(there) });
  }

  call<N extends Name>(method: N, params: Params<N>): Promise<Result<N>> {
    return this.#rpc.call(method, params);
  }

  /** Does something that may fail; the failure is shown, and undefined comes back. */
  async attempt<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      this.note(sentenceFor(error));
      return undefined;
    }
  }

  note(text: string): void {
    const id = ++this.#notes;
    this.notes = [...this.notes.filter((note) => note.text !== text), { id, text }].slice(-NOTES);
  }

  dismiss(id: number): void {
    this.notes = this.notes.filter((note) => note.id !== id);
  }

  /** Takes what I am called and look like from now on. */
  beCalled(account: Account): void {
    this.profile = { kind: "open", account };
  }

  // --- chats -------------------------------------------------------------------------------------------------

  async openChat(id: string): Promise<void> {
    if (this.open?.chat === id) return;
    this.drafts.take(id, this.chats.get(id)?.draft ?? "");
    const conversation = new Conversation(this, id);
    this.open = conversation;
    await this.attempt(conversation.load(this.chats.get(id)?.unread));
  }

  /** Opens a chat at a message that was found; one that is shown already is gone to. */
  async jump(message: Pick<Message, "chat" | "id">): Promise<void> {
    if (this.open?.chat === message.chat && this.open.find(message.id) !== undefined) {
      this.open.target = { id: message.id };
      return;
    }
    const [conversation, before] = [new Conversation(this, message.chat), this.open];
    this.drafts.take(message.chat, this.chats.get(message.chat)?.draft ?? "");
    const loaded = await this.attempt(conversation.loadAround(message.id).then(() => true));
    if (loaded && this.open === before) this.open = conversation; // unless another chat was opened meanwhile
  }

  /** Looks for messages with the words of the query. */
  async search(): Promise<void> {
    const words = this.query.trim();
    const found =
      words.length < SHORTEST_QUERY ? [] : await this.attempt(this.call("search", { words, limit: FOUND, chat: null }));
    if (this.query.trim() === words) this.foundMessages = found ?? [];
  }

  /** Has what was sent in a chat be looked through. */
  shelve(chat: string): void {
    this.shelves = new Shelves(this, chat);
    this.dialog = { kind: "shared", chat };
  }

  /** Closes a dialog, if it is still the one that is open; what was opened from a chat's shelves leads back to them. */
  close(kind: Dialog["kind"]): void {
    if (this.dialog?.kind !== kind) return;
    const back = this.shelves !== null && (kind === "gallery" || kind === "pdf");
    this.dialog = back && this.shelves !== null ? { kind: "shared", chat: this.shelves.chat } : null;
    if (!back) this.shelves = null;
  }

  closeChat(): void {
    this.open = null;
  }

  /** Opens the chat so many places further down the list. */
  async step(by: number): Promise<void> {
    const at = this.found.findIndex((chat) => chat.id === this.open?.chat);
    const next = this.found[Math.min(Math.max(at + by, 0), this.found.length - 1)];
    if (next !== undefined) await this.openChat(next.id);
  }

  /** Mutes, pins or archives a chat, or no longer. */
  async arrange(work: Promise<Chat>): Promise<void> {
    const chat = await this.attempt(work);
    if (chat !== undefined) this.#take(chat);
  }

  /** Notes that a chat was read, all of it or up to a message; what follows meanwhile is noted after a pause, in one go. */
  async markRead(id: string, through: Through = null): Promise<void> {
    if ((this.chats.get(id)?.unread ?? 0) === 0) return;
    if (this.#marking.has(id)) {
      this.#marking.set(id, through);
      return;
    }
    this.#marking.set(id, undefined);
    await this.attempt(this.call("markRead", { chat: id, through }));
    setTimeout(() => {
      const more = this.#marking.get(id);
      this.#marking.delete(id);
      if (more !== undefined) void this.markRead(id, more);
    }, MARKING);
  }

  async refresh(): Promise<void> {
    const [chats, requests] = await Promise.all([this.call("chats", {}), this.call("requests", {})]);
    this.requests.clear();
    for (const request of requests) this.requests.set(request.id, request);
    const here = new Set(chats.map((chat) => chat.id));
    for (const id of [...this.chats.keys()]) if (!here.has(id)) this.chats.delete(id);
    for (const chat of chats) this.#take(chat);
    await this.open?.load();
  }

  // --- what happens ------------------------------------------------------------------------------------------

  #be(there: boolean): void {
    this.there = there;
    if (there) void this.#begin();
  }

  /** Asks what the profile is, until that is known: without it there is nothing that this window could show. */
  async #begin(): Promise<void> {
    const found = await this.attempt(this.call("profile", {}));
    if (found === undefined) {
      if (this.there) setTimeout(() => void this.#begin(), AGAIN);
      return;
    }
    this.#become(found);
    await this.attempt(this.drafts.saveAll());
  }

  #become(profile: Profile): void {
    this.profile = profile;
    this.line = null;
    if (profile.kind === "open") {
      void this.attempt(this.refresh());
    } else {
      this.chats.clear();
      this.relays.clear();
      this.open = null;
      this.dialog = this.shelves = null;
    }
  }

  #hear(event: Event): void {
    switch (event.kind) {
      case "messageArrived":
        this.#arrived(event.message);
        break;
      case "messageChanged":
        this.#changed(event.message);
        break;
      case "messageGone":
        this.#gone(event.chat, event.id);
        break;
      case "typing":
        this.#typing(event.chat, event.name, event.active);
        break;
      case "chatChanged":
        this.#take(event.chat);
        this.#askWhoWrites(event.chat.id);
        break;
      case "personChanged":
        this.#renamed(event.person);
        this.#askWhoWrites(event.person.id);
        break;
      case "deviceAppeared":
        this.note(t(deviceWords(event.person, event.returned), { name: event.person.name }));
        break;
      case "requestArrived":
        this.requests.set(event.request.id, event.request);
        break;
      case "applicantArrived":
        this.#asked(event.applicant);
        break;
      case "connectionChanged":
        this.relays.set(event.relay, event.connected);
        break;
      case "problem":
        this.note(sentenceOf(event.error, event.sentence));
        break;
      case "progress":
        this.transfers.progress(event.transfer, event.done, event.total);
        this.fetches.progress(event.transfer, event.done, event.total);
        break;
      case "waiting":
        this.line = event;
        break;
      case "profileChanged":
        this.#become(event.profile);
        break;
      case "missed":
        void this.attempt(this.refresh());
        break;
    }
  }

  #arrived(message: Message): void {
    this.typing.delete(message.chat);
    const chat = this.chats.get(message.chat);
    if (chat === undefined) void this.attempt(this.refresh());
    else this.chats.set(chat.id, { ...chat, last: message, unread: chat.unread + (message.unread ? 1 : 0) });
    if (this.open?.chat === message.chat) this.open.take(message);
    this.shelves?.take(message, true);
    const silent = chat !== undefined && isMuted(chat, Date.now()) && this.open?.chat !== chat.id;
    if (!message.mine && !silent) this.hooks.arrived(chat, message);
  }

  #asked(applicant: Applicant): void {
    const chat = this.chats.get(applicant.chat);
    if (chat === undefined) return;
    this.chats.set(chat.id, { ...chat }); // whoever shows it looks again who waits
    this.note(t("asksToEnter", { name: applicant.name || applicant.fingerprint, group: chat.title }));
  }

  #take(chat: Chat): void {
    this.chats.set(chat.id, chat);
    this.drafts.take(chat.id, chat.draft);
  }

  /** Rules, roles and who is blocked stand in no chat: they are asked for where one may be about to write. */
  #askWhoWrites(chat: string): void {
    if (this.open?.chat === chat) void this.open.askWhoWrites();
  }

  #gone(chat: string, id: string): void {
    if (this.open?.chat === chat) this.open.drop(id);
    this.shelves?.drop(id);
    if (this.chats.get(chat)?.last?.id === id) void this.attempt(this.refresh());
  }

  #typing(chat: string, name: string, active: boolean): void {
    clearTimeout(this.#typists.get(chat));
    if (!active) {
      this.typing.delete(chat);
      return;
    }
    this.typing.set(chat, name);
    this.#typists.set(
      chat,
      setTimeout(() => this.typing.delete(chat), TYPING),
    );
  }

  #renamed(person: Person): void {
    const chat = this.chats.get(person.id);
    if (chat === undefined) void this.attempt(this.refresh());
    else this.chats.set(chat.id, { ...chat, title: person.name, picture: person.picture, person });
  }

  #changed(message: Message): void {
    const chat = this.chats.get(message.chat);
    if (chat?.last?.id === message.id) this.chats.set(chat.id, { ...chat, last: message });
    if (this.open?.chat === message.chat) this.open.take(message);
    this.shelves?.take(message, false);
  }
}

function deviceWords(person: Person, returned: boolean): Key {
  if (!person.verified) return "deviceNew";
  return returned ? "deviceBackVerified" : "deviceNewVerified";
}
