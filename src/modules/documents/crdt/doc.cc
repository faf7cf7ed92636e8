#include "modules/documents/crdt/doc.h"

#include <algorithm>

#include "base/check.h"
#include "modules/documents/crdt/changes.h"
#include "modules/documents/crdt/doc_store.h"
#include "modules/documents/crdt/edit.h"
#include "modules/documents/crdt/encode.h"
#include "modules/documents/crdt/markdown_view.h"
#include "modules/documents/crdt/placed.h"
#include "modules/documents/crdt/position.h"
#include "modules/documents/crdt/view.h"

namespace ashlar::crdt {
namespace {

TypeRef type_of(RootKind kind) {
  switch (kind) {
    case RootKind::kText:
      return TypeRef::kText;
    case RootKind::kArray:
      return TypeRef::kArray;
    case RootKind::kMap:
      return TypeRef::kMap;
    case RootKind::kXmlFragment:
      return TypeRef::kXmlFragment;
    case RootKind::kXmlText:
      break;
  }
  return TypeRef::kXmlText;
}

// 0, a type that is always empty, where there is none.
TypeIndex root_of(const StructStore& store, std::string_view root) { return store.find_root(root); }

// Something of what was there then was not deleted then, and has lost its content since.
bool was_collected(const StructStore& store, const Snapshot& then) {
  for (const auto& [id, end] : then.state) {
    if (end == 0) continue;
    const ClientStructs& client = store.client(store.find_client(id));
    const auto ranges = then.deleted.find(id);
    std::size_t next = 0;
    auto place = client.find(0);
    do {
      const Item& item = store.item(client.at(place).item);
      if (item.id.clock >= end) break;
      if (item.ref != Ref::kGc && item.ref != Ref::kDeleted) continue;
      if (ranges == then.deleted.end()) return true;
      const std::vector<Range>& list = ranges->second;
      while (next < list.size() && list[next].clock + list[next].length <= item.id.clock) ++next;
      if (next == list.size() || list[next].clock > item.id.clock ||
          list[next].clock + list[next].length < std::min<Clock>(item.end(), end)) {
        return true;
      }
    } while (client.next(place));
  }
  return false;
}

}  // namespace

Doc::Doc(Options options) : store_(std::make_unique<Store>(options)) {}
Doc::~Doc() = default;
Doc::Doc(Doc&&) noexcept = default;
Doc& Doc::operator=(Doc&&) noexcept = default;

base::Result<Doc::Applied> Doc::apply(std::string_view update, Format format) {
  return store_->apply(update, format);
}

std::string Doc::encode(Format format) const { return encode_since({}, format); }

std::string Doc::encode_since(const StateVector& have, Format format) const {
  return crdt::encode_since(store_->structs(), store_->pending(), have, format);
}

StateVector Doc::state_vector() const { return state_vector_of(store_->structs()); }
DeleteSet Doc::delete_set() const { return delete_set_of(store_->structs()); }
void Doc::set_limits(const DocLimits& limits) { store_->set_limits(limits); }
bool Doc::has_pending() const { return !store_->pending().empty(); }
StateVector Doc::missing() const { return store_->pending().missing(); }

std::vector<std::string> Doc::roots() const {
  const StructStore& store = store_->structs();
  std::vector<std::string> names;
  for (const TypeIndex root : store.roots()) {
    const Type& type = store.type(root);
    if (!type.empty()) names.emplace_back(store.keys().name(type.name));
  }
  std::ranges::sort(names);
  return names;
}

std::string Doc::text(std::string_view root) const {
  return text_of(store_->structs(), root_of(store_->structs(), root));
}

std::string Doc::json(std::string_view root, RootKind kind) const {
  std::string out;
  write_type_json(store_->structs(), root_of(store_->structs(), root), type_of(kind), out);
  return out;
}

std::string Doc::delta(std::string_view root) const {
  return delta_of(store_->structs(), root_of(store_->structs(), root));
}

std::uint64_t Doc::length(std::string_view root) const {
  return store_->structs().type(root_of(store_->structs(), root)).length;
}

base::Result<std::string> Doc::insert_text(std::string_view root, std::uint64_t index,
                                           std::string_view text, const Object& attributes) {
  return store_->edit(root, [&](Edit& edit) { return edit.insert_text(index, text, attributes); });
}

base::Result<std::string> Doc::format_text(std::string_view root, std::uint64_t index,
                                           std::uint64_t length, const Object& attributes) {
  return store_->edit(root,
                      [&](Edit& edit) { return edit.format_text(index, length, attributes); });
}

base::Result<std::string> Doc::remove(std::string_view root, std::uint64_t index,
                                      std::uint64_t length) {
  return store_->edit(root, [&](Edit& edit) { return edit.remove(index, length); });
}

base::Result<std::string> Doc::set_key(std::string_view root, std::string_view key, Any value) {
  return store_->edit(root, [&](Edit& edit) { return edit.set_key(key, value); });
}

base::Result<std::string> Doc::remove_key(std::string_view root, std::string_view key) {
  return store_->edit(root, [&](Edit& edit) { return edit.remove_key(key); });
}

base::Result<std::string> Doc::insert_values(std::string_view root, std::uint64_t index,
                                             std::vector<Any> values) {
  return store_->edit(root, [&](Edit& edit) { return edit.insert_values(index, values); });
}

base::Result<std::string> Doc::restore(const Doc& then) {
  return store_->restore(then.store_->structs());
}

base::Result<Changes> Doc::changes_to(const Doc& to, std::string_view root,
                                      std::size_t max_bytes) const {
  return changes_of(store_->structs(), to.store_->structs(), root, max_bytes);
}

std::string Doc::markdown(std::string_view root) const {
  return markdown_of(store_->structs(), root_of(store_->structs(), root));
}

std::vector<Placed> Doc::placed(std::string_view root, std::size_t most) const {
  return placed_in(store_->structs(), root, most);
}

Snapshot Doc::snapshot() const { return {delete_set(), state_vector()}; }

base::Result<Doc> Doc::at(const Snapshot& then) const {
  const StructStore& store = store_->structs();
  for (const auto& [client, end] : then.state) {
    if (end > store.end(client)) {
      return base::fail(base::Code::kInvalid, "snapshot_unknown",
                        "this document has not been where the snapshot was taken");
    }
  }
  if (was_collected(store, then)) {
    return base::fail(base::Code::kConflict, "snapshot_collected",
                      "what was deleted since has been collected");
  }
  Doc out({.client = 0, .gc = false, .limits = store_->options().limits});
  const std::string update = encode_at(store, then);
  ASHLAR_TRY(out.apply(update));
  return out;
}

base::Result<std::string> Doc::relative_position(std::string_view root, std::uint64_t index,
                                                 int assoc) const {
  if (index > length(root)) {
    return base::fail(base::Code::kInvalid, "edit_out_of_range", "the place is beyond the end");
  }
  const TypeIndex type = root_of(store_->structs(), root);
  return encode_position(store_->structs(), root, type, index, assoc);
}

base::Result<std::optional<std::uint64_t>> Doc::absolute_position(std::string_view relative) const {
  return decode_position(store_->structs(), relative);
}

Doc::Size Doc::size() const {
  const StructStore& store = store_->structs();
  return {.structs = store.structs(),
          .clients = store.clients().size(),
          .bytes = store_->resident(),
          .pending_bytes = store_->pending().bytes()};
}

}  // namespace ashlar::crdt
