#include "modules/documents/crdt/flat_list.h"

#include <algorithm>

#include "modules/documents/crdt/view.h"

namespace ashlar::crdt {
namespace {

// Bytes that no UTF-8 has, before what is not text.
constexpr char kTypeTag = '\xff';
constexpr char kFormatsTag = '\xfe';
constexpr char kValueTag = '\xfd';
constexpr char kKeyTag = '\xfc';
constexpr char kEndTag = '\xfb';

void set_format(Formats& formats, std::string_view key, std::string_view value) {
  const auto at = std::ranges::lower_bound(formats, key, {}, &Formats::value_type::first);
  const bool there = at != formats.end() && at->first == key;
  if (value == "null") {
    if (there) formats.erase(at);
    return;
  }
  std::string canonical = canonical_json(value);
  if (there) {
    at->second = std::move(canonical);
  } else {
    formats.emplace(at, std::string(key), std::move(canonical));
  }
}

std::size_t size_of(const Formats& formats) {
  std::size_t size = 1;
  for (const auto& [key, value] : formats) size += key.size() + value.size() + 64;
  return size;
}

void write_type(const StructStore& store, TypeIndex index, std::string& out, Effort& effort) {
  const Type& type = store.type(index);
  out += kTypeTag;
  out += static_cast<char>(type.ref);
  write_var_bytes(out, type.name == kNoKey ? std::string_view() : store.keys().name(type.name));
  const FlatList list = flatten(store, index, effort);
  std::uint32_t formats = 0;
  for (const Slice& slice : list.slices) {
    if (effort.is_spent()) return;
    if (list.formats[slice.formats] != list.formats[formats]) {
      formats = slice.formats;
      out += kFormatsTag;
      for (const auto& [key, value] : list.formats[formats]) {
        write_var_bytes(out, key);
        write_var_bytes(out, value);
      }
      out += kEndTag;
    }
    const bool text = store.item(slice.item).ref == Ref::kString;
    for (std::uint32_t i = 0; i < (text ? 1 : slice.length); ++i) {
      write_content(store, text ? slice : slice.part(i, 1), out, effort);
    }
  }
  std::vector<std::pair<std::string_view, ItemRef>> values;
  if (type.keyed) {
    for (const auto& [key, value] : type.keyed->entries()) {
      if (!store.item(value).deleted) values.emplace_back(store.keys().name(key), value);
    }
  }
  std::ranges::sort(values);
  for (const auto& [key, value] : values) {
    if (effort.is_spent()) return;
    out += kKeyTag;
    write_var_bytes(out, key);
    write_content(store, last_unit(store, value), out, effort);
  }
  out += kEndTag;
}

}  // namespace

FlatList flatten(const StructStore& store, TypeIndex type, Effort& effort) {
  FlatList list;
  Formats current;
  bool changed = false;
  std::string unused;
  for (ItemRef ref = store.type(type).start; ref != 0; ref = store.item(ref).right) {
    if (!effort.spend(1)) return list;
    const Item& item = store.item(ref);
    if (item.deleted) continue;
    if (item.ref == Ref::kFormat) {
      const std::string_view value = Contents::view(item, unused);
      if (!effort.spend(value.size())) return list;
      set_format(current, store.keys().name(Contents::format_key(item)), value);
      changed = true;
      continue;
    }
    if (!item.visible()) continue;
    if (std::exchange(changed, false) && current != list.formats.back()) {
      if (!effort.spend(size_of(current))) return list;
      list.formats.push_back(current);
    }
    list.slices.push_back(
        {ref, 0, item.length, static_cast<std::uint32_t>(list.formats.size() - 1)});
  }
  return list;
}

ItemRef live_value(const StructStore& store, const Type& type, std::string_view key) {
  const KeyIndex index = store.keys().find(key);
  const ItemRef value = index == kNoKey ? 0 : type.value(index);
  return value == 0 || store.item(value).deleted ? 0 : value;
}

Slice last_unit(const StructStore& store, ItemRef item) {
  return {item, store.item(item).length - 1, 1, 0};
}

WireStruct wire_part(const StructStore& store, const Slice& slice, std::string& scratch) {
  const Item& item = store.item(slice.item);
  WireStruct out;
  out.length = slice.length;
  out.ref = item.ref;
  if (item.ref == Ref::kType) {
    const Type& type = store.type(item.content.type);
    out.type = type.ref;
    if (type.name != kNoKey) out.key = store.keys().name(type.name);
    return out;
  }
  if (item.ref == Ref::kFormat) out.key = store.keys().name(Contents::format_key(item));
  if (item.ref == Ref::kDoc) out.key = Contents::guid(item);
  if (item.ref == Ref::kString) {
    scratch.clear();
    Contents::append_text(item, slice.offset, slice.offset + slice.length, scratch);
    out.content = scratch;
    return out;
  }
  out.content = Contents::view(item, scratch);
  if (slice.length < item.length) {
    const std::size_t from = value_place(item.ref, out.content, slice.offset);
    const std::size_t to = value_place(item.ref, out.content, slice.offset + slice.length);
    out.content = out.content.substr(from, to - from);
  }
  return out;
}

void write_content(const StructStore& store, const Slice& slice, std::string& out, Effort& effort) {
  const Item& item = store.item(slice.item);
  const std::size_t before = out.size();
  if (item.ref == Ref::kType) {
    write_type(store, item.content.type, out, effort);
  } else if (item.ref == Ref::kString) {
    Contents::append_text(item, slice.offset, slice.offset + slice.length, out);
  } else {
    std::string scratch;
    const WireStruct part = wire_part(store, slice, scratch);
    out += kValueTag;
    out += static_cast<char>(part.ref);
    write_var_bytes(out, part.key);
    write_var_bytes(out, part.content);
  }
  effort.spend(out.size() - before);
}

}  // namespace ashlar::crdt
