// Random edits of a Yjs document: text with formats and embeds, arrays, maps, XML, types within types, subdocuments.
import * as Y from 'yjs'

export const roots = { t: 'text', a: 'array', m: 'map', x: 'xml' }

export function declare(doc) {
  doc.getText('t')
  doc.getArray('a')
  doc.getMap('m')
  doc.getXmlFragment('x')
  return doc
}

const words = ['a', 'b', 'xyz', 'Hello', ' ', '\n', 'é', '€uro', '😀', 'a😀b', '👩‍👧', '"\\\u0001', 'z'.repeat(30)]
// Without surrogate pairs, where a client cannot stand that they are cut.
const plainWords = words.filter(word => !/[\ud800-\udfff]/.test(word))
const wordOf = random => random.pick(random.plain ? plainWords : words)
const keys = ['k', 'l', 'é', '10', '9', 'long key', '']
const attributes = [
  { bold: true }, { bold: null }, { color: 'red' }, { color: '#0f0' }, { color: null }, { link: { href: 'x', n: 1 } }, { bold: true, color: 'red' },
  { comment: [1, 'é'] }, { link: null, bold: null },
]

function scalar(random) {
  switch (random.below(12)) {
    case 0: return random.below(200) - 100
    case 1: return random.pick([0, -0, 0.1, 1.5, -2.25, 1e21, 5e-324, 2147483647, 2147483648, -2147483648, Number.MAX_SAFE_INTEGER])
    case 2: return random.chance(0.5)
    case 3: return null
    case 4: return random.plain ? { b: 1 } : { b: 1, a: [1, { c: 'é' }], 3: null } // yrs writes keys in any order
    case 5: return [[], {}, 'q']
    case 6: return new Uint8Array([0, 255, random.below(256)])
    case 7: return ''
    default: return wordOf(random)
  }
}

function value(random, depth) {
  if (depth > 3 || random.chance(0.75)) return scalar(random)
  switch (random.below(9)) {
    case 0: return new Y.Map([['n', 1], ['s', wordOf(random)]])
    case 1: return new Y.Map()
    case 2: return Y.Array.from([1, 'two', null])
    case 3: return new Y.Array()
    case 4: return new Y.Text(wordOf(random))
    case 5: return new Y.XmlElement('div')
    case 6: return new Y.XmlText('xt')
    case 7: return new Y.XmlFragment()
    default: return new Y.Doc({ guid: `sub-${random.below(1000)}`, autoLoad: random.chance(0.5) })
  }
}

function editText(random, text) {
  const length = text.length
  const at = random.below(length + 1)
  const kind = random.below(20)
  if (kind < 9 || length === 0) {
    const given = random.below(4)
    if (given === 0) text.insert(at, wordOf(random), random.pick(attributes))
    else if (given === 1) text.insert(at, wordOf(random), {})
    else text.insert(at, wordOf(random))
  } else if (kind < 13) {
    text.delete(random.below(length), 1 + random.below(Math.min(length, 6)))
  } else if (kind < 17) {
    const from = random.below(length)
    text.format(from, 1 + random.below(length - from), random.pick(attributes))
  } else if (kind < 18) {
    text.insertEmbed(at, random.pick([{ image: 'i.png' }, { w: 1.5, n: null }, 'word', 3]), random.chance(0.5) ? {} : random.pick(attributes))
  } else if (kind < 19) {
    text.applyDelta([{ retain: Math.min(at, length) }, { insert: wordOf(random), attributes: random.pick(attributes) }, { delete: Math.min(1, length - at) }].filter(o => o.retain !== 0 && o.delete !== 0))
  } else if (text.constructor === Y.Text || text.constructor === Y.XmlText) {
    if (random.chance(0.5)) text.setAttribute(random.pick(['ka', 'kb']), scalar(random))
    else text.removeAttribute('ka')
  }
}

function editList(random, array, depth) {
  const length = array.length
  if (length === 0 || random.chance(0.65)) {
    const many = []
    for (let n = 1 + random.below(3); n > 0; n--) many.push(value(random, depth))
    array.insert(random.below(length + 1), many)
  } else {
    const from = random.below(length)
    array.delete(from, 1 + random.below(Math.min(3, length - from)))
  }
}

function editMap(random, map, depth) {
  const key = random.pick(keys)
  const kind = random.below(10)
  if (kind < 7) map.set(key, value(random, depth))
  else if (kind < 9) map.delete(key)
  else if (random.chance(0.3)) map.clear()
}

