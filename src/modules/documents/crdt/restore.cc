#include "modules/documents/crdt/restore.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace ashlar::crdt {
namespace {

// What has to be said so that `from` becomes `to`.
Edit::Marks difference(const Formats& from, const Formats& to) {
  Edit::Marks out;
  for (const auto& format : to) {
    if (!std::ranges::binary_search(from, format)) out.push_back(format);
  }
  for (const auto& [key, value] : from) {
    if (!std::ranges::binary_search(to, key, {}, &Formats::value_type::first)) {
      out.emplace_back(key, "null");
    }
  }
  return out;
}

}  // namespace

base::Status Restore::run() {
  std::set<std::string, std::less<>> names;
  for (const StructStore* store : {&std::as_const(store_), &then_}) {
    for (const TypeIndex root : store->roots()) {
      if (!store->type(root).empty()) names.emplace(store->keys().name(store->type(root).name));
    }
  }
  for (const std::string& name : names) {
    ASHLAR_TRY(make_like(store_.intern_root(name), then_.find_root(name)));
  }
  return {};
}

base::Status Restore::make_like(TypeIndex type, TypeIndex then) {
  ASHLAR_TRY(list_like(type, then));
  ASHLAR_TRY(keys_like(type, then));
  if (!effort_.is_spent()) return {};
  return too_costly();
}

base::Status Restore::list_like(TypeIndex type, TypeIndex then) {
  const ListComparison compared = compare_lists({store_, type}, {then_, then}, effort_);
  if (effort_.is_spent()) return {};
  Edit edit = edit_of(type);
  Edit::Cursor cursor = edit.start();
  std::string scratch;
  bool formatted = false;
  std::uint64_t gone = 0;  // deleted in one go: what was deleted is walked over again
  for (const ListStep& step : compared.steps) {
    if (step.kind == ListStep::Kind::kDelete) {
      gone += step.from.length;
      continue;
    }
    if (gone > 0) edit.remove(cursor, std::exchange(gone, 0));
    const Formats& wanted = compared.to.formats[step.to.formats];
    if (step.kind == ListStep::Kind::kInsert) {
      ASHLAR_ASSIGN(const ItemRef made,
                    edit.insert(cursor, wire_part(then_, step.to, scratch), wanted));
      ASHLAR_TRY(fill(made, step.to));
      continue;
    }
    const Edit::Marks change = difference(compared.from.formats[step.from.formats], wanted);
    if (change.empty()) {
      edit.pass(cursor, step.to.length);
    } else {
      ASHLAR_TRY(edit.format(cursor, step.to.length, change));
      formatted = true;
    }
    if (!step.within) continue;
    ASHLAR_TRY(
        make_like(store_.item(step.from.item).content.type, then_.item(step.to.item).content.type));
  }
  if (gone > 0) edit.remove(cursor, gone);
  if (formatted) edit.drop_idle_marks();
  return {};
}

base::Status Restore::keys_like(TypeIndex type, TypeIndex then) {
  Edit edit = edit_of(type);
  for (const KeyStep& step : compare_keys({store_, type}, {then_, then}, effort_)) {
    if (step.within) {
      ASHLAR_TRY(make_like(store_.item(step.from).content.type, then_.item(step.to).content.type));
    } else if (step.to != 0) {
      ASHLAR_TRY(set_copy(edit, step.key, step.to));
    } else {
      store_.delete_item(step.from, txn_);
    }
  }
  return {};
}

base::Status Restore::set_copy(Edit& edit, std::string_view key, ItemRef value) {
  std::string scratch;
  const Slice slice = last_unit(then_, value);
  ASHLAR_ASSIGN(const ItemRef made, edit.set_value(key, wire_part(then_, slice, scratch)));
  return fill(made, slice);
}

base::Status Restore::fill(ItemRef made, const Slice& original) {
  if (then_.item(original.item).ref != Ref::kType) return {};
  return copy_all(store_.item(made).content.type, then_.item(original.item).content.type);
}

base::Status Restore::copy_all(TypeIndex type, TypeIndex then) {
  Edit edit = edit_of(type);
  Edit::Cursor cursor = edit.start();
  std::string scratch;
  for (ItemRef ref = then_.type(then).start; ref != 0; ref = then_.item(ref).right) {
    const Item& item = then_.item(ref);
    if (item.deleted || !(item.countable() || item.ref == Ref::kFormat)) continue;
    const Slice slice{ref, 0, item.length, 0};
    ASHLAR_ASSIGN(const ItemRef made, edit.insert(cursor, wire_part(then_, slice, scratch)));
    ASHLAR_TRY(fill(made, slice));
  }
  if (!then_.type(then).keyed) return {};
  for (const auto& [key, value] : then_.type(then).keyed->entries()) {
    if (then_.item(value).deleted) continue;
    ASHLAR_TRY(set_copy(edit, then_.keys().name(key), value));
  }
  return {};
}

}  // namespace ashlar::crdt
