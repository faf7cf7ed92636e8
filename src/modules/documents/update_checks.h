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

}  // namespace ashlar::documents