function editXml(random, xml) {
  const isElement = xml instanceof Y.XmlElement
  if (isElement && random.chance(0.4)) {
    const name = random.pick(['class', 'id', 'data-é'])
    if (random.chance(0.8)) xml.setAttribute(name, random.pick(['1', 'b"<', '']))
    else xml.removeAttribute(name)
    return
  }
  const length = xml.length
  if (length === 0 || random.chance(0.65)) {
    const made = random.below(4)
    const child = made === 0 ? new Y.XmlElement('br') : made === 1 ? new Y.XmlText(wordOf(random)) : made === 2 ? new Y.XmlElement(random.pick(['p', 'H1'])) : new Y.XmlText()
    xml.insert(random.below(length + 1), [child])
    if (child instanceof Y.XmlElement && random.chance(0.5)) {
      child.setAttribute('z', 'q')
      child.insert(0, [new Y.XmlText('in')])
    }
  } else {
    const from = random.below(length)
    xml.delete(from, 1 + random.below(Math.min(2, length - from)))
  }
}

// A type within this one, or this one.
function descend(random, type, depth) {
  if (depth > 5 || random.chance(0.35)) return [type, depth]
  let inside = []
  if (type instanceof Y.Map) inside = [...type.values()]
  else if (type instanceof Y.Array) inside = type.toArray()
  else if (type instanceof Y.XmlFragment) inside = type.toArray()
  inside = inside.filter(v => v instanceof Y.AbstractType)
  return inside.length === 0 ? [type, depth] : descend(random, random.pick(inside), depth + 1)
}

export function edit(random, doc, kinds) {
  const kind = random.pick(kinds)
  const root = kind === 'text' ? doc.getText('t') : kind === 'array' ? doc.getArray('a') : kind === 'map' ? doc.getMap('m') : doc.getXmlFragment('x')
  const [type, depth] = descend(random, root, 0)
  if (type instanceof Y.Text) editText(random, type)
  else if (type instanceof Y.Array) editList(random, type, depth)
  else if (type instanceof Y.Map) editMap(random, type, depth)
  else editXml(random, type)
}

// An edit that Ashlar's own interface knows too: does it here and says it as a command.
export function plainEdit(random, doc, kinds, command) {
  const kind = random.pick(kinds.filter(k => k !== 'xml'))
  if (kind === 'text') {
    const text = doc.getText('t')
    const at = random.below(text.length + 1)
    const made = random.below(6)
    if (made < 3 || text.length === 0) {
      const word = wordOf(random)
      const given = made === 0 ? random.pick(attributes) : undefined
      text.insert(at, word, given)
      return command('I', 't', at, word, given ?? {})
    }
    const from = random.below(text.length)
    const length = 1 + random.below(text.length - from)
    if (made < 5) {
      text.delete(from, length)
      return command('R', 't', from, length)
    }
    const given = random.pick(attributes)
    text.format(from, length, given)
    return command('F', 't', from, length, given)
  }
  if (kind === 'array') {
    const array = doc.getArray('a')
    if (array.length === 0 || random.chance(0.7)) {
      const at = random.below(array.length + 1)
      const many = [scalar(random), scalar(random), scalar(random)].slice(random.below(3))
      array.insert(at, many)
      return command('V', 'a', at, many)
    }
    const from = random.below(array.length)
    array.delete(from, 1)
    return command('R', 'a', from, 1)
  }
  const map = doc.getMap('m')
  const key = random.pick(keys)
  if (map.has(key) && random.chance(0.3)) {
    map.delete(key)
    return command('K', 'm', key)
  }
  const set = scalar(random)
  map.set(key, set)
  return command('S', 'm', key, set)
}

// One edit of a client that is ywasm's.
export function editWasm(random, { text, map, array }) {
  const kind = random.below(8)
  const length = text.length()
  if (kind < 3 || (kind < 5 && length === 0)) text.insert(random.below(length + 1), wordOf(random), random.chance(0.3) ? { bold: true } : undefined)
  else if (kind < 4) text.delete(random.below(length), 1)
  else if (kind < 5) text.format(0, length, { bold: random.pick([true, null]), n: 1.5 })
  else if (kind < 6) map.set(random.pick(['k', 'l', '9']), random.pick([1, 'v', null, [1, 2], { a: 0.1 }, 2 ** 20]))
  else if (kind < 7 || array.length() === 0) array.insert(random.below(array.length() + 1), [random.pick([7, 'w', { q: [] }, false]), 'x'])
  else array.delete(random.below(array.length()), 1)
}
