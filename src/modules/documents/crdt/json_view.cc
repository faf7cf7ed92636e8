#include <algorithm>
#include <charconv>
#include <optional>

#include "modules/documents/crdt/any_codec.h"
#include "modules/documents/crdt/view.h"

namespace ashlar::crdt {
namespace {

std::optional<std::uint32_t> array_index(std::string_view key) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), value);
  if (error != std::errc{} || end != key.data() + key.size() || value == ~std::uint32_t{0}) {
    return std::nullopt;
  }
  if (key.size() > 1 && key.front() == '0') return std::nullopt;
  return value;
}

void write_list(const StructStore& store, const Type& type, std::string& out) {
  out += '[';
  bool first = true;
  for (ItemRef ref = type.start; ref != 0; ref = store.item(ref).right) {
    const Item& item = store.item(ref);
    if (!item.visible()) continue;
    for (std::uint32_t i = 0; i < item.length; ++i) {
      if (!first) out += ',';
      first = false;
      const std::size_t before = out.size();
      write_unit_json(store, item, i, out);
      if (out.size() == before) out += "null";
    }
  }
  out += ']';
}

void write_map(const StructStore& store, const Type& type, std::string& out) {
  std::vector<std::string_view> keys;
  std::vector<ItemRef> values;
  if (type.keyed) {
    for (const auto& [key, value] : type.keyed->entries()) {
      if (store.item(value).deleted) continue;
      keys.push_back(store.keys().name(key));
      values.push_back(value);
    }
  }
  out += '{';
  bool first = true;
  for (const std::size_t at : member_order(keys)) {
    const Item& item = store.item(values[at]);
    const std::size_t before = out.size();
    if (!first) out += ',';
    write_json_string(out, keys[at]);
    out += ':';
    const std::size_t value = out.size();
    write_unit_json(store, item, item.length - 1, out);
    if (out.size() == value) {
      out.resize(before);
    } else {
      first = false;
    }
  }
  out += '}';
}

}  // namespace

void write_unit_json(const StructStore& store, const Item& item, std::uint32_t index,
                     std::string& out) {
  if (item.ref == Ref::kType) {
    return write_type_json(store, item.content.type, store.type(item.content.type).ref, out);
  }
  if (item.ref == Ref::kDoc) {
    out += "{}";
    return;
  }
  write_json(out, value_at(item, index));
}

std::vector<std::size_t> member_order(const std::vector<std::string_view>& keys) {
  std::vector<std::pair<std::uint32_t, std::size_t>> indices;
  std::vector<std::size_t> names;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (const auto index = array_index(keys[i])) {
      indices.emplace_back(*index, i);
    } else {
      names.push_back(i);
    }
  }
  std::ranges::sort(indices);
  std::vector<std::size_t> order;
  order.reserve(keys.size());
  for (const auto& [index, at] : indices) order.push_back(at);
  order.insert(order.end(), names.begin(), names.end());
  return order;
}

std::string canonical_json(std::string_view json) {
  Any value;
  std::string out;
  if (read_json(json, value) == Fault::kNone) write_json(out, value);
  return out;
}

Any value_at(const Item& item, std::uint32_t index) {
  std::string scratch;
  Any out;
  if (item.ref == Ref::kString) {
    Contents::append_text(item, index, index + 1, scratch);
    out.value = std::move(scratch);
    return out;
  }
  const std::string_view all = Contents::view(item, scratch);
  switch (item.ref) {
    case Ref::kAny: {
      Reader in(all.substr(value_place(item.ref, all, index)));
      read_any(in, out);
      break;
    }
    case Ref::kJson: {
      Reader in(all.substr(value_place(item.ref, all, index)));
      const std::string_view text = in.var_bytes();
      if (text != "undefined") read_json(text, out);
      break;
    }
    case Ref::kEmbed:
      read_json(all, out);
      break;
    case Ref::kBinary:
      out.value = Bytes{std::string(all)};
      break;
    default:
      break;
  }
  return out;
}

void write_type_json(const StructStore& store, TypeIndex index, TypeRef as, std::string& out) {
  const Type& type = store.type(index);
  switch (as) {
    case TypeRef::kArray:
      return write_list(store, type, out);
    case TypeRef::kMap:
    case TypeRef::kXmlHook:
      return write_map(store, type, out);
    case TypeRef::kText:
    case TypeRef::kXmlElement:
    case TypeRef::kXmlFragment:
    case TypeRef::kXmlText: {
      std::string text;
      write_markup(store, index, as, text);
      return write_json_string(out, text);
    }
  }
}

}  // namespace ashlar::crdt
