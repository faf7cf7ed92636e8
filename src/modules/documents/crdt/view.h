// Views: what a reader sees of a type, as yjs' toString, toJSON and toDelta give it.
//
// JSON is as JSON.stringify writes it: members whose key is an array index first, ascending, then
// in the order in which the keys came; undefined is left out of objects and null in arrays.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/documents/crdt/any.h"
#include "modules/documents/crdt/struct_store.h"

namespace ashlar::crdt {

// The strings of a text, and the markup of XML that lies in it.
std::string text_of(const StructStore& store, TypeIndex type);
// A type's own toString(): `as` is what it is (roots do not know it).
void write_markup(const StructStore& store, TypeIndex type, TypeRef as, std::string& out);
// Unit `index` of an item's content; nothing for undefined.
void write_unit_json(const StructStore& store, const Item& item, std::uint32_t index,
                     std::string& out);
void write_type_json(const StructStore& store, TypeIndex type, TypeRef as, std::string& out);
std::string delta_of(const StructStore& store, TypeIndex type);

// A run of a text between two format marks, or one embed.
struct DeltaOp {
  ItemRef embed = 0;  // 0: a string
  std::string text;
  std::vector<std::pair<KeyIndex, std::string_view>> attributes;  // values as JSON
};
std::vector<DeltaOp> delta_ops(const StructStore& store, TypeIndex type);

// Value `index` of an item's content. Strings: one unit. REQUIRES: item.visible(), no type
Any value_at(const Item& item, std::uint32_t index);
// A member's JSON: canonical, without spaces.
std::string canonical_json(std::string_view json);
// The order in which JavaScript lists an object's keys: positions in `keys`.
std::vector<std::size_t> member_order(const std::vector<std::string_view>& keys);
// `a` before `b` by UTF-16 code units. REQUIRES: valid UTF-8
bool utf16_less(std::string_view a, std::string_view b);

}  // namespace ashlar::crdt
