// Commit: what happens to a document once a transaction's changes are all in.
//
// What was deleted gives its content back (with gc), and items that a reader could not tell from
// one are made one, around each place that changed and nowhere else; as yjs does it, so that both
// encode a document to the same bytes.
#pragma once

#include "modules/documents/crdt/struct_store.h"

namespace ashlar::crdt {

// Afterwards txn.deleted is sorted by client and clock, without neighbours that touch.
void commit(StructStore& store, Transaction& txn, bool gc);
// Merges what was split for nothing.
void merge_mended(StructStore& store, Transaction& txn);
// The next transaction begins here.
void settle(StructStore& store, const Transaction& txn);

}  // namespace ashlar::crdt
