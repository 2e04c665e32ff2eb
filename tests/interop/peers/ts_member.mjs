// Members of MLS groups by ts-mls, driven over JSON lines: one request a line on standard input,
// one answer a line on standard output. Bytes travel as base64.
import { createHash } from "node:crypto"
import { createInterface } from "node:readline"
import { XWing } from "@hpke/hybridkem-x-wing"
import {
  createApplicationMessage,
  createCommit,
  createGroup,
  createProposal,
  decodeMlsMessage,
  encodeMlsMessage,
  generateKeyPackageWithKey,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  joinGroupExternal,
  makePskIndex,
  mlsExporter,
  processPrivateMessage,
  processPublicMessage,
} from "ts-mls"
import { createGroupInfoWithRatchetTree } from "ts-mls/createCommit.js"

const CLASSICAL = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519"
const X_WING = 0x647a
const DAY = 86400n

const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"))
const text = (data) => Buffer.from(data).toString("base64")
const vector = (data) => new Uint8Array([...(data.length < 64 ? [data.length] : uint16(0x4000 | data.length)), ...data])
const uint16 = (value) => Buffer.from([value >> 8, value & 0xff])

// The KEM of the library hashes the key material plainly to a private key. The draft of the KEM's
// HPKE form does so under labels, and so must every member of a group.
function derivedKey(material) {
  const label = Buffer.from("DeriveKeyPair")
  const suite = Buffer.concat([Buffer.from("KEM"), uint16(X_WING)])
  const input = [material, Buffer.from("HPKE-v1"), suite, uint16(label.length), label, uint16(32)]
  return new Uint8Array(createHash("shake256", { outputLength: 32 }).update(Buffer.concat(input)).digest())
}

async function suiteOf(number) {
  const suite = number === 1 ? await getCiphersuiteImpl(getCiphersuiteFromName(CLASSICAL)) : await postQuantum(number)
  // The library takes the content of an external_pub extension for the key, which is a vector in it
  // (RFC 9420 §12.4.3.2). Here that vector's length is taken off, and `groupInfo` puts it on.
  const importKey = suite.hpke.importPublicKey
  suite.hpke.importPublicKey = (key) => importKey(key.length % 32 === 0 ? key : key.slice(key.length % 32))
  return suite
}

async function postQuantum(number) {
  const hpke = { kem: "X-Wing", aead: "AES128GCM", kdf: "HKDF-SHA256" }
  const suite = await getCiphersuiteImpl({ hash: "SHA-256", hpke, signature: "Ed25519", name: String(number) })
  const kem = new XWing()
  await kem.generateKeyPair() // loads what the next line's method takes for granted
  suite.hpke.deriveKeyPair = (material) => kem.generateKeyPairDerand(derivedKey(material))
  return suite
}

const members = new Map()

function message(data) {
  const decoded = decodeMlsMessage(data, 0)
  if (decoded === undefined || decoded[1] !== data.length) throw new Error("not an MLS message")
  return decoded[0]
}

const encoded = (kind, field, value) => encodeMlsMessage({ version: "mls10", wireformat: kind, [field]: value })

function leafOf(state, key) {
  const index = state.ratchetTree.findIndex(
    (node) => node?.nodeType === "leaf" && text(node.leaf.signaturePublicKey) === key,
  )
  if (index < 0) throw new Error("no member has that signature key")
  return index / 2
}

function pskId(member, id) {
  return { psktype: "external", pskId: bytes(id), pskNonce: member.suite.rng.randomBytes(member.suite.kdf.size) }
}

function resumption(member, state, usage) {
  const { groupId, epoch } = state.groupContext
  const pskNonce = member.suite.rng.randomBytes(member.suite.kdf.size)
  return { psktype: "resumption", usage, pskGroupId: groupId, pskEpoch: epoch, pskNonce }
}

function proposals(member, request) {
  const { adds = [], removes = [], psks = [], reinit } = request
  const list = [
    ...adds.map((data) => ({ proposalType: "add", add: { keyPackage: message(bytes(data)).keyPackage } })),
    ...removes.map((key) => ({ proposalType: "remove", remove: { removed: leafOf(member.state, key) } })),
    ...psks.map((id) => ({ proposalType: "psk", psk: { preSharedKeyId: pskId(member, id) } })),
  ]
  if (reinit !== undefined) {
    const parameters = { groupId: bytes(reinit), version: "mls10", cipherSuite: member.suite.name, extensions: [] }
    list.push({ proposalType: "reinit", reinit: parameters })
  }
  if (member.successor) list.push({ proposalType: "psk", psk: { preSharedKeyId: member.successor } })
  return list
}

async function commit(member, request) {
  const context = { state: member.state, cipherSuite: member.suite, pskIndex: member.pskIndex() }
  const result = await createCommit(context, {
    extraProposals: proposals(member, request),
    ratchetTreeExtension: true,
    wireAsPublicMessage: request.public ?? false,
  })
  member.pending = result.newState
  const welcome = result.welcome && text(encoded("mls_welcome", "welcome", result.welcome))
  return { commit: text(encodeMlsMessage(result.commit)), welcome }
}

