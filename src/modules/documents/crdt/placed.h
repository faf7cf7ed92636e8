// Placed: where what each client inserted stands now.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "modules/documents/crdt/doc.h"
#include "modules/documents/crdt/struct_store.h"

namespace ashlar::crdt {

// What is visible of a root and of all types in it, in the order of the document; at most `most`.
std::vector<Placed> placed_in(const StructStore& store, std::string_view root, std::size_t most);

}  // namespace ashlar::crdt
