/* Generated from schema.json by `npm run types`: change the methods in src/havre/desk, not this. */

export interface Contract {
  event:
    | MessageArrived
    | MessageChanged
    | MessageGone
    | Typing
    | ChatChanged
    | PersonChanged
    | DeviceAppeared
    | RequestArrived
    | ApplicantArrived
    | ConnectionChanged
    | Problem
    | Progress
    | Waiting
    | ProfileChanged
    | Missed;
  failure: Failure | Upload;
  methods: {
    acceptRequest: {
      params: AcceptRequestParams;
      result: Chat;
    };
    addContact: {
      params: AddContactParams;
      result: Chat;
    };
    addHome: {
      params: AddHomeParams;
      result: Chat;
    };
    addMembers: {
      params: AddMembersParams;
      result: Group;
    };
    applicants: {
      params: ApplicantsParams;
      result: Applicant[];
    };
    archiveChat: {
      params: ArchiveChatParams;
      result: Chat;
    };
    block: {
      params: BlockParams;
      result: null;
    };
    cancelTransfer: {
      params: CancelTransferParams;
      result: null;
    };
    changePassphrase: {
      params: ChangePassphraseParams;
      result: null;
    };
    chats: {
      params: ChatsParams;
      result: Chat[];
    };
    clearChat: {
      params: ClearChatParams;
      result: null;
    };
    closeLink: {
      params: CloseLinkParams;
      result: Group;
    };
    closePoll: {
      params: ClosePollParams;
      result: Message;
    };
    context: {
      params: ContextParams;
      result: Message[];
    };
    createGroup: {
      params: CreateGroupParams;
      result: Chat;
    };
    decideOnApplicant: {
      params: DecideOnApplicantParams;
      result: Chat;
    };
    declineRequest: {
      params: DeclineRequestParams;
      result: null;
    };
    delete: {
      params: DeleteParams;
      result: Message;
    };
    deleteAccount: {
      params: DeleteAccountParams;
      result: null;
    };
    deleteForMe: {
      params: DeleteForMeParams;
      result: null;
    };
    describeGroup: {
      params: DescribeGroupParams;
      result: Chat;
    };
    devices: {
      params: DevicesParams;
      result: Devices;
    };
    edit: {
      params: EditParams;
      result: Message;
    };
    export: {
      params: ExportParams;
      result: Download;
    };
    fetchFile: {
      params: FetchFileParams;
      result: Fetched;
    };
    forgetViewed: {
      params: ForgetViewedParams;
      result: null;
    };
    forward: {
      params: ForwardParams;
      result: Message[];
    };
    group: {
      params: GroupParams;
      result: Group;
    };
    homes: {
      params: HomesParams;
      result: Home[];
    };
    joinAccount: {
      params: JoinAccountParams;
      result: NewProfile | LockedProfile | OpenProfile;
    };
    joinGroup: {
      params: JoinGroupParams;
      result: Chat;
    };
    leaveGroup: {
      params: LeaveGroupParams;
      result: Chat;
    };
    linkDevice: {
      params: LinkDeviceParams;
      result: Device;
    };
    lock: {
      params: LockParams;
      result: null;
    };
    lookAtDevice: {
      params: LookAtDeviceParams;
      result: Candidate;
    };
    markRead: {
      params: MarkReadParams;
      result: null;
    };
    mayWrite: {
      params: MayWriteParams;
      result: "admins" | "blocked" | "out" | "owner" | "yes";
    };
    messages: {
      params: MessagesParams;
      result: Message[];
    };
    muteChat: {
      params: MuteChatParams;
      result: Chat;
    };
    myLink: {
      params: MyLinkParams;
      result: Link;
    };
    newDevice: {
      params: NewDeviceParams;
      result: DeviceCode;
    };
    openLink: {
      params: OpenLinkParams;
      result: Group;
    };
    pauseTransfer: {
      params: PauseTransferParams;
      result: null;
    };
    pin: {
      params: PinParams;
      result: Message;
    };
    pinChat: {
      params: PinChatParams;
      result: Chat;
    };
    pinned: {
      params: PinnedParams;
      result: Message[];
    };
    previewLink: {
      params: PreviewLinkParams;
      result: Preview;
    };
    profile: {
      params: ProfileParams;
      result: NewProfile | LockedProfile | OpenProfile;
    };
    react: {
      params: ReactParams;
      result: Message;
    };
    refused: {
      params: RefusedParams;
      result: Refused[];
    };
    removeHome: {
      params: RemoveHomeParams;
      result: Chat;
    };
    removeMember: {
      params: RemoveMemberParams;
      result: Group;
    };
    rename: {
      params: RenameParams;
      result: Person;
    };
    renameDevice: {
      params: RenameDeviceParams;
      result: Device;
    };
    requests: {
      params: RequestsParams;
      result: Request[];
    };
    restore: {
      params: RestoreParams;
      result: NewProfile | LockedProfile | OpenProfile;
    };
    revokeDevice: {
      params: RevokeDeviceParams;
      result: null;
    };
    safetyNumber: {
      params: SafetyNumberParams;
      result: SafetyNumber;
    };
    sayTyping: {
      params: SayTypingParams;
      result: null;
    };
    schedule: {
      params: ScheduleParams;
      result: Scheduled;
    };
    scheduled: {
      params: ScheduledParams;
      result: Scheduled[];
    };
    search: {
      params: SearchParams;
      result: Message[];
    };
    sendAgain: {
      params: SendAgainParams;
      result: Message;
    };
    sendCard: {
      params: SendCardParams;
      result: Message;
    };
    sendLocation: {
      params: SendLocationParams;
      result: Message;
    };
    sendPoll: {
      params: SendPollParams;
      result: Message;
    };
    sendText: {
      params: SendTextParams;
      result: Message;
    };
    setDraft: {
      params: SetDraftParams;
      result: null;
    };
    setGroupPicture: {
      params: SetGroupPictureParams;
      result: Chat;
    };
    setName: {
      params: SetNameParams;
      result: Account;
    };
    setPicture: {
      params: SetPictureParams;
      result: Account;
    };
    setRole: {
      params: SetRoleParams;
      result: Group;
    };
    setRules: {
      params: SetRulesParams;
      result: Group;
    };
    setSwitches: {
      params: SetSwitchesParams;
      result: Switches;
    };
    setTimer: {
      params: SetTimerParams;
      result: Chat;
    };
    setVerified: {
      params: SetVerifiedParams;
      result: Person;
    };
    shared: {
      params: SharedParams;
      result: Shared;
    };
    signUp: {
      params: SignUpParams;
      result: NewProfile | LockedProfile | OpenProfile;
    };
    star: {
      params: StarParams;
      result: Message;
    };
    starred: {
      params: StarredParams;
      result: Message[];
    };
    stored: {
      params: StoredParams;
      result: Stored[];
    };
    switches: {
      params: SwitchesParams;
      result: Switches;
    };
    unban: {
      params: UnbanParams;
      result: Group;
    };
    unblock: {
      params: UnblockParams;
      result: null;
    };
    unlock: {
      params: UnlockParams;
      result: NewProfile | LockedProfile | OpenProfile;
    };
    unschedule: {
      params: UnscheduleParams;
      result: null;
    };
    viewOnce: {
      params: ViewOnceParams;
      result: Message;
    };
    vote: {
      params: VoteParams;
      result: Message;
    };
    writeBackup: {
      params: WriteBackupParams;
      result: Written;
    };
  };
}
/**
 * A message is new in a chat, mine included.
 */
