#include "modules/documents/crdt/edit.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "modules/documents/crdt/any_codec.h"
#include "modules/documents/crdt/view.h"

namespace ashlar::crdt {
namespace {

base::Error wrong_type() {
  return base::fail(base::Code::kInvalid, "edit_wrong_type",
                    "what lies under this name is of another kind");
}

bool is_value(Ref ref) {
  return ref == Ref::kAny || ref == Ref::kJson || ref == Ref::kBinary || ref == Ref::kDoc;
}

}  // namespace

bool Edit::is_text() const {
  for (ItemRef ref = store_.type(type_).start; ref != 0; ref = store_.item(ref).right) {
    if (!store_.item(ref).deleted && is_value(store_.item(ref).ref)) return false;
  }
  return true;
}

bool Edit::is_values() const {
  for (ItemRef ref = store_.type(type_).start; ref != 0; ref = store_.item(ref).right) {
    const Item& item = store_.item(ref);
    if (!item.deleted && (item.ref == Ref::kString || item.ref == Ref::kFormat)) return false;
  }
  return true;
}

base::Status Edit::check_range(std::uint64_t index, std::uint64_t length) const {
  const std::uint64_t all = store_.type(type_).length;
  if (index <= all && length <= all - index) return {};
  return base::fail(base::Code::kInvalid, "edit_out_of_range",
                    "the place is beyond the end, which is at " + std::to_string(all));
}

// After exactly `index` visible units, before anything that is not visible.
Edit::Cursor Edit::at(std::uint64_t index) {
  Cursor cursor = start();
  pass(cursor, index);
  return cursor;
}

void Edit::pass(Cursor& cursor, std::uint64_t length) {
  while (length > 0) {
    CHECK(cursor.right != 0);
    const Item& item = store_.item(cursor.right);
    if (item.visible()) {
      if (length < item.length) {
        store_.split(cursor.right, static_cast<std::uint32_t>(length), txn_);
      }
      length -= item.length;
    }
    step(cursor);
  }
}

void Edit::step(Cursor& cursor) const {
  const Item& item = store_.item(cursor.right);
  if (item.ref == Ref::kFormat && !item.deleted) {
    std::string unused;
    const std::string_view key = store_.keys().name(Contents::format_key(item));
    const std::string_view value = Contents::view(item, unused);
    std::erase_if(cursor.marks, [&](const auto& mark) { return mark.first == key; });
    if (value != "null") cursor.marks.emplace_back(key, value);
  }
  cursor.left = cursor.right;
  cursor.right = item.right;
}

void Edit::set_parent(WireStruct& s) const {
  const Type& type = store_.type(type_);
  s.parent = type.is_root() ? WireStruct::Parent::kRoot : WireStruct::Parent::kItem;
  if (type.is_root()) {
    s.root = store_.keys().name(type.name);
  } else {
    s.parent_item = store_.wire_id(store_.item(type.item).id);
  }
}

base::Result<ItemRef> Edit::integrate(WireStruct& s) {
  s.id = {client_, store_.end(client_)};
  if (s.end() > kMaxClock) {
    return base::fail(base::Code::kInvalid, "document_too_large",
                      "this client has inserted as much as a document may hold");
  }
  const Integration done = integrator_.integrate(s, txn_);
  CHECK(done.outcome == Integration::Outcome::kDone);
  const ClientIndex client = store_.find_client(client_);
  return store_.client(client).item_at(static_cast<std::uint32_t>(s.id.clock));
}

base::Result<ItemRef> Edit::insert(Cursor& cursor, WireStruct s) {
  s.has_origin = cursor.left != 0;
  s.has_right_origin = cursor.right != 0;
  if (s.has_origin) s.origin = store_.wire_id(store_.item(cursor.left).last_id());
  if (s.has_right_origin) s.right_origin = store_.wire_id(store_.item(cursor.right).id);
  if (!s.has_origin && !s.has_right_origin) set_parent(s);
  ASHLAR_ASSIGN(const ItemRef made, integrate(s));
  cursor.right = made;
  step(cursor);
  return made;
}

base::Result<ItemRef> Edit::insert(Cursor& cursor, const WireStruct& s, Marks attributes) {
  for (const auto& [key, value] : cursor.marks) {
    if (std::ranges::find(attributes, key, &Marks::value_type::first) == attributes.end()) {
      attributes.emplace_back(key, "null");
    }
  }
  Marks restore;
  if (!attributes.empty()) ASHLAR_TRY(begin_marks(cursor, attributes, restore));
  ASHLAR_ASSIGN(const ItemRef made, insert(cursor, s));
  ASHLAR_TRY(end_marks(cursor, std::move(restore)));
  return made;
}

base::Status Edit::insert_values(std::uint64_t index, const std::vector<Any>& values) {
  ASHLAR_TRY(check_range(index, 0));
  if (!is_values()) return wrong_type();
  Cursor cursor = at(index);
  for (std::size_t i = 0; i < values.size();) {
    WireStruct s;
    std::string content;
    if (const auto* bytes = std::get_if<Bytes>(&values[i].value)) {
      s.ref = Ref::kBinary;
      s.length = 1;
      content = bytes->data;
      ++i;
    } else {
      s.ref = Ref::kAny;
      for (; i < values.size() && !std::holds_alternative<Bytes>(values[i].value); ++i) {
        write_any(content, values[i]);
        ++s.length;
      }
    }
    s.content = content;
    ASHLAR_TRY(insert(cursor, s));
  }
  return {};
}

base::Status Edit::set_key(std::string_view key, const Any& value) {
  if (store_.type(type_).start != 0) return wrong_type();
  WireStruct s;
  std::string content;
  s.length = 1;
  if (const auto* bytes = std::get_if<Bytes>(&value.value)) {
    s.ref = Ref::kBinary;
    content = bytes->data;
  } else {
    s.ref = Ref::kAny;
    write_any(content, value);
  }
  s.content = content;
  ASHLAR_TRY(set_value(key, s));
  return {};
}

base::Result<ItemRef> Edit::set_value(std::string_view key, WireStruct s) {
  s.has_parent_sub = true;
  s.parent_sub = key;
  const KeyIndex index = store_.keys().find(key);
  const ItemRef last = index == kNoKey ? 0 : store_.type(type_).value(index);
  s.has_origin = last != 0;
  if (s.has_origin) {
    s.origin = store_.wire_id(store_.item(last).last_id());
  } else {
    set_parent(s);
  }
  return integrate(s);
}

base::Status Edit::remove_key(std::string_view key) {
  if (store_.type(type_).start != 0) return wrong_type();
  const KeyIndex index = store_.keys().find(key);
  const ItemRef last = index == kNoKey ? 0 : store_.type(type_).value(index);
  if (last != 0) store_.delete_item(last, txn_);
  return {};
}

base::Status Edit::remove(std::uint64_t index, std::uint64_t length) {
  ASHLAR_TRY(check_range(index, length));
  if (length == 0) return {};
  Cursor cursor = at(index);
  remove(cursor, length);
  return {};
}

void Edit::remove(Cursor& cursor, std::uint64_t length) {
  const Cursor before = cursor;
  while (length > 0) {
    CHECK(cursor.right != 0);
    const Item& item = store_.item(cursor.right);
    if (item.visible()) {
      if (length < item.length) {
        store_.split(cursor.right, static_cast<std::uint32_t>(length), txn_);
      }
      length -= item.length;
      store_.delete_item(cursor.right, txn_);
    }
    step(cursor);
  }
  drop_idle_marks(before, cursor.right);
  cursor = before;  // nothing between the two is seen any more
}

// --- Formats
// ----------------------------------------------------------------------------------

bool Edit::is_mark(ItemRef ref, const Marks& wanted) const {
  const Item& item = store_.item(ref);
  if (item.ref != Ref::kFormat) return false;
  std::string unused;
  const std::string_view key = store_.keys().name(Contents::format_key(item));
  const auto at = std::ranges::find(wanted, key, &Marks::value_type::first);
  return at != wanted.end() && at->second == Contents::view(item, unused);
}

base::Status Edit::insert_mark(Cursor& cursor, const std::string& key, const std::string& value) {
  WireStruct s;
  s.ref = Ref::kFormat;
  s.length = 1;
  s.key = key;
  s.content = value;
  ASHLAR_TRY(insert(cursor, s));
  return {};
}

// Puts `wanted` in force; `restore` is what was in its place.
base::Status Edit::begin_marks(Cursor& cursor, const Marks& wanted, Marks& restore) {
  // Marks that say so already are stepped over.
  while (cursor.right != 0 &&
         (store_.item(cursor.right).deleted || is_mark(cursor.right, wanted))) {
    step(cursor);
  }
  for (const auto& [key, value] : wanted) {
    const auto at = std::ranges::find(cursor.marks, key, &Marks::value_type::first);
    const std::string now = at == cursor.marks.end() ? "null" : at->second;
    if (now == value) continue;
    restore.emplace_back(key, now);
    ASHLAR_TRY(insert_mark(cursor, key, value));
  }
  return {};
}

base::Status Edit::end_marks(Cursor& cursor, Marks restore) {
  while (cursor.right != 0 && !restore.empty() &&
         (store_.item(cursor.right).deleted || is_mark(cursor.right, restore))) {
    const Item& item = store_.item(cursor.right);
    if (!item.deleted) {
      const std::string_view key = store_.keys().name(Contents::format_key(item));
      std::erase_if(restore, [&](const auto& mark) { return mark.first == key; });
    }
    step(cursor);
  }
  for (const auto& [key, value] : restore) ASHLAR_TRY(insert_mark(cursor, key, value));
  return {};
}

base::Status Edit::insert_text(std::uint64_t index, std::string_view text,
                               const Object& attributes) {
  if (!base::is_utf8(text)) return status_of(Fault::kText);
  ASHLAR_TRY(check_range(index, 0));
  if (!is_text()) return wrong_type();
  if (text.empty()) return {};
  Cursor cursor = at(index);
  Marks wanted;
  for (const Member& member : attributes) {
    std::string value;
    write_json(value, member.value);
    wanted.emplace_back(member.key, value.empty() ? "null" : value);
  }
  if (!attributes.empty()) {  // exactly these; without any, those of the text before
    for (const auto& [key, value] : cursor.marks) {
      if (std::ranges::find(wanted, key, &Marks::value_type::first) == wanted.end()) {
        wanted.emplace_back(key, "null");
      }
    }
  }
  Marks restore;
  if (!wanted.empty()) ASHLAR_TRY(begin_marks(cursor, wanted, restore));
  WireStruct s;
  s.ref = Ref::kString;
  s.length = utf16_length(text);
  s.content = text;
  ASHLAR_TRY(insert(cursor, s));
  return end_marks(cursor, std::move(restore));
}

base::Status Edit::format_text(std::uint64_t index, std::uint64_t length,
                               const Object& attributes) {
  ASHLAR_TRY(check_range(index, length));
  if (!is_text()) return wrong_type();
  if (length == 0 || attributes.empty()) return {};
  Cursor cursor = at(index);
  Marks wanted;
  for (const Member& member : attributes) {
    std::string value;
    write_json(value, member.value);
    wanted.emplace_back(member.key, value.empty() ? "null" : value);
  }
  return format(cursor, length, wanted);
}

base::Status Edit::format(Cursor& cursor, std::uint64_t length, const Marks& wanted) {
  Marks restore;
  ASHLAR_TRY(begin_marks(cursor, wanted, restore));
  while (cursor.right != 0) {
    const Item& item = store_.item(cursor.right);
    const bool mark = item.ref == Ref::kFormat && !item.deleted;
    if (length == 0 && (restore.empty() || !(mark || item.deleted))) break;
    if (mark) {
      std::string unused;
      const std::string key(store_.keys().name(Contents::format_key(item)));
      const std::string_view value = Contents::view(item, unused);
      const auto at = std::ranges::find(wanted, key, &Marks::value_type::first);
      if (at != wanted.end()) {  // what a mark of this kind began is overruled
        const bool same = at->second == value;
        if (!same && length == 0) break;
        std::erase_if(restore, [&](const auto& old) { return old.first == key; });
        if (!same) restore.emplace_back(key, value);
        store_.delete_item(cursor.right, txn_);
      }
    } else if (item.visible()) {
      if (length < item.length) {
        store_.split(cursor.right, static_cast<std::uint32_t>(length), txn_);
      }
      length -= item.length;
    }
    step(cursor);
  }
  return end_marks(cursor, std::move(restore));
}

void Edit::drop_idle_marks() {
  for (Cursor cursor = start(); cursor.right != 0; step(cursor)) {
    const Item& item = store_.item(cursor.right);
    if (item.deleted || item.ref != Ref::kFormat) continue;
    drop_idle_marks(cursor, cursor.right);
    while (cursor.right != 0 && !store_.item(cursor.right).visible()) step(cursor);
    if (cursor.right == 0) return;
  }
}

void Edit::drop_idle_marks(Cursor before, ItemRef to) {
  // To the next unit that is seen: marks up to there stand next to each other now.
  ItemRef end = to;
  while (end != 0 && !store_.item(end).visible()) end = store_.item(end).right;
  std::vector<std::pair<std::string, ItemRef>> deciding;
  for (Cursor cursor = before; cursor.right != end; step(cursor)) {
    const Item& item = store_.item(cursor.right);
    if (item.deleted || item.ref != Ref::kFormat) continue;
    const std::string key(store_.keys().name(Contents::format_key(item)));
    std::erase_if(deciding, [&](const auto& entry) { return entry.first == key; });
    deciding.emplace_back(key, cursor.right);
  }
  for (ItemRef ref = before.right; ref != end; ref = store_.item(ref).right) {
    const Item& item = store_.item(ref);
    if (item.deleted || item.ref != Ref::kFormat) continue;
    std::string unused;
    const std::string_view key = store_.keys().name(Contents::format_key(item));
    const auto held = std::ranges::find(before.marks, key, &Marks::value_type::first);
    const std::string value = held == before.marks.end() ? "null" : held->second;
    const bool decides = std::ranges::find(deciding, ref, [](const auto& entry) {
                           return entry.second;
                         }) != deciding.end();
    if (!decides || value == Contents::view(item, unused)) store_.delete_item(ref, txn_);
  }
}

}  // namespace ashlar::crdt
