// Members of MLS groups by ts-mls: one JSON request a line on standard input, one JSON answer a line.
import { createHash } from "node:crypto"
import { createInterface } from "node:readline"
import { Aes128Gcm, CipherSuite, HkdfSha256 } from "@hpke/core"
import { XWing } from "@hpke/hybridkem-x-wing"
import * as mls from "ts-mls"
import { makeGenericHpke } from "ts-mls/crypto/implementation/hpke.js"
import { encodeRatchetTree } from "ts-mls/ratchetTree.js"

const CLASSICAL = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519"
const hex = (bytes) => Buffer.from(bytes).toString("hex")
const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"))
const text = (bytes) => Buffer.from(bytes).toString()
const forever = { notBefore: 0n, notAfter: 9223372036854775807n }

// The library derives key pairs as the X-Wing draft does; HPKE wants draft-ietf-hpke-pq's labelled form.
class LabelledXWing extends XWing {
  async deriveKeyPair(ikm) {
    const number = (n) => Buffer.from([n >> 8, n & 255])
    const label = Buffer.from("DeriveKeyPair")
    const suite = [Buffer.from("HPKE-v1"), Buffer.from("KEM"), number(0x647a)]
    const parts = [Buffer.from(ikm), ...suite, number(label.length), label, number(32)]
    const hash = createHash("shake256", { outputLength: 32 })
    return this.generateKeyPairDerand(new Uint8Array(hash.update(Buffer.concat(parts)).digest()))
  }
}

async function cipherSuite(number) {
  const impl = await mls.getCiphersuiteImpl(mls.getCiphersuiteFromName(CLASSICAL))
  if (number === 1) return impl
  const suite = new CipherSuite({ kem: new LabelledXWing(), kdf: new HkdfSha256(), aead: new Aes128Gcm() })
  const aead = {
    encrypt: (key, nonce, aad, data) => impl.hpke.encryptAead(key, nonce, aad, data),
    decrypt: (key, nonce, aad, data) => impl.hpke.decryptAead(key, nonce, aad, data),
  }
  const hpke = await makeGenericHpke({ kem: "X-Wing", kdf: "HKDF-SHA256", aead: "AES128GCM" }, aead, suite)
  return { ...impl, hpke, name: String(number) }
}

function capabilities(suite) {
  const all = mls.defaultCapabilities()
  return { ...all, ciphersuites: [...all.ciphersuites, suite.name] }
}

const wrap = (wireformat, field, value) =>
  hex(mls.encodeMlsMessage({ version: "mls10", wireformat, [field]: value }))
const unwrap = (message) => mls.decodeMlsMessage(unhex(message), 0)[0]

class Member {
  psks = {}

  async begin({ name, suite }) {
    this.name = name
    this.suite = await cipherSuite(suite)
    const credential = { credentialType: "basic", identity: new Uint8Array(Buffer.from(name)) }
    this.fresh = () => mls.generateKeyPackage(credential, capabilities(this.suite), forever, [], this.suite)
  }

  async keyPackage() {
    this.package = await this.fresh()
    return wrap("mls_key_package", "keyPackage", this.package.publicPackage)
  }

  async create({ groupId }) {
    const own = await this.fresh()
    this.state = await mls.createGroup(unhex(groupId), own.publicPackage, own.privatePackage, [], this.suite)
  }

  psk({ id, key }) {
    this.psks[mls.bytesToBase64(unhex(id))] = unhex(key)
  }

  index() {
    return mls.makePskIndex(this.state, this.psks)
  }

  async join({ welcome }) {
    const { publicPackage, privatePackage } = this.package
    const index = mls.makePskIndex(undefined, this.psks)
    this.state = await mls.joinGroup(unwrap(welcome).welcome, publicPackage, privatePackage, index, this.suite)
  }

  async process({ message }) {
    const result = await mls.processMessage(unwrap(message), this.state, this.index(), mls.acceptAll, this.suite)
    this.state = result.newState
    return result.kind === "applicationMessage" ? hex(result.message) : null
  }

  async encrypt({ data }) {
    const result = await mls.createApplicationMessage(this.state, unhex(data), this.suite)
    this.state = result.newState
    return wrap("mls_private_message", "privateMessage", result.privateMessage)
  }