export interface MessageArrived {
  kind: "messageArrived";
  message: Message;
}
/**
 * One message. `at`: unix milliseconds; `order` grows with every message stored; shown in the order of `place`.
 */
export interface Message {
  id: string;
  chat: string;
  sender: string;
  senderId: string;
  mine: boolean;
  at: number;
  order: number;
  place: string;
  state: "delivered" | "failed" | "read" | "received" | "sent" | "waiting";
  unread: boolean;
  body:
    | TextBody
    | FileBody
    | VoiceBody
    | PollBody
    | LocationBody
    | CardBody
    | OnceBody
    | DeletedBody
    | NoticeBody
    | OtherBody;
  quote: Quote | null;
  reactions: Reaction[];
  history: Version[];
  pinned: boolean;
  starred: boolean;
  forwarded: number;
  timer: number | null;
  goesAt: number | null;
  sentOnBy: string | null;
}
/**
 * Something written, in Markdown or plain; `preview` of a link in it.
 */
export interface TextBody {
  kind: "text";
  text: string;
  markdown: boolean;
  preview: Preview | null;
}
/**
 * What the page behind a link calls itself, as the sender of the link saw it; `picture` is a JPEG, or empty.
 */
export interface Preview {
  link: string;
  title: string;
  description: string;
  picture: string;
}
/**
 * A file; its bytes are at `/files/<chat>/<message>`. `size` in bytes.
 */