async function process(member, request) {
  const incoming = message(bytes(request.message))
  const result =
    incoming.wireformat === "mls_private_message"
      ? await processPrivateMessage(member.state, incoming.privateMessage, member.pskIndex(), member.suite)
      : await processPublicMessage(member.state, incoming.publicMessage, member.pskIndex(), member.suite)
  member.state = result.newState
  member.pending = undefined
  return { data: result.kind === "applicationMessage" ? text(result.message) : undefined }
}

const operations = {
  async member({ id, suite, name }) {
    const impl = await suiteOf(suite)
    const keys = await impl.signature.keygen()
    const member = { suite: impl, name: bytes(name), keys, offers: [], psks: {}, former: undefined }
    member.pskIndex = () => makePskIndex(member.former ?? member.state, member.psks)
    members.set(id, member)
    return { key: text(keys.publicKey) }
  },
  async keyPackage(member) {
    const capabilities = {
      versions: ["mls10"],
      ciphersuites: [member.suite.name],
      extensions: [],
      proposals: [],
      credentials: ["basic"],
    }
    const credential = { credentialType: "basic", identity: member.name }
    // The library's own default never ends, which others are to refuse (RFC 9420 §7.2).
    const today = BigInt(Math.floor(Date.now() / 1000))
    const lifetime = { notBefore: today - DAY, notAfter: today + 30n * DAY }
    const offer = await generateKeyPackageWithKey(credential, capabilities, lifetime, [], member.keys, member.suite)
    member.offers.push(offer)
    return { keyPackage: text(encoded("mls_key_package", "keyPackage", offer.publicPackage)) }
  },
  async create(member, { group }) {
    await operations.keyPackage(member)
    const { publicPackage, privatePackage } = member.offers.pop()
    member.state = await createGroup(bytes(group), publicPackage, privatePackage, [], member.suite)
  },
  async join(member, { welcome }) {
    const { publicPackage, privatePackage } = member.offers.pop()
    const decoded = message(bytes(welcome)).welcome
    const [psks, former] = [makePskIndex(member.former, member.psks), member.former]
    member.state = await joinGroup(decoded, publicPackage, privatePackage, psks, member.suite, undefined, former)
  },
  commit,
  async accept(member) {
    member.state = member.pending
    member.pending = undefined
  },
  async propose(member, request) {
    const [proposal] = proposals(member, request)
    const result = await createProposal(member.state, request.public ?? false, proposal, member.suite)
    member.state = result.newState
    return { message: text(encodeMlsMessage(result.message)) }
  },
  process,
  async encrypt(member, { data }) {
    const result = await createApplicationMessage(member.state, bytes(data), member.suite)
    member.state = result.newState
    return { message: text(encoded("mls_private_message", "privateMessage", result.privateMessage)) }
  },
  async secrets(member, { label, context, length }) {
    const { exporterSecret, epochAuthenticator } = member.state.keySchedule
    const secret = await mlsExporter(exporterSecret, label, bytes(context), length, member.suite)
    return { secret: text(secret), authenticator: text(epochAuthenticator) }
  },
  async groupInfo(member) {
    const { hpke } = member.suite
    const { keySchedule, groupContext, confirmationTag, ratchetTree } = member.state
    const external = await hpke.exportPublicKey((await hpke.deriveKeyPair(keySchedule.externalSecret)).publicKey)
    const extensions = [{ extensionType: "external_pub", extensionData: vector(external) }]
    const info = await createGroupInfoWithRatchetTree(
      groupContext, confirmationTag, member.state, ratchetTree, extensions, member.suite,
    )
    return { groupInfo: text(encoded("mls_group_info", "groupInfo", info)) }
  },
  async joinExternal(member, { groupInfo, resync }) {
    await operations.keyPackage(member)
    const { publicPackage, privatePackage } = member.offers.pop()
    const info = message(bytes(groupInfo)).groupInfo
    const result = await joinGroupExternal(info, publicPackage, privatePackage, resync, member.suite)
    member.state = result.newState
    return { commit: text(encoded("mls_public_message", "publicMessage", result.publicMessage)) }
  },
  async psk(member, { psk, secret }) {
    member.psks[psk] = bytes(secret)
  },
  // Leaves the reinitialised group behind; the next `create` or `join` is its successor's.
  async succeed(member) {
    member.former = member.state
    member.successor = resumption(member, member.state, "reinit")
  },
}

for await (const line of createInterface({ input: globalThis.process.stdin })) {
  const request = JSON.parse(line)
  let answer
  try {
    const operation = operations[request.op]
    const subject = request.op === "member" ? request : members.get(request.id)
    answer = (await operation(subject, request)) ?? {}
  } catch (error) {
    answer = { error: `${error.name}: ${error.message}` }
  }
  globalThis.process.stdout.write(`${JSON.stringify(answer)}\n`)
}