  async commit({ add, remove, psks, open }) {
    const proposals = add.map((message) => ({
      proposalType: "add",
      add: { keyPackage: unwrap(message).keyPackage },
    }))
    for (const name of remove) proposals.push({ proposalType: "remove", remove: { removed: this.leaf(name) } })
    for (const id of psks) {
      const nonce = this.suite.rng.randomBytes(this.suite.kdf.size)
      const preSharedKeyId = { psktype: "external", pskId: unhex(id), pskNonce: nonce }
      proposals.push({ proposalType: "psk", psk: { preSharedKeyId } })
    }
    const context = { state: this.state, cipherSuite: this.suite, pskIndex: this.index() }
    return this.made(
      await mls.createCommit(context, {
        extraProposals: proposals,
        ratchetTreeExtension: true,
        wireAsPublicMessage: open,
      }),
    )
  }

  made(result) {
    this.next = result.newState
    const welcome = result.welcome ? wrap("mls_welcome", "welcome", result.welcome) : null
    return { commit: hex(mls.encodeMlsMessage(result.commit)), welcome }
  }

  accepted() {
    this.state = this.next
  }

  async proposed(proposal) {
    const result = await mls.createProposal(this.state, false, proposal, this.suite)
    this.state = result.newState
    return hex(mls.encodeMlsMessage(result.message))
  }

  proposeRemove({ name }) {
    return this.proposed({ proposalType: "remove", remove: { removed: this.leaf(name) } })
  }

  proposeAdd({ keyPackage }) {
    return this.proposed({ proposalType: "add", add: { keyPackage: unwrap(keyPackage).keyPackage } })
  }

  leaf(name) {
    const tree = this.state.ratchetTree
    for (let node = 0; node < tree.length; node += 2)
      if (tree[node] && text(tree[node].leaf.credential.identity) === name) return node / 2
    throw new Error(`no member ${name}`)
  }

  tree() {
    return hex(encodeRatchetTree(this.state.ratchetTree))
  }

  async groupInfo() {
    const info = await mls.createGroupInfoWithExternalPubAndRatchetTree(this.state, [], this.suite)
    return wrap("mls_group_info", "groupInfo", info)
  }

  async joinExternal({ groupInfo }) {
    const own = await this.fresh()
    const info = unwrap(groupInfo).groupInfo
    const { publicPackage, privatePackage } = own
    const result = await mls.joinGroupExternal(info, publicPackage, privatePackage, false, this.suite)
    this.state = result.newState
    return wrap("mls_public_message", "publicMessage", result.publicMessage)
  }

  async reinit({ groupId }) {
    return this.made(await mls.reinitGroup(this.state, unhex(groupId), "mls10", CLASSICAL, [], this.suite))
  }

  async follow({ groupId, keyPackages }) {
    const { publicPackage, privatePackage } = await this.fresh()
    const others = keyPackages.map((message) => unwrap(message).keyPackage)
    return this.made(
      await mls.reinitCreateNewGroup(
        this.state, publicPackage, privatePackage, others, unhex(groupId), CLASSICAL, [],
      ),
    )
  }

  async joinFollowing({ welcome }) {
    const { publicPackage, privatePackage } = this.package
    this.state = await mls.joinGroupFromReinit(
      this.state, unwrap(welcome).welcome, publicPackage, privatePackage, undefined,
    )
  }

  async agreed() {
    const { exporterSecret, epochAuthenticator } = this.state.keySchedule
    const context = new Uint8Array(Buffer.from("context"))
    const exported = await mls.mlsExporter(exporterSecret, "interop", context, 32, this.suite)
    return [hex(exported), hex(epochAuthenticator)]
  }
}

const members = new Map()
for await (const line of createInterface({ input: process.stdin })) {
  const { member, verb, ...rest } = JSON.parse(line)
  let answer
  try {
    if (!members.has(member)) members.set(member, new Member())
    answer = { value: (await members.get(member)[verb](rest)) ?? null }
  } catch (error) {
    answer = { error: `${error?.stack ?? error}` }
  }
  process.stdout.write(JSON.stringify(answer) + "\n")
}
