// A document, or a part of it, as an update.
#pragma once

#include <string>

#include "modules/documents/crdt/pending.h"
#include "modules/documents/crdt/struct_store.h"
#include "modules/documents/crdt/update.h"

namespace ashlar::crdt {

StateVector state_vector_of(const StructStore& store);
DeleteSet delete_set_of(const StructStore& store);

// What is new to who has `have`, what waits included; the delete set is whole.
std::string encode_since(const StructStore& store, const Pending& pending, const StateVector& have,
                         Format format);
// What `txn` did (V1). REQUIRES: it is committed and not yet settled
std::string encode_change(const StructStore& store, const Transaction& txn);
// As it was at `then`, whose every client's clock is known here.
std::string encode_at(const StructStore& store, const Snapshot& then);

}  // namespace ashlar::crdt
