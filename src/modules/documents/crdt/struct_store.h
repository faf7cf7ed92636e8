// StructStore: a document's items, clients, types and names, and what changes them one at a time.
//
// Knows the shape (item.h's invariants), not the algorithm: integrate.h decides where an item goes,
// commit.h what is collected and merged.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "modules/documents/crdt/client_structs.h"
#include "modules/documents/crdt/contents.h"
#include "modules/documents/crdt/item_arena.h"
#include "modules/documents/crdt/key_table.h"
#include "modules/documents/crdt/transaction.h"
#include "modules/documents/crdt/type_table.h"

namespace ashlar::crdt {

class StructStore {
 public:
  StructStore() = default;
  ~StructStore();
  StructStore(const StructStore&) = delete;
  StructStore& operator=(const StructStore&) = delete;

  // --- Clients and ids
  // ---------------------------------------------------------------------------
  [[nodiscard]] ClientIndex find_client(ClientId id) const;  // kNoClient: unknown
  ClientIndex intern_client(ClientId id);
  [[nodiscard]] const std::vector<ClientStructs>& clients() const { return clients_; }
  [[nodiscard]] ClientStructs& client(ClientIndex index) { return clients_[index]; }
  [[nodiscard]] const ClientStructs& client(ClientIndex index) const { return clients_[index]; }
  // Of those that have structs, descending by id: the order of the wire.
  [[nodiscard]] std::vector<ClientIndex> descending() const;
  [[nodiscard]] Clock end(ClientId id) const;
  // None: it is not here yet.
  [[nodiscard]] ShortId short_id(const Id& id) const;
  [[nodiscard]] Id wire_id(ShortId id) const { return {clients_[id.client].id(), id.clock}; }

  // --- Items
  // -------------------------------------------------------------------------------------
  Item& item(ItemRef ref) { return items_.at(ref); }
  [[nodiscard]] const Item& item(ItemRef ref) const { return items_.at(ref); }
  // The item that holds it. REQUIRES: it is here
  [[nodiscard]] ItemRef find(ShortId id) const { return clients_[id.client].item_at(id.clock); }
  // The item that begins (ends) with it; what stood across is split, a collected one is not.
  ItemRef starting_at(ShortId id, Transaction& txn);
  ItemRef ending_at(ShortId id, Transaction& txn);

  ItemRef make_item() { return items_.make(); }
  // The next of its client; from then on it can be found.
  void append(ItemRef ref, Transaction& txn);
  // Cuts at `offset` units; the right part is new. REQUIRES: 0 < offset < length
  ItemRef split(ItemRef ref, std::uint32_t offset, Transaction& txn);
  // Of one client, next to each other by clock: makes one of them where nothing tells them apart.
  bool merge(ItemRef left, ItemRef right);
  // Nothing if it is deleted already. A type takes what is in it along.
  void delete_item(ItemRef ref, Transaction& txn);
  // Gives content back: a tombstone, or (`parent_too`) an id range out of every list.
  void collect(ItemRef ref, bool parent_too);
  void compact(ItemRef ref) { contents_.compact(items_.at(ref)); }
  Contents& contents() { return contents_; }

  // --- Types and names
  // ---------------------------------------------------------------------------
  Type& type(TypeIndex index) { return types_.at(index); }
  [[nodiscard]] const Type& type(TypeIndex index) const { return types_.at(index); }
  TypeIndex make_type() { return types_.make(); }
  void set_value(TypeIndex type, KeyIndex key, ItemRef value) {
    types_.set_value(type, key, value);
  }
  [[nodiscard]] TypeIndex find_root(std::string_view name) const;  // 0: none
  TypeIndex intern_root(std::string_view name);
  [[nodiscard]] const std::vector<TypeIndex>& roots() const { return roots_; }
  KeyTable& keys() { return keys_; }
  [[nodiscard]] const KeyTable& keys() const { return keys_; }
  [[nodiscard]] bool is_deleted(const Type& type) const {
    return !type.is_root() && items_.at(type.item).deleted;
  }

  // --- Transactions
  // ------------------------------------------------------------------------------
  void begin(Transaction& txn) const;
  // Everything as it was before begin(). REQUIRES: nothing was collected or merged since
  void undo(Transaction& txn);

  // Puts surrogate pairs together again between whose halves nothing has come: of an edit made here
  // that splits where nobody else will.
  void heal_torn(const Transaction& txn);

  // --- On the wire
  // -------------------------------------------------------------------------------
  // Views into the store and `scratch`. Its first `length` units only.
  [[nodiscard]] WireStruct wire(const Item& item, std::uint32_t length, std::string& scratch) const;

  [[nodiscard]] std::size_t structs() const { return items_.live(); }
  [[nodiscard]] std::size_t bytes() const;  // resident, within a tenth

 private:
  void delete_one(ItemRef ref, Transaction& txn, std::vector<TypeIndex>& within);
  void collect_type(TypeIndex index);
  void unlink(ItemRef ref);
  void put_pair(const Transaction::Torn& torn);

  ItemArena items_;
  Contents contents_;
  TypeTable types_;
  KeyTable keys_;
  std::vector<TypeIndex> roots_;  // in the order in which they came
  std::unordered_map<KeyIndex, TypeIndex> root_index_;
  std::vector<ClientStructs> clients_;
  std::unordered_map<ClientId, ClientIndex> client_index_;
  mutable ClientIndex last_client_ = kNoClient;  // of the last find_client()
};

}  // namespace ashlar::crdt
