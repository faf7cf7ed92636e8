// Inbox: one update, read and checked whole before anything of it is integrated.
//
// It is read twice: to check it, and to integrate it, struct by struct. Structs come in groups, one
// a client, each in the order of its clocks. Where one lacks something, the rest of its group is
// kept and goes on when that has come from another group; each struct is tried once, and once more
// for each thing that it lacked. What is kept takes 50 times its bytes or more; so it is only what
// has to be.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/documents/crdt/integrate.h"
#include "modules/documents/crdt/struct_codec.h"
#include "modules/documents/crdt/wait_list.h"

namespace ashlar::crdt {

class Inbox {
 public:
  struct Deleted {
    ClientId client = 0;
    Clock clock = 0;
    Clock end = 0;
  };

  // kInvalid as in update.h; document_too_large
  base::Status check(UpdateReader reader);
  // kDone: all that could be, the rest is in leftovers(); with txn.drop_too_deep also what lies too
  // deep, which Pending drops. Else the transaction is to be undone.
  // `reader` is at the start of what check() was given, and lives until clear().
  Integration::Outcome integrate(UpdateReader& reader, StructStore& store, Integrator& integrator,
                                 Transaction& txn);
  [[nodiscard]] bool complete() const { return left_ == 0; }
  // What waits, each group as an update (V1) of its own.
  [[nodiscard]] std::vector<std::string> leftovers() const;
  // Sorted by client and clock, without neighbours that touch.
  [[nodiscard]] const std::vector<Deleted>& deleted() const { return deleted_; }
  // Gives memory back that only an unusually large update has needed.
  void clear();

 private:
  struct Group {
    std::uint32_t next = 0;  // in structs_
    std::uint32_t end = 0;
  };
  Integration::Outcome advance(std::uint32_t number, StructStore& store, Integrator& integrator,
                               Transaction& txn);
  Integration::Outcome advance_ready(ClientId grown, StructStore& store, Integrator& integrator,
                                     Transaction& txn);
  void sort_deleted();

  std::vector<WireStruct> structs_;  // that were kept, views into the reader's input
  std::vector<Group> groups_;        // of those
  std::vector<Deleted> deleted_;
  std::vector<WaitList::Waiter> ready_;
  WaitList waiting_;
  std::size_t left_ = 0;  // groups that are not through
};

}  // namespace ashlar::crdt
