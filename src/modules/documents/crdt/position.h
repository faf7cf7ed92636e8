// Relative positions: a place between two units, told by the unit that it is next to.
//
// On the wire (as yjs encodes them): 0 and the unit's id, or 1 and a root's name, or 2 and the id
// of the item of a nested type (both: at its end); then assoc, varint: >= 0 the unit after the
// place, < 0 the one before it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/documents/crdt/struct_store.h"

namespace ashlar::crdt {

// `type` is the root's, 0 where there is none yet. REQUIRES: index <= its length
std::string encode_position(const StructStore& store, std::string_view root, TypeIndex type,
                            std::uint64_t index, int assoc);
// None: what it names is not here, or was collected. kInvalid position_malformed
base::Result<std::optional<std::uint64_t>> decode_position(const StructStore& store,
                                                           std::string_view bytes);

}  // namespace ashlar::crdt
