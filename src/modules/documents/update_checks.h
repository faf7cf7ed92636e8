// What can be asked of an update (V1) before it is applied. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "modules/documents/crdt/ids.h"

namespace ashlar::crdt {
class Doc;
}

namespace ashlar::documents {

// Of an update whose structs are one client's, as most are: who.
std::optional<crdt::ClientId> only_client(std::string_view update);

// Whether the document has all of it: applying it would change nothing. Linear in both.
bool has_all_of(const crdt::Doc& doc, std::string_view update);

// Whether both lists (update_list.h) have a unit of the same client and clock.
// REQUIRES: crdt::check_update() of each of their updates.
bool have_common_units(std::string_view one, std::string_view other);

}  // namespace ashlar::documents