export interface FileBody {
  kind: "file";
  name: string;
  size: number;
  mediaType: string;
  picture: Picture | null;
}
/**
 * What its sender says of a picture: pixels, a blurhash, a JPEG in base64; the last two may be empty.
 */
export interface Picture {
  width: number;
  height: number;
  blurhash: string;
  thumbnail: string;
}
/**
 * A voice note, a file like another; `waveform`: a number from 0 to 255 a bar.
 */
export interface VoiceBody {
  kind: "voice";
  name: string;
  size: number;
  mediaType: string;
  milliseconds: number;
  waveform: number[];
}
/**
 * A question, and how the votes stand.
 */
export interface PollBody {
  kind: "poll";
  question: string;
  options: Option[];
  multiple: boolean;
  closed: boolean;
}
/**
 * One option of a poll: who has chosen it, and whether I have.
 */
export interface Option {
  text: string;
  voters: string[];
  mine: boolean;
}
/**
 * A place, in degrees.
 */
export interface LocationBody {
  kind: "location";
  latitude: number;
  longitude: number;
  label: string;
}
/**
 * Somebody's contact link, passed on.
 */
export interface CardBody {
  kind: "card";
  name: string;
  link: string;
}
/**
 * Something that can be viewed once.
 */
export interface OnceBody {
  kind: "once";
  viewed: boolean;
}
/**
 * It was deleted for everyone, by `name`.
 */
export interface DeletedBody {
  kind: "deleted";
  name: string;
}
/**
 * Not written by anybody: what happened to the chat. `what` names it; `sentence` says it in English.
 */
export interface NoticeBody {
  kind: "notice";
  what: string;
  sentence: string;
  who: string;
  whom: string[];
  detail: string;
  number: number;
}
/**
 * Something that this version cannot show.
 */
export interface OtherBody {
  kind: "other";
  mediaType: string;
}
/**
 * The message that another replies to; `name` is none when it is not here any longer.
 */
export interface Quote {
  id: string;
  name: string | null;
  words: string;
}
/**
 * One emoji, and who reacted with it.
 */
export interface Reaction {
  emoji: string;
  names: string[];
  mine: boolean;
}
/**
 * What a message said before it was edited, and since when.
 */
export interface Version {
  at: number;
  text: string;
}
/**
 * A message has a new state or place.
 */
export interface MessageChanged {
  kind: "messageChanged";
  message: Message;
}
/**
 * A message is no longer here: its time is over, or it was deleted for me.
 */
export interface MessageGone {
  kind: "messageGone";
  chat: string;
  id: string;
}
/**
 * Somebody is writing just now, or has stopped; who says nothing for 10 seconds has, too.
 */
export interface Typing {
  kind: "typing";
  chat: string;
  name: string;
  active: boolean;
}
/**
 * A chat is new here, or is in any way other than before.
 */
export interface ChatChanged {
  kind: "chatChanged";
  chat: Chat;
}
/**
 * Somebody, or several, whom one can write to. `timer`: seconds after which messages disappear.
 *
 *     `picture`: the address under which the person's or the group's is, another with each change; none: there is none.
 */
export interface Chat {
  id: string;
  kind: "direct" | "group" | "self";
  title: string;
  description: string;
  timer: number | null;
  standing: "accepted" | "blocked" | "gone" | "left" | "removed" | "requested" | "waiting";
  mutedUntil: number;
  pinned: boolean;
  archived: boolean;
  draft: string;
  unread: number;
  last: Message | null;
  beganAt: number;
  person: Person | null;
  picture: string | null;
}
/**
 * Somebody whom I talk with. `picture`: the address under which theirs is, another one with each change.
 */
