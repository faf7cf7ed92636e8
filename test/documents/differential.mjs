// Ashlar's documents against yjs (and ywasm) on random histories: equal text, JSON, delta, state vector, delete set, snapshots,
// positions, and equal bytes wherever the format leaves no choice.
//
//   node test/documents/differential.mjs --driver build/release/documents_driver [--histories 5000] [--seed 1] [--seconds 0]
//        [--wasm 20] [--failures FILE]
//
// --wasm N: in every Nth history one of the clients is ywasm's. A failure is made smaller by
// leaving out updates and printed with its seed; the last line is the count.
import fs from 'node:fs'
import { parseArgs } from 'node:util'

import * as Y from 'yjs'

import { command, Driver, V1 } from './driver.mjs'
import { hex, History } from './history.mjs'
import { passiveDoc } from './passive.mjs'

const { values: args } = parseArgs({
  options: {
    driver: { type: 'string', default: 'build/release/documents_driver' },
    histories: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '0' },
    wasm: { type: 'string', default: '20' },
    failures: { type: 'string' },
    most: { type: 'string', default: '10' },
  },
})
// A failed ywasm throws once more when its objects are collected.
process.on('uncaughtException', error => {
  if (History.wasmFailed === 0 || !error.stack.includes('ywasm')) throw error
})
const driver = new Driver(args.driver)
const forget = command('z')

// The same updates to one document, fewer and fewer, for as long as it still differs from yjs'.
async function smaller(history, twin) {
  if (twin === undefined || twin.client > 0) return undefined
  const rounds = async updates => {
    const doc = passiveDoc({ gc: twin.gc })
    const alone = new History(0, driver, { steps: 0 })
    const [fresh] = alone.servers
    alone.questions.splice(0)
    Object.assign(fresh, { doc, gc: twin.gc, said: undefined })
    doc.on('update', update => { fresh.said = update })
    alone.ask(command('n', 0, 0, twin.gc ? 1 : 0), 'new', () => undefined)
    for (const [format, bytes] of updates) {
      fresh.said = undefined
      if (format === V1) Y.applyUpdate(doc, bytes)
      else Y.applyUpdateV2(doc, bytes)
      fresh.retry()
      const changed = fresh.said !== undefined
      alone.ask(command('a', 0, format, bytes), 'apply', answer => {
        if (answer.error !== undefined) return `refused: ${answer.error}`
        return (answer[0] === 1) === changed ? undefined : `changed: ${answer[0]}, yjs says ${changed}`
      })
    }
    fresh.compare(true)
    const wrong = await alone.judge()
    return wrong[0]
  }
  let updates = history.questions.filter(q => q.what === 'apply' && q.twin === twin).map(q => q.applied)
  let found
  try {
    found = await rounds(updates)
    if (found === undefined) return undefined
    for (let size = Math.ceil(updates.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = 0; at < updates.length;) {
        const fewer = [...updates.slice(0, at), ...updates.slice(at + size)]
        const still = await rounds(fewer)
        if (still === undefined) at += size
        else [updates, found] = [fewer, still]
      }
    }
  } catch (error) {
    found = { said: error.message, question: { what: 'crash' } }
  }
  return { found, text: updates.map(([format, bytes]) => `    V${format} ${hex(bytes)}`).join('\n'), gc: twin.gc }
}

const cut = text => (text.length > 3000 ? `${text.slice(0, 3000)}… (${text.length})` : text)
async function report(history, wrong) {
  const { question, said } = wrong[0]
  let out = `seed ${history.seed}: ${question.what} (document ${question.twin?.slot ?? '-'}): ${cut(said)}\n`
  if (question.twin === undefined && question.bytes) out += `  command ${cut(hex(question.bytes))}\n`
  const small = await smaller(history, question.twin)
  if (small === undefined && question.twin !== undefined) {
    const told = history.questions.slice(0, history.questions.indexOf(question) + 1).filter(q => q.twin === question.twin && (q === question || q.applied || q.what.startsWith('edit')))
    out += `  commands\n${told.map(q => `    ${q.what} ${hex(q.bytes)}`).join('\n')}\n`
  }
  if (small) out += `  smaller: gc ${small.gc}, ${small.found.question.what}: ${cut(small.found.said)}\n${small.text}\n`
  console.log(out)
  if (args.failures) fs.appendFileSync(args.failures, `${new Date().toISOString()} ${out}\n`)
}

const first = Number(args.seed)
const until = Number(args.seconds) > 0 ? Date.now() + Number(args.seconds) * 1000 : Infinity
let passed = 0
let failed = 0
let questions = 0
let threw = 0
let cuts = 0
let disagreements = 0 // of yjs' clients with each other
let otherXml = 0 // in some of these
const kindsOfFailure = new Map() // of each kind a few are reported
for (let i = 0; i < Number(args.histories) && Date.now() < until && failed < Number(args.most); i++) {
  const history = new History(first + i, driver, { wasm: Number(args.wasm) > 0 && (first + i) % Number(args.wasm) === 0 })
  const cutsBefore = History.otherCuts
  let wrong
  try {
    await history.run()
    wrong = await history.judge()
  } catch (error) {
    if (/node_modules.yjs/.test(error.stack) && driver.ended === undefined) {
      console.log(`seed ${history.seed}: yjs threw: ${error.stack}`)
      threw++
      await history.judge()
      await driver.ask([forget])
      continue
    }
    wrong = [{ question: { what: 'driver', twin: history.servers[0] }, said: error.stack }]
  }
  questions += history.questions.length
  if (history.disagreement !== undefined) disagreements++
  if (History.otherCuts > cutsBefore) cuts++
  if (wrong.length === 0) {
    const said = history.checkBroadcasts()
    if (said !== undefined) wrong.push({ question: { what: 'what is sent on', twin: undefined }, said })
  }
  if (driver.ended === undefined) await driver.ask([forget])
  // Where yjs' clients do not come to the same (ids were given out twice), a value may stand among XML: yjs prints it, Ashlar leaves it
  // out. State vector, bytes and delete set are held equal all the same.
  if (history.disagreement !== undefined && wrong.length > 0 && wrong.every(one => one.question.what === 'xml')) {
    wrong.length = 0
    otherXml++
  }
  if (wrong.length === 0) passed++
  else {
    failed++
    const { what } = wrong[0].question
    kindsOfFailure.set(what, (kindsOfFailure.get(what) ?? 0) + 1)
    if (kindsOfFailure.get(what) <= 3) await report(history, wrong)
  }
}
for (const [what, count] of kindsOfFailure) console.log(`  ${what}: ${count} histories`)
driver.stop()
if (History.otherOrders > 0) console.log(`${History.otherOrders} answers had a map's keys in another order than yjs`)
if (cuts > 0) console.log(`in ${cuts} histories deleted neighbours were in one piece where yjs had two, or in two where it had one`)
console.log(`${History.restored} times an older state was restored`)
if (disagreements > 0) console.log(`in ${disagreements} histories yjs' clients did not come to the same`)
if (otherXml > 0) console.log(`in ${otherXml} of these a value stood among XML`)
if (History.wasmFailed > 0) console.log(`ywasm failed in ${History.wasmFailed} histories, which went on without it`)
console.log(`${questions} questions in histories ${first} to ${first + passed + failed + threw - 1}`)
if (cuts > 3 + passed / 5000) {
  console.log(`that is too often`)
  failed++
}
console.log(`${passed} passed, ${failed} failed, ${threw} skipped`)
process.exitCode = failed === 0 ? 0 : 1
