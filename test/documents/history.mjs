// One random history: some clients edit, their updates reach each other and the servers in any order, some twice, some never;
// in the end whoever lacks something asks for it. What Ashlar is told, and what yjs says to the same, come out as questions.
import * as Y from 'yjs'
import * as W from 'ywasm'

import { command, V1, V2 } from './driver.mjs'
import { declare, edit, editWasm, plainEdit } from './edits.mjs'
import { passiveDoc } from './passive.mjs'
import { Random } from './random.mjs'

export const kinds = { text: 0, array: 1, map: 2, xml: 3 }

// A replica of Ashlar's and its twin in yjs, which is told the same.
class Twin {
  constructor(history, slot, client, gc) {
    Object.assign(this, { history, slot, client, gc, inbox: [], positions: [] })
    this.doc = passiveDoc({ gc })
    this.doc.on('update', update => { this.said = update })
    history.ask(command('n', slot, client, gc ? 1 : 0), 'new', none)
  }
  apply(update, update2) {
    this.said = undefined
    const format = update2 !== undefined && this.history.random.chance(0.3) ? V2 : V1
    if (format === V2) Y.applyUpdateV2(this.doc, update2)
    else Y.applyUpdate(this.doc, update)
    this.retry()
    const said = this.said
    this.history.ask(command('a', this.slot, format, format === V2 ? update2 : update), 'apply', answer => {
      if (answer.error !== undefined) return `refused: ${answer.error}`
      if ((answer[0] === 1) !== (said !== undefined)) return `changed: ${answer[0]}, yjs says ${said !== undefined}`
      if (said !== undefined) this.broadcasts?.push(answer[1] === 1 ? [format, format === V2 ? update2 : update] : [V1, answer.subarray(3)])
    }, this, [format, format === V2 ? update2 : update])
  }
  // yjs leaves things waiting that could be integrated, until it knows that the first of all gaps is closed. Ashlar does not.
  retry() {
    const waiting = this.doc.store.pendingStructs
    if (waiting === null) return
    this.doc.store.pendingStructs = null
    Y.applyUpdateV2(this.doc, waiting.update)
  }
  get pending() {
    return this.doc.store.pendingStructs !== null || this.doc.store.pendingDs !== null
  }
  // What yjs and Ashlar say of themselves now. While something waits, bytes have a free choice; so they have where yrs wrote, whose
  // spelling of numbers and JSON yjs mends and Ashlar keeps. Then meaning counts.
  compare(full) {
    const { doc, slot, history } = this
    const ask = (bytes, what, wanted, judge = same) => history.ask(bytes, what, judge(wanted), this)
    ask(command('s', slot), 'state vector', Y.encodeStateVector(doc))
    ask(command('p', slot), 'pending', Uint8Array.of(this.pending ? 1 : 0))
    const v1 = Y.encodeStateAsUpdate(doc)
    if (this.pending || history.wasm !== undefined) {
      history.ask(command('e', slot, V1), 'update that means the same', means(v1), this)
    } else {
      ask(command('e', slot, V1), 'update V1', v1, sameCut(V1, sameUpdate))
      ask(command('x', slot), 'delete set', deleteSet(doc))
    }
    for (const [name, kind] of [['t', 'text'], ['a', 'array'], ['m', 'map'], ['x', 'xml']]) {
      const root = doc.share.get(name)
      const json = JSON.stringify(root)
      ask(command('j', slot, name, kinds[kind]), `json ${name}`, Buffer.from(json), sameJson)
      if (kind === 'text') {
        ask(command('t', slot, name), 'text', Buffer.from(root.toString()), sameText)
        ask(command('q', slot, name), 'delta', Buffer.from(JSON.stringify(root.toDelta())), sameText)
      }
      if (kind === 'xml') ask(command('t', slot, name), 'xml', Buffer.from(root.toString()), sameText)
    }
    if (!full) return
    if (!this.pending && history.wasm === undefined) {
      if (hex(v1).includes('efbfbd')) return this.comparePositions() // judged by V1 above
      ask(command('e', slot, V2), 'update V2', Y.encodeStateAsUpdateV2(doc), sameCut(V2))
      const other = this.history.random.pick(this.history.docs)
      const have = Y.encodeStateVector(other)
      ask(command('d', slot, V1, have), 'what another lacks', Y.encodeStateAsUpdate(doc, have), sameCut(V1))
      ask(command('d', slot, V2, have), 'what another lacks, V2', Y.encodeStateAsUpdateV2(doc, have), sameCut(V2))
      ask(command('h', slot), 'snapshot', Y.encodeSnapshot(Y.snapshot(doc)))
    }
    this.comparePositions()
  }
  comparePositions() {
    const { doc, slot, history, positions } = this
    const text = doc.getText('t')
    const at = history.random.below(text.length + 1)
    const assoc = history.random.pick([0, 1, -1])
    const made = Y.encodeRelativePosition(Y.createRelativePositionFromTypeIndex(text, at, assoc))
    history.ask(command('o', slot, 't', at, { int: assoc }), 'relative position', same(made), this)
    positions.push(made)
    for (const position of positions) {
      const found = Y.createAbsolutePositionFromRelativePosition(Y.decodeRelativePosition(position), doc)
      const wanted = found === null ? Uint8Array.of(0) : command('\x01', found.index)
      // A root that nobody has written to yjs makes when it is asked for one; Ashlar says that it knows none.
      const judge = text._start === null ? none : same(wanted)
      history.ask(command('O', slot, position), 'absolute position', judge, this)
    }
  }
  // A document as it was is the same document as yjs makes of it.
  snapshot() {
    if (this.gc || this.pending) return
    const { doc, slot, history } = this
    this.snapshots ??= []
    this.snapshots.push(Y.snapshot(doc))
    const taken = history.random.pick(this.snapshots)
    const then = declare(Y.createDocFromSnapshot(doc, taken))
    const [text, map, array] = ['t', 'm', 'a'].map(name => JSON.stringify(then.share.get(name)))
    const bytes = Y.encodeSnapshot(taken)
    const to = slot + 100
    history.ask(command('H', slot, bytes, to), 'document of a snapshot', none, this)
    history.ask(command('j', to, 't', kinds.text), 'text of a snapshot', sameJson(Buffer.from(text)), this)
    history.ask(command('j', to, 'm', kinds.map), 'map of a snapshot', sameJson(Buffer.from(map)), this)
    history.ask(command('j', to, 'a', kinds.array), 'array of a snapshot', sameJson(Buffer.from(array)), this)
  }
}