export interface Person {
  id: string;
  name: string;
  fingerprint: string;
  verified: boolean;
  picture: string | null;
}
/**
 * Somebody is new here, or is called something else now, or looks otherwise.
 */
export interface PersonChanged {
  kind: "personChanged";
  person: Person;
}
/**
 * Somebody has a new device, or one that was removed is back; to be said loudly if I have verified them.
 */
export interface DeviceAppeared {
  kind: "deviceAppeared";
  person: Person;
  returned: boolean;
}
/**
 * Somebody unknown wants to talk.
 */
export interface RequestArrived {
  kind: "requestArrived";
  request: Request;
}
/**
 * Somebody unknown who wants to talk; nobody vouches for the name. `relay`: where. `at`: unix milliseconds.
 */
export interface Request {
  id: string;
  name: string;
  fingerprint: string;
  relay: string;
  at: number;
}
/**
 * Somebody asks to be let into a group in which I decide.
 */
export interface ApplicantArrived {
  kind: "applicantArrived";
  applicant: Applicant;
}
/**
 * Somebody who asks to be let into a group; nobody vouches for the name. `at`: unix milliseconds.
 */
export interface Applicant {
  chat: string;
  id: string;
  name: string;
  fingerprint: string;
  at: number;
}
/**
 * A relay is connected, or is not.
 */
export interface ConnectionChanged {
  kind: "connectionChanged";
  relay: string;
  connected: boolean;
}
/**
 * Something went wrong that no call waits for: what, for the page's own words, and a sentence.
 */
export interface Problem {
  kind: "problem";
  error: string;
  sentence: string;
}
/**
 * How far a file is, in bytes; `transfer` is the page's own name for it.
 */
export interface Progress {
  kind: "progress";
  transfer: string;
  done: number;
  total: number;
}
/**
 * Very many people sign up, and this one waits in line. `place`: the next one's is 1; none: the line is full.
 */
export interface Waiting {
  kind: "waiting";
  place: number | null;
  seconds: number;
}
/**
 * The profile was opened, made or closed, or I am called or look otherwise; perhaps in another window.
 */
export interface ProfileChanged {
  kind: "profileChanged";
  profile: NewProfile | LockedProfile | OpenProfile;
}
/**
 * Nobody has signed up in this profile.
 */
export interface NewProfile {
  kind: "new";
  relay: string;
}
/**
 * The vault waits for its passphrase.
 */
export interface LockedProfile {
  kind: "locked";
}
/**
 * The vault is open.
 */
export interface OpenProfile {
  kind: "open";
  account: Account;
}
/**
 * Who I am, and the relay that I am at home at. `picture`: the address under which mine is.
 */
export interface Account {
  name: string;
  id: string;
  relay: string;
  picture: string | null;
}
/**
 * This window was too slow and has missed events: everything that it shows is to be read again.
 */
export interface Missed {
  kind: "missed";
}
/**
 * A transfer that did not work: the kind of error, for the page's own words, and a sentence.
 */
export interface Failure {
  kind: "failure";
  error: string;
  sentence: string;
}
/**
 * A file that the page has brought, for a method to use.
 */
export interface Upload {
  kind: "upload";
  upload: string;
}
export interface AcceptRequestParams {
  request: string;
}
export interface AddContactParams {
  link: string;
}
export interface AddHomeParams {
  chat: string;
  relay: string;
}
export interface AddMembersParams {
  chat: string;
  people: string[];
}
/**
 * A group as it is now: the owner first, then admins, then members; `link` by which people come in, if there is.
 */
export interface Group {
  chat: string;
  members: Member[];
  role: "admin" | "member" | "owner";
  rules: Rules;
  banned: string[];
  link: string | null;
  approval: boolean;
}
/**
 * Somebody in a group.
 */
export interface Member {
  id: string;
  name: string;
  fingerprint: string;
  role: "admin" | "member" | "owner";
  me: boolean;
  picture: string | null;
}
/**
 * From which role on one may write, add people, change title, description, picture and timer, and pin messages.
 */
