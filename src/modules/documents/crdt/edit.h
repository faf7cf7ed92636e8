// Edits made here: what an editor's keystroke is, as structs of this document's own client.
//
// Each goes in by the Integrator, as everybody's do. A text's attributes are marks in its list: an
// attribute holds from its mark to the next one of its key. Used within a transaction of
// Doc::Store. Of one type; edits by index are of roots, whose kind they check.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "modules/documents/crdt/any.h"
#include "modules/documents/crdt/integrate.h"
#include "modules/documents/crdt/struct_store.h"

namespace ashlar::crdt {

class Edit {
 public:
  Edit(StructStore& store, Integrator& integrator, Transaction& txn, ClientId client,
       TypeIndex type)
      : store_(store), integrator_(integrator), txn_(txn), client_(client), type_(type) {}

  base::Status insert_text(std::uint64_t index, std::string_view text, const Object& attributes);
  base::Status format_text(std::uint64_t index, std::uint64_t length, const Object& attributes);
  base::Status remove(std::uint64_t index, std::uint64_t length);
  base::Status set_key(std::string_view key, const Any& value);
  base::Status remove_key(std::string_view key);
  base::Status insert_values(std::uint64_t index, const std::vector<Any>& values);

  // --- From left to right, in one pass
  // -----------------------------------------------------------
  // Attributes by key, as JSON; none is null.
  using Marks = std::vector<std::pair<std::string, std::string>>;
  struct Cursor {
    ItemRef left = 0;
    ItemRef right = 0;
    Marks marks;  // in force here
  };
  [[nodiscard]] Cursor start() const { return {0, store_.type(type_).start, {}}; }
  // Over `length` visible units. REQUIRES: there are as many
  void pass(Cursor& cursor, std::uint64_t length);
  void remove(Cursor& cursor, std::uint64_t length);
  base::Status format(Cursor& cursor, std::uint64_t length, const Marks& wanted);
  // What `s` holds; id and neighbours are this edit's. Its item.
  base::Result<ItemRef> insert(Cursor& cursor, WireStruct s);
  // The same, with exactly these attributes, whatever is in force here.
  base::Result<ItemRef> insert(Cursor& cursor, const WireStruct& s, Marks attributes);
  base::Result<ItemRef> set_value(std::string_view key, WireStruct s);
  // Deletes marks anywhere that say nothing.
  void drop_idle_marks();

 private:
  [[nodiscard]] bool is_text() const;
  [[nodiscard]] bool is_values() const;
  [[nodiscard]] base::Status check_range(std::uint64_t index, std::uint64_t length) const;
  Cursor at(std::uint64_t index);
  void step(Cursor& cursor) const;
  [[nodiscard]] bool is_mark(ItemRef ref, const Marks& wanted) const;
  void set_parent(WireStruct& s) const;
  base::Result<ItemRef> integrate(WireStruct& s);
  base::Status insert_mark(Cursor& cursor, const std::string& key, const std::string& value);
  base::Status begin_marks(Cursor& cursor, const Marks& wanted, Marks& restore);
  base::Status end_marks(Cursor& cursor, Marks restore);
  // Deletes marks between `from` and `to` (all else there is deleted) that say nothing any more.
  void drop_idle_marks(Cursor before, ItemRef to);

  StructStore& store_;
  Integrator& integrator_;
  Transaction& txn_;
  ClientId client_;
  TypeIndex type_;
};

}  // namespace ashlar::crdt
