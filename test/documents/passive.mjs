// A document of yjs that only takes in what others do. A yjs client also edits on its own: it deletes formats that others' edits
// have made needless, which is an edit like any other and which a server leaves to its clients.
import * as Y from 'yjs'

import { declare } from './edits.mjs'

export function passiveDoc(options = {}, client = 2 ** 45) {
  const doc = declare(new Y.Doc(options))
  doc.clientID = client // by default no history's client
  doc.on('afterTransaction', transaction => { transaction._needFormattingCleanup = false })
  return doc
}