export interface Rules {
  write: "admin" | "member" | "owner";
  add: "admin" | "member" | "owner";
  edit: "admin" | "member" | "owner";
  pin: "admin" | "member" | "owner";
  history: boolean;
}
export interface ApplicantsParams {
  chat: string;
}
export interface ArchiveChatParams {
  chat: string;
  archived: boolean;
}
export interface BlockParams {
  person: string;
}
export interface CancelTransferParams {
  transfer: string;
}
export interface ChangePassphraseParams {
  old: string;
  new: string;
}
export interface ChatsParams {}
export interface ClearChatParams {
  chat: string;
}
export interface CloseLinkParams {
  chat: string;
}
export interface ClosePollParams {
  chat: string;
  message: string;
}
export interface ContextParams {
  chat: string;
  message: string;
  around: number;
}
export interface CreateGroupParams {
  title: string;
  people: string[];
  timer?: number | null;
}
export interface DecideOnApplicantParams {
  chat: string;
  applicant: string;
  letIn: boolean;
}
export interface DeclineRequestParams {
  request: string;
  block: boolean;
}
export interface DeleteParams {
  chat: string;
  message: string;
}
export interface DeleteAccountParams {}
export interface DeleteForMeParams {
  chat: string;
  message: string;
}
export interface DescribeGroupParams {
  chat: string;
  title: string;
  description: string;
}
export interface DevicesParams {}
/**
 * My devices, and whether this one may link and revoke others.
 */
export interface Devices {
  devices: Device[];
  mayLink: boolean;
}
/**
 * A device of mine. `linked_at`: unix milliseconds, 0: not known.
 */
export interface Device {
  id: string;
  name: string;
  this: boolean;
  linkedAt: number;
}
export interface EditParams {
  chat: string;
  message: string;
  text: string;
}
export interface ExportParams {
  chat: string | null;
  language: "en" | "fr";
  files: boolean;
}
/**
 * A file that waits at `/downloads/<download>`, once.
 */
export interface Download {
  download: string;
  name: string;
}
export interface FetchFileParams {
  chat: string;
  message: string;
}
/**
 * A file that is on this machine now; `shown`: it is a picture, a film or a sound that a window may show.
 */
export interface Fetched {
  shown: boolean;
}
export interface ForgetViewedParams {
  message: string;
}
export interface ForwardParams {
  chat: string;
  message: string;
  to: string[];
}
export interface GroupParams {
  chat: string;
}
export interface HomesParams {
  chat: string;
}
/**
 * A relay on which a chat lives; the `first` orders what is said, another stands by.
 */
export interface Home {
  relay: string;
  first: boolean;
  connected: boolean;
}
export interface JoinAccountParams {
  passphrase: string;
}
export interface JoinGroupParams {
  link: string;
}
export interface LeaveGroupParams {
  chat: string;
}
export interface LinkDeviceParams {
  history: boolean;
  mayLink: boolean;
}
export interface LockParams {}
export interface LookAtDeviceParams {
  code: string;
}
/**
 * A device that wants to be linked, and the number that it must be showing.
 */
export interface Candidate {
  name: string;
  number: string;
}
export interface MarkReadParams {
  chat: string;
  through?: string | null;
}
export interface MayWriteParams {
  chat: string;
}
export interface MessagesParams {
  chat: string;
  limit: number;
  before?: string | null;
}
export interface MuteChatParams {
  chat: string;
  until: number;
}
export interface MyLinkParams {}
/**
 * My contact link, and the shorter form for a QR code.
 */
export interface Link {
  link: string;
  qr: string;
}
export interface NewDeviceParams {
  relay: string;
  name: string;
}
/**
 * What a new device shows to be linked: a code for the other to read, and the number that both must show.
 */
export interface DeviceCode {
  code: string;
  number: string;
}
export interface OpenLinkParams {
  chat: string;
  approval?: boolean;
}
export interface PauseTransferParams {
  transfer: string;
  paused: boolean;
}
export interface PinParams {
  chat: string;
  message: string;
  pinned: boolean;
}
export interface PinChatParams {
  chat: string;
  pinned: boolean;
}
export interface PinnedParams {
  chat: string;
}
export interface PreviewLinkParams {
  text: string;
}
export interface ProfileParams {}
export interface ReactParams {
  chat: string;
  message: string;
  emoji: string;
}
export interface RefusedParams {}
/**
 * Somebody I do not want to hear from: `blocked`, or declined. `name`: their own, if it is known.
 */
