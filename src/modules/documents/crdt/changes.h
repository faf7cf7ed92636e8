// Changes between two states of a root, as JSON: what an observer (yjs' observeDeep) would have
// been told of, had one become the other in one step, and what was there before.
//
//   [{"path":[…],"delta":[{"retain":5},{"delete":3,"old":"abc"},{"insert":"x","attributes":{…}}],
//     "keys":{"state":{"action":"update","old":"draft","new":"sent"}}}, …]
//
// One entry for each type in which something differs; `path` leads to it from the root, in the
// newer state: indices of lists, keys of maps. Lists that are no text insert and delete arrays of
// values; types in them are as toJSON() gives them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "modules/documents/crdt/comparison.h"
#include "modules/documents/crdt/doc.h"

namespace ashlar::crdt {

// Ends, `truncated`, where it has become `max_bytes` long. kInvalid comparison_too_costly
base::Result<Changes> changes_of(const StructStore& from, const StructStore& to,
                                 std::string_view root, std::size_t max_bytes);

}  // namespace ashlar::crdt