const hex = bytes => Buffer.from(bytes).toString('hex')
const shown = bytes => (bytes.length > 0 && bytes.every(b => b >= 32) ? Buffer.from(bytes).toString() : hex(bytes))

function deleteSet(doc) {
  const snapshot = Y.encodeSnapshot(Y.snapshot(doc))
  return snapshot.subarray(0, snapshot.length - Y.encodeStateVector(doc).length)
}

// Judges: nothing where the answer is right, else what is wrong.
const none = answer => (answer.error !== undefined ? `refused: ${answer.error}` : undefined)
const same = wanted => answer => {
  if (answer.error !== undefined) return `refused: ${answer.error}, not ${shown(wanted)}`
  return Buffer.compare(answer, wanted) === 0 ? undefined : `${shown(answer)}, not ${shown(wanted)}`
}
// yjs cuts a surrogate pair also when something is given again that was to stand amid it and is long there, deleted; Ashlar leaves
// the pair whole. So where yjs has more U+FFFD, pairs count as equal to their halves.
const replaced = bytes => Buffer.from(bytes).toString('utf8').split('\ufffd').length
const sameText = wanted => answer => {
  const said = same(wanted)(answer)
  if (said === undefined || answer.error !== undefined || replaced(wanted) <= replaced(answer)) return said
  const [one, other] = [answer, wanted].map(bytes => Buffer.from(bytes).toString('utf8').replace(/[\ud800-\udfff\ufffd]/g, '?'))
  return one === other ? undefined : said
}
// Keys of a map in another order are the same JSON; how often that was so is counted.
const sameJson = wanted => answer => {
  const said = sameText(wanted)(answer)
  if (said === undefined || answer.error !== undefined) return said
  const [one, other] = [answer, wanted].map(bytes => JSON.stringify(JSON.parse(bytes), sorted))
  if (sameText(Buffer.from(other))(Buffer.from(one)) !== undefined) return said
  History.otherOrders++
  return undefined
}
const sameUpdate = wanted => answer => {
  const said = same(wanted)(answer)
  const halves = bytes => hex(bytes).split('efbfbd').length
  if (said === undefined || answer.error !== undefined || halves(wanted) <= halves(answer)) return said
  return means(wanted)(answer) === undefined ? undefined : said
}
// What is deleted and lies side by side is one piece or two, as each transaction's end happened to merge it: in one history of some
// 30,000 otherwise than in yjs. That counts as equal; how often it was so is counted, and too often is a failure (differential.mjs).
const sameCut = (format, judge = same) => wanted => answer => {
  const said = judge(wanted)(answer)
  if (said === undefined || answer.error !== undefined) return said
  if (inOnePiece(answer, format) !== inOnePiece(wanted, format)) return said
  History.otherCuts++
  return undefined
}
// The structs of an update, neighbours that say no more together than apart in one: GC and what is deleted.
function inOnePiece(bytes, format) {
  const { structs, ds } = (format === V1 ? Y.decodeUpdate : Y.decodeUpdateV2)(bytes)
  const out = []
  for (const struct of structs) {
    const last = out.at(-1)
    const { client, clock } = struct.id
    const kind = struct.constructor.name === 'GC' ? 'GC' : struct.content?.constructor.name
    const follows = last !== undefined && last.client === client && last.clock + last.length === clock && last.kind === kind
    const id = ({ client, clock }) => `${client}:${clock}`
    if (follows && kind === 'GC') last.length += struct.length
    else if (follows && kind === 'ContentDeleted' && struct.origin && id(struct.origin) === id({ client, clock: clock - 1 }) &&
      (struct.rightOrigin ? id(struct.rightOrigin) : '') === last.right) last.length += struct.length
    else {
      out.push({
        client, clock, length: struct.length, kind, origin: struct.origin && id(struct.origin), right: struct.rightOrigin ? id(struct.rightOrigin) : '',
        parent: struct.parent && (typeof struct.parent === 'string' ? struct.parent : id(struct.parent)), key: struct.parentSub,
        content: kind === 'GC' || kind === 'ContentDeleted' ? undefined : struct.content?.arr ?? struct.content?.str ?? struct.content,
      })
    }
  }
  return JSON.stringify([out, [...ds.clients]])
}
// Two updates that make the same document, now and when more comes.
const means = wanted => answer => {
  if (answer.error !== undefined) return `refused: ${answer.error}`
  if (Buffer.compare(answer, wanted) === 0) return undefined
  const [a, b] = [answer, wanted].map(update => {
    const doc = passiveDoc()
    Y.applyUpdate(doc, update)
    return doc
  })
  const said = differs(a, b)
  if (said !== undefined) return said
  const waits = doc => JSON.stringify([...(doc.store.pendingStructs?.missing ?? [])].sort())
  return waits(a) === waits(b) ? undefined : `waits for ${waits(a)}, not ${waits(b)}`
}
// JSON of two documents that should have come to the same: keys of a map stand in the order in which they came, which is not the
// same everywhere, and halves of a cut surrogate pair are U+FFFD only for who had it cut.
const sorted = (_, value) => (value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort()) : value)
const canonical = type => JSON.stringify(JSON.parse(JSON.stringify(type)), sorted).replace(/[\ud800-\udfff\ufffd]|\\ud[89a-f][0-9a-f]{2}/g, '?')
// A text's delta, whose neighbours of the same formats are one.
function runs(text) {
  const out = []
  for (const { insert, attributes = {} } of text.toDelta()) {
    const last = out.at(-1)
    if (last && typeof last.insert === 'string' && typeof insert === 'string' && JSON.stringify(last.attributes, sorted) === JSON.stringify(attributes, sorted)) last.insert += insert
    else out.push({ insert, attributes })
  }
  return out
}
export function differs(a, b, all = true) {
  for (const root of ['t', 'a', 'm', 'x']) {
    const [one, other] = [a, b].map(doc => canonical(doc.share.get(root)))
    if (one !== other) return `${root}: ${one}, not ${other}`
  }
  if (!all) return undefined
  const [one, other] = [a, b].map(doc => hex(Y.encodeStateVector(doc)) + ' ' + hex(deleteSet(doc)))
  return one === other ? undefined : `state and deletions ${one}, not ${other}`
}

