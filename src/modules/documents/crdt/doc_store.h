// Doc::Store: what a Doc is made of, and the order of one transaction.
//
//   begin -> the update's structs -> what waited -> deletions -> commit -> settle
//                  +-> refused: undo
//
// What waited has a budget of its own: it was accepted before, so it waits on where that ends, and
// the update that set it free is not refused for it.
#pragma once

#include <string>
#include <vector>

#include "base/check.h"
#include "modules/documents/crdt/doc.h"
#include "modules/documents/crdt/edit.h"
#include "modules/documents/crdt/inbox.h"
#include "modules/documents/crdt/integrate.h"
#include "modules/documents/crdt/pending.h"
#include "modules/documents/crdt/struct_store.h"

namespace ashlar::crdt {

class Doc::Store {
 public:
  explicit Store(Options options)
      : options_(options), integrator_(structs_, options.limits.type_depth) {}

  base::Result<Applied> apply(std::string_view update, Format format);
  [[nodiscard]] std::size_t resident() const { return structs_.bytes() + pending_.bytes(); }

  // An edit made here. Where it fails, nothing has happened. The result is the update for everybody
  // else.
  template <class Act>
  base::Result<std::string> edit(std::string_view root, Act act) {
    return change([&] {
      Edit edit(structs_, integrator_, txn_, options_.client, structs_.intern_root(root));
      return act(edit);
    });
  }
  // So that this reads as `then` does.
  base::Result<std::string> restore(const StructStore& then);

  [[nodiscard]] const Options& options() const { return options_; }
  void set_limits(const DocLimits& limits) { options_.limits = limits; }
  [[nodiscard]] const StructStore& structs() const { return structs_; }
  [[nodiscard]] const Pending& pending() const { return pending_; }

 private:
  // Makes a transaction of what `act` does.
  template <class Act>
  base::Result<std::string> change(Act act) {
    CHECK(options_.client != 0);
    begin();
    base::Status done = act();
    if (done.ok()) done = check_size();
    if (done.ok()) return finish_edit();
    undo();
    return std::move(done).error();
  }
  void begin();
  void undo();
  base::Status integrate(UpdateReader& reader, std::vector<std::string>& leftovers);
  [[nodiscard]] base::Status check_size() const;
  void delete_range(ClientId client, Clock clock, Clock end);
  void delete_all();
  std::string finish_edit();

  Options options_;
  StructStore structs_;
  Integrator integrator_;
  Pending pending_;
  Transaction txn_;
  Inbox inbox_;
};

}  // namespace ashlar::crdt
