// The program of documents_driver.cc: commands as bytes, answers as bytes.
import { spawn } from 'node:child_process'
import * as encoding from 'lib0/encoding'

export const V1 = 1
export const V2 = 2

// Letter, then each argument by its type: numbers, strings, bytes; { any } for a value of lib0's, { int } for a varint.
export function command(letter, ...args) {
  const out = encoding.createEncoder()
  encoding.write(out, letter.charCodeAt(0))
  for (const arg of args) {
    if (typeof arg === 'number') encoding.writeVarUint(out, arg)
    else if (typeof arg === 'string') encoding.writeVarString(out, arg)
    else if (arg instanceof Uint8Array) encoding.writeVarUint8Array(out, arg)
    else if ('int' in arg) encoding.writeVarInt(out, arg.int)
    else encoding.writeAny(out, arg.any)
  }
  return encoding.toUint8Array(out)
}

export class Driver {
  constructor(program) {
    this.program = program
    this.waiting = []
    this.parts = []
    this.size = 0
    this.start()
  }
  start() {
    this.child = spawn(this.program, [], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.ended = undefined
    const child = this.child
    child.stdout.on('data', bytes => this.take(bytes))
    child.stdin.on('error', () => {})
    child.on('exit', (code, signal) => {
      if (this.child !== child) return
      this.ended = new Error(`the driver ended: ${signal ?? code}`)
      for (const wait of this.waiting.splice(0)) wait.reject(this.ended)
      this.parts = []
      this.size = 0
    })
  }
  take(bytes) {
    this.parts.push(bytes)
    this.size += bytes.length
    if (this.waiting.length === 0 || this.size < this.waiting[0].least) return
    let all = this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts)
    while (this.waiting.length > 0) {
      const wait = this.waiting[0]
      while (wait.answers.length < wait.count && all.length >= 4) {
        const size = all.readUInt32BE(0)
        if (all.length < 4 + size) break
        wait.answers.push(all.subarray(4, 4 + size))
        all = all.subarray(4 + size)
      }
      if (wait.answers.length < wait.count) break
      this.waiting.shift()
      wait.resolve(wait.answers)
    }
    this.parts = all.length > 0 ? [all] : []
    this.size = all.length
  }
  // Answers of all commands: bytes, or { error: reason }.
  async ask(commands, timeoutMs = 60_000) {
    if (this.ended) this.start()
    if (commands.length === 0) return [] // no answer would come
    const bytes = Buffer.allocUnsafe(commands.reduce((sum, c) => sum + 4 + c.length, 0))
    let at = 0
    for (const one of commands) {
      at = bytes.writeUInt32BE(one.length, at)
      bytes.set(one, at)
      at += one.length
    }
    const answers = new Promise((resolve, reject) => this.waiting.push({ count: commands.length, least: 1, answers: [], resolve, reject }))
    const timer = setTimeout(() => this.child.kill('SIGKILL'), timeoutMs)
    this.child.stdin.write(bytes)
    try {
      return (await answers).map(a => (a[0] === 0 ? a.subarray(1) : { error: a.toString('utf8', 1) }))
    } finally {
      clearTimeout(timer)
    }
  }
  stop() {
    this.child.stdin.end()
  }
}
