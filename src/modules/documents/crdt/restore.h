// Restore: edits after which a document reads as another state of it did.
//
// Forward: what came since is deleted, what was deleted since is inserted anew (under new ids, by
// this document's client), formats are set; what is in both stays, so that cursors in it stay too.
// comparison.h says what that is. Used within a transaction of Doc::Store.
#pragma once

#include "base/result.h"
#include "modules/documents/crdt/comparison.h"
#include "modules/documents/crdt/edit.h"

namespace ashlar::crdt {

class Restore {
 public:
  Restore(StructStore& store, Integrator& integrator, Transaction& txn, ClientId client,
          const StructStore& then)
      : store_(store), integrator_(integrator), txn_(txn), client_(client), then_(then) {}

  // Every root. kInvalid comparison_too_costly, document_too_large.
  base::Status run();

 private:
  [[nodiscard]] Edit edit_of(TypeIndex type) { return {store_, integrator_, txn_, client_, type}; }
  base::Status make_like(TypeIndex type, TypeIndex then);
  base::Status list_like(TypeIndex type, TypeIndex then);
  base::Status keys_like(TypeIndex type, TypeIndex then);
  // Into a type that is new.
  base::Status fill(ItemRef made, const Slice& original);
  base::Status copy_all(TypeIndex type, TypeIndex then);
  base::Status set_copy(Edit& edit, std::string_view key, ItemRef value);

  StructStore& store_;
  Integrator& integrator_;
  Transaction& txn_;
  const ClientId client_;
  const StructStore& then_;
  Effort effort_;
};

}  // namespace ashlar::crdt