export interface Refused {
  id: string;
  name: string;
  blocked: boolean;
}
export interface RemoveHomeParams {
  chat: string;
}
export interface RemoveMemberParams {
  chat: string;
  member: string;
  ban: boolean;
}
export interface RenameParams {
  person: string;
  name: string;
}
export interface RenameDeviceParams {
  device: string;
  name: string;
}
export interface RequestsParams {}
export interface RestoreParams {
  upload: string;
  secret: string;
  passphrase: string;
}
export interface RevokeDeviceParams {
  device: string;
}
export interface SafetyNumberParams {
  person: string;
}
/**
 * What two people compare: groups of digits to read aloud, and what the QR codes of both hold if all is well.
 */
export interface SafetyNumber {
  digits: string;
  qr: string;
}
export interface SayTypingParams {
  chat: string;
  active: boolean;
}
export interface ScheduleParams {
  chat: string;
  text: string;
  at: number;
}
/**
 * A text that is sent at `due` (unix milliseconds).
 */
export interface Scheduled {
  number: number;
  chat: string;
  due: number;
  text: string;
}
export interface ScheduledParams {
  chat: string;
}
export interface SearchParams {
  words: string;
  limit: number;
  chat?: string | null;
}
export interface SendAgainParams {
  chat: string;
  message: string;
}
export interface SendCardParams {
  chat: string;
  person: string;
}
export interface SendLocationParams {
  chat: string;
  latitude: number;
  longitude: number;
  label: string;
}
export interface SendPollParams {
  chat: string;
  question: string;
  options: string[];
  multiple: boolean;
}
export interface SendTextParams {
  chat: string;
  text: string;
  replyTo?: string | null;
  preview?: Preview | null;
  once?: boolean;
}
export interface SetDraftParams {
  chat: string;
  text: string;
}
export interface SetGroupPictureParams {
  chat: string;
  upload: string | null;
}
export interface SetNameParams {
  name: string;
}
export interface SetPictureParams {
  upload: string | null;
}
export interface SetRoleParams {
  chat: string;
  member: string;
  role: "admin" | "member" | "owner";
}
export interface SetRulesParams {
  chat: string;
  rules: Rules;
}
export interface SetSwitchesParams {
  readReceipts: boolean;
  deliveryReceipts: boolean;
  typing: boolean;
  defaultTimer: number | null;
}
/**
 * What others learn of me, and I of them. `default_timer`: seconds, for chats that I begin.
 */
export interface Switches {
  readReceipts: boolean;
  deliveryReceipts: boolean;
  typing: boolean;
  defaultTimer: number | null;
}
export interface SetTimerParams {
  chat: string;
  seconds: number | null;
}
export interface SetVerifiedParams {
  person: string;
  verified: boolean;
}
export interface SharedParams {
  chat: string;
  shelf: "audio" | "files" | "links" | "media";
  before?: string | null;
}
/**
 * Some of what lies on a shelf, the last stored first; `more`: the next is behind this one, none: that was all.
 */
export interface Shared {
  messages: Message[];
  more: string | null;
}
export interface SignUpParams {
  name: string;
  relay: string;
  passphrase: string;
  userName?: string | null;
}
export interface StarParams {
  chat: string;
  message: string;
  starred: boolean;
}
export interface StarredParams {}
export interface StoredParams {}
/**
 * What a chat takes up in the vault: its messages, and the bytes of what they say.
 */
export interface Stored {
  chat: string;
  title: string;
  messages: number;
  size: number;
}
export interface SwitchesParams {}
export interface UnbanParams {
  chat: string;
  name: string;
}
export interface UnblockParams {
  account: string;
}
export interface UnlockParams {
  passphrase: string;
}
export interface UnscheduleParams {
  number: number;
}
export interface ViewOnceParams {
  chat: string;
  message: string;
}
export interface VoteParams {
  chat: string;
  message: string;
  choices: number[];
}
export interface WriteBackupParams {
  passphrase?: string | null;
}
/**
 * A backup, and the recovery key that opens it; empty: a passphrase does.
 */
export interface Written {
  file: Download;
  recoveryKey: string;
}
