#include <algorithm>

#include "modules/documents/crdt/any_codec.h"
#include "modules/documents/crdt/view.h"

namespace ashlar::crdt {
namespace {

using Attributes = std::vector<std::pair<KeyIndex, std::string_view>>;

void set_attribute(Attributes& attributes, KeyIndex key, std::string_view value) {
  const auto at = std::ranges::find(attributes, key, &Attributes::value_type::first);
  if (value == "null") {
    if (at != attributes.end()) attributes.erase(at);
  } else if (at != attributes.end()) {
    at->second = value;
  } else {
    attributes.emplace_back(key, value);
  }
}

void write_attributes(const StructStore& store, const Attributes& attributes, std::string& out) {
  std::vector<std::string_view> keys;
  for (const auto& [key, value] : attributes) keys.push_back(store.keys().name(key));
  out += ",\"attributes\":{";
  bool first = true;
  for (const std::size_t at : member_order(keys)) {
    if (!first) out += ',';
    first = false;
    write_json_string(out, keys[at]);
    out += ':';
    out += canonical_json(attributes[at].second);
  }
  out += '}';
}

}  // namespace

std::vector<DeltaOp> delta_ops(const StructStore& store, TypeIndex type) {
  std::vector<DeltaOp> ops;
  Attributes current;
  std::string text;
  const auto pack = [&] {
    if (text.empty()) return;
    ops.push_back({0, std::move(text), current});
    text.clear();
  };
  std::string unused;
  for (ItemRef ref = store.type(type).start; ref != 0; ref = store.item(ref).right) {
    const Item& item = store.item(ref);
    if (item.deleted) continue;
    switch (item.ref) {
      case Ref::kString:
        Contents::append_text(item, 0, item.length, text);
        break;
      case Ref::kEmbed:
      case Ref::kType:
        pack();
        ops.push_back({ref, {}, current});
        break;
      case Ref::kFormat:
        pack();
        set_attribute(current, Contents::format_key(item), Contents::view(item, unused));
        break;
      default:
        break;
    }
  }
  pack();
  return ops;
}

std::string delta_of(const StructStore& store, TypeIndex type) {
  std::string out = "[";
  for (const DeltaOp& op : delta_ops(store, type)) {
    out += out.size() > 1 ? ",{\"insert\":" : "{\"insert\":";
    if (op.embed != 0) {
      write_unit_json(store, store.item(op.embed), 0, out);
    } else {
      write_json_string(out, op.text);
    }
    if (!op.attributes.empty()) write_attributes(store, op.attributes, out);
    out += '}';
  }
  return out + ']';
}

}  // namespace ashlar::crdt
