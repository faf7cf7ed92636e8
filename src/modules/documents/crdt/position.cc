#include "modules/documents/crdt/position.h"

namespace ashlar::crdt {
namespace {

enum Kind : std::uint8_t { kUnit = 0, kRoot = 1, kNested = 2 };

void write_assoc(std::string& out, int assoc) {
  write_varint(out, {static_cast<std::uint64_t>(assoc < 0 ? -assoc : assoc), assoc < 0});
}

void write_unit(std::string& out, const Id& id) {
  write_varuint(out, kUnit);
  write_varuint(out, id.client);
  write_varuint(out, id.clock);
}

std::uint64_t index_of(const StructStore& store, ItemRef ref, std::uint32_t clock, bool before) {
  const Item& item = store.item(ref);
  std::uint64_t index = 0;
  if (item.visible()) index = clock - item.id.clock + (before ? 1 : 0);
  for (ItemRef left = item.left; left != 0; left = store.item(left).left) {
    if (store.item(left).visible()) index += store.item(left).length;
  }
  return index;
}

}  // namespace

std::string encode_position(const StructStore& store, std::string_view root, TypeIndex type,
                            std::uint64_t index, int assoc) {
  std::string out;
  const auto at_end = [&] {
    write_varuint(out, kRoot);
    write_var_bytes(out, root);
    write_assoc(out, assoc);
    return out;
  };
  if (assoc < 0) {
    if (index == 0) return at_end();
    --index;
  }
  for (ItemRef ref = store.type(type).start; ref != 0; ref = store.item(ref).right) {
    const Item& item = store.item(ref);
    if (item.visible()) {
      if (item.length > index) {
        Id id = store.wire_id(item.id);
        id.clock += index;
        write_unit(out, id);
        write_assoc(out, assoc);
        return out;
      }
      index -= item.length;
    }
    if (item.right == 0 && assoc < 0) {
      write_unit(out, store.wire_id(item.last_id()));
      write_assoc(out, assoc);
      return out;
    }
  }
  return at_end();
}

base::Result<std::optional<std::uint64_t>> decode_position(const StructStore& store,
                                                           std::string_view bytes) {
  using Found = std::optional<std::uint64_t>;
  Reader in(bytes);
  const std::uint64_t kind = in.varuint();
  Id id;
  std::string_view root;
  if (kind == kRoot) {
    root = in.var_string();
  } else {
    id = {in.varuint(), in.varuint()};
  }
  // Older programs write none.
  const bool before = !in.at_end() && in.varint().negative;
  if (!in.ok() || !in.at_end() || kind > kNested) {
    return base::fail(base::Code::kInvalid, "position_malformed",
                      "this is no encoded relative position");
  }
  TypeIndex type = kind == kRoot ? store.find_root(root) : 0;  // 0: one that nobody has written to
  if (kind != kRoot) {
    const ShortId unit = store.short_id(id);
    if (!unit.exists()) return Found();
    const ItemRef ref = store.find(unit);
    const Item& item = store.item(ref);
    if (item.is_gc()) return Found();
    if (kind == kUnit) {
      if (store.is_deleted(store.type(item.parent))) return Found(0);
      return Found(index_of(store, ref, unit.clock, before));
    }
    if (item.ref != Ref::kType) return Found();
    type = item.content.type;
  }
  return Found(before ? 0 : store.type(type).length);
}

}  // namespace ashlar::crdt