export class History {
  static wasmFailed = 0
  static otherOrders = 0
  static otherCuts = 0
  static restored = 0
  constructor(seed, driver, options = {}) {
    this.driver = driver
    this.random = new Random(seed)
    this.random.plain = options.wasm // ywasm ends where a surrogate pair is cut
    this.seed = seed
    this.options = options
    this.questions = [] // { bytes, what, judge, twin, applied }
    this.answers = []
    this.clients = []
    const { random } = this
    const some = Object.keys(kinds).filter(() => random.chance(0.5))
    this.kinds = some.length > 0 ? some : [random.pick(Object.keys(kinds))]
    this.steps = options.steps ?? 10 + random.below(50)
    this.servers = [new Twin(this, 0, 0, true), new Twin(this, 1, 0, false)]
    if (random.chance(0.25)) this.servers[0].broadcasts = []
    const count = 2 + random.below(random.chance(0.2) ? 7 : 3)
    const gc = random.chance(0.7)
    const ids = new Set()
    while (ids.size < count + 1) ids.add(random.chance(0.2) ? 1 + random.below(20) : random.chance(0.1) ? 2 ** 32 + random.next() * 1000 : 1 + random.next())
    const [own, ...others] = ids
    this.writer = random.chance(0.5) ? new Twin(this, 2, own, gc) : undefined
    for (const id of others) this.addClient(id, gc)
    if (options.wasm) this.addWasm(3_000_000_000 + random.below(1000))
    this.docs = [...this.clients.map(c => c.doc), ...this.twins.map(t => t.doc)]
    this.receivers = [...this.clients, ...this.twins]
    if (this.wasm) this.receivers.push(this.wasm)
  }
  get twins() {
    return this.writer ? [...this.servers, this.writer] : this.servers
  }
  addClient(id, gc) {
    const doc = declare(new Y.Doc({ gc }))
    doc.clientID = id
    const client = { doc, inbox: [] }
    doc.on('update', (update, origin) => { if (origin !== 'remote') client.last = [update] })
    doc.on('updateV2', (update, origin) => {
      if (origin !== 'remote') this.send(client, [client.last?.[0], update])
    })
    client.apply = (update, update2) => (this.random.chance(0.5) && update2 ? Y.applyUpdateV2(doc, update2, 'remote') : Y.applyUpdate(doc, update, 'remote'))
    if (this.random.chance(0.3)) {
      client.undo = new Y.UndoManager(['t', 'a', 'm', 'x'].map(name => doc.share.get(name)), { captureTimeout: 0 })
    }
    this.clients.push(client)
  }
  // Asks what is open, and this, whose answer is needed now.
  async tell(question) {
    this.questions.push(question)
    await this.hear()
    return this.answers.at(-1)
  }
  async hear() {
    const open = this.questions.slice(this.answers.length)
    this.answers.push(...(await this.driver.ask(open.map(q => q.bytes))))
  }
  // What was answered wrongly.
  async judge() {
    await this.hear()
    const wrong = []
    this.questions.forEach((question, i) => {
      const said = question.judge(this.answers[i])
      if (said !== undefined) wrong.push({ question, said })
    })
    return wrong
  }
  // A client of another kind: yrs, by ywasm. Its updates count; how it reads others' does not (it orders some otherwise).
  addWasm(id) {
    const doc = new W.YDoc({ clientID: id, gc: true })
    this.wasm = { doc, inbox: [], text: doc.getText('t'), map: doc.getMap('m'), array: doc.getArray('a'), apply: update => this.guard(() => W.applyUpdate(doc, update)) }
  }
  // What ywasm does not survive is its own affair: the history goes on without it.
  guard(f) {
    try {
      return f()
    } catch {
      this.receivers.splice(this.receivers.indexOf(this.wasm), 1)
      this.wasm.ended = true
      History.wasmFailed++
      return undefined
    }
  }
  editWasm() {
    const { random, wasm } = this
    const update = this.guard(() => {
      const before = W.encodeStateVector(wasm.doc)
      editWasm(random, wasm)
      return W.encodeStateAsUpdate(wasm.doc, before)
    })
    if (update?.length > 2) this.send(wasm, [update, Y.convertUpdateFormatV1ToV2(update)])
  }
  ask(bytes, what, judge, twin, applied) {
    this.questions.push({ bytes, what, judge, twin, applied })
  }
  send(from, update) {
    for (const to of this.receivers) {
      if (to !== from && !this.random.chance(0.03)) to.inbox.push(update)
    }
  }
  async run() {
    const { random } = this
    for (let step = 0; step < this.steps; step++) {
      const what = random.below(20)
      if (what < 9) await this.edit()
      else if (what < 17) this.deliver(random.pick(this.receivers))
      else if (what < 18) random.pick(this.twins).compare(random.chance(0.2))
      else if (what < 19) this.deliverMerged(random.pick(this.receivers))
      else this.servers[1].snapshot()
    }
    this.settle()
    return this
  }
  async edit() {
    const { random, writer } = this
    if (writer && random.chance(0.3)) return this.editHere(writer)
    if (writer && this.wasm === undefined && random.chance(0.15)) return this.restore()
    if (this.wasm && !this.wasm.ended && random.chance(0.4)) return this.editWasm()
    const client = random.pick(this.clients)
    if (client.undo && random.chance(0.2)) {
      if (random.chance(0.6)) client.undo.undo()
      else client.undo.redo()
      return
    }
    client.doc.transact(() => {
      for (let n = random.chance(0.7) ? 1 : 1 + random.below(5); n > 0; n--) edit(random, client.doc, this.kinds)
    })
  }
  // Ashlar edits. What it says to the others makes of its twin what the same edit of yjs makes of a copy.
  async editHere(writer) {
    if (this.kinds.every(kind => kind === 'xml')) return
    const copy = passiveDoc({ gc: false })
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(writer.doc))
    copy.clientID = writer.client
    let asked
    plainEdit(this.random, copy, this.kinds, (letter, ...args) => {
      const known = args.map(arg => (typeof arg === 'number' || typeof arg === 'string' ? arg : { any: arg }))
      if (letter === 'S') known[2] = { any: args[2] }
      asked = command(letter, writer.slot, ...known)
    })
    const question = { bytes: asked, what: `edit ${String.fromCharCode(asked[0])}`, judge: none, twin: writer }
    const answer = await this.tell(question)
    if (answer.error !== undefined) return
    Y.applyUpdate(writer.doc, answer)
    const [made, wanted] = [writer.doc, copy].map(doc => [canonical(runs(doc.share.get('t'))), canonical(doc.share.get('a')), canonical(doc.share.get('m'))].join(' '))
    if (made !== wanted) question.judge = () => `${hex(answer)} makes ${made}, not ${wanted}`
    const update = Uint8Array.from(answer)
    this.send(writer, [update, Y.convertUpdateFormatV1ToV2(update)])
  }
  // What Ashlar's document was at some time, once more: by an edit, which makes yjs' twin the same.
  async restore() {
    const { random, writer } = this
    this.versions ??= []
    if (this.versions.length === 0 || random.chance(0.5)) this.versions.push(Uint8Array.from(Y.encodeStateAsUpdate(writer.doc)))
    const version = random.pick(this.versions)
    const then = passiveDoc()
    Y.applyUpdate(then, version)
    const to = writer.slot + 200
    this.ask(command('n', to, 0, 1), 'new', none)
    this.ask(command('a', to, V1, version), 'version', none)
    const question = { bytes: command('B', writer.slot, to), what: 'restore', judge: none, twin: writer }
    const answer = await this.tell(question)
    if (answer.error !== undefined) return
    const before = Y.encodeStateVector(writer.doc)
    Y.applyUpdate(writer.doc, answer)
    const [made, wanted] = [writer.doc, then].map(doc => [canonical(runs(doc.share.get('t'))), ...['t', 'a', 'm', 'x'].map(root => canonical(doc.share.get(root)))].join(' '))
    if (made !== wanted) question.judge = () => `${hex(answer)} makes ${made}, not ${wanted}`
    const again = await this.tell({ bytes: command('B', writer.slot, to), what: 'restore again', judge: same(Uint8Array.of(0, 0)), twin: writer })
    if (again.error === undefined) Y.applyUpdate(writer.doc, again)
    History.restored++
    if (Buffer.compare(before, Y.encodeStateVector(writer.doc)) === 0 && answer.length === 2) return
    const update = Uint8Array.from(answer)
    this.send(writer, [update, Y.convertUpdateFormatV1ToV2(update)])
  }
  deliver(to) {
    const { random } = this
    if (to.inbox.length === 0) return
    const at = random.chance(0.6) ? 0 : random.below(to.inbox.length)
    const [update, update2] = to.inbox[at]
    if (!random.chance(0.1)) to.inbox.splice(at, 1)
    to.apply(update, update2)
  }
  // Several as one, made by yjs; Ashlar's own merge says the same bytes.
  deliverMerged(to) {
    const { random } = this
    const some = to.inbox.filter(() => random.chance(0.6)).map(([update]) => update)
    if (some.length === 0) return
    if (this.wasm !== undefined) return to.apply(Y.mergeUpdates(some), Y.convertUpdateFormatV1ToV2(Y.mergeUpdates(some)))
    const merged = Y.mergeUpdates(some)
    this.ask(command('M', V1, some.length, ...some), 'merge', same(merged))
    const merged2 = Y.convertUpdateFormatV1ToV2(merged)
    this.ask(command('c', V2, merged), 'to V2', same(merged2))
    this.ask(command('c', V1, merged2), 'to V1', same(Y.convertUpdateFormatV2ToV1(merged2)))
    this.ask(command('v', V1, merged), 'state vector of an update', same(Y.encodeStateVectorFromUpdate(merged)))
    const have = Y.encodeStateVector(random.pick(this.docs))
    this.ask(command('D', V1, merged, have), 'diff', same(Y.diffUpdate(merged, have)))
    this.ask(command('D', V2, merged2, have), 'diff V2', same(Y.diffUpdateV2(merged2, have)))
    to.apply(merged, merged2)
  }
  // Everybody gets what he lacks: the servers from each client and each other, as providers do it.
  settle() {
    const sync = (from, to) => {
      const have = Y.encodeStateVector(to.doc)
      to.apply(Y.encodeStateAsUpdate(from.doc, have), Y.encodeStateAsUpdateV2(from.doc, have))
    }
    const all = this.receivers.filter(one => one !== this.wasm)
    const rest = this.wasm && !this.wasm.ended && this.guard(() => W.encodeStateAsUpdate(this.wasm.doc, Y.encodeStateVector(this.servers[0].doc)))
    if (rest) this.servers[0].apply(rest)
    for (const from of all) if (from !== this.servers[0]) sync(from, this.servers[0])
    for (const to of all) if (to !== this.servers[0]) sync(this.servers[0], to)
    for (const twin of this.twins) twin.compare(true)
    for (const client of this.clients) {
      const said = differs(client.doc, this.servers[0].doc, false)
      if (said !== undefined) this.disagreement = said
    }
  }
  // After the answers: what Ashlar would have sent on makes the same document of somebody who heard nothing else.
  checkBroadcasts() {
    const [server] = this.servers
    if (server.broadcasts === undefined || server.pending) return undefined
    const doc = passiveDoc()
    for (const [format, update] of server.broadcasts) (format === V2 ? Y.applyUpdateV2 : Y.applyUpdate)(doc, update)
    return differs(doc, server.doc)
  }
}

export { hex }
