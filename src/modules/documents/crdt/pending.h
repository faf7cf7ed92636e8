// Pending: structs and deletions that came before what they need.
//
// Each client's structs wait in the order of its clocks. The first of them knows what it lacks;
// when that comes, and only then, it is tried again: many structs that wait cost nothing to those
// that arrive.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "modules/documents/crdt/integrate.h"
#include "modules/documents/crdt/wait_list.h"

namespace ashlar::crdt {

class Pending {
 public:
  struct Waiting {
    WireStruct s;                              // views into `bytes`
    std::shared_ptr<const std::string> bytes;  // shared by those of one update
  };
  using Structs = std::map<Clock, Waiting>;  // may overlap

  [[nodiscard]] bool empty() const { return queues_.empty() && deleted_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // What add() would count, at most.
  static std::size_t cost(const std::vector<std::string>& updates);
  static constexpr std::size_t kRangeCost = 64;

  void add(std::string update);  // V1, well formed
  void add_deleted(ClientId client, Clock clock, Clock end);

  // All that can be by now. txn.steps_left bounds it: what there are no steps left for waits on.
  // What lies too deep is dropped, with what its client inserted after it.
  void integrate(StructStore& store, Integrator& integrator, Transaction& txn);
  // Ranges of what has come since, to be deleted.
  struct Due {
    ClientId client = 0;
    Clock clock = 0;
    Clock end = 0;
  };
  std::vector<Due> take_due(const StructStore& store, const Transaction& txn);

  // For encoding: clients descending.
  [[nodiscard]] std::map<ClientId, const Structs*, std::greater<>> structs() const;
  void add_to(DeleteSet& set) const;  // keeps it sorted and merged
  [[nodiscard]] StateVector missing() const;

 private:
  struct Queue {
    Structs structs;
    std::optional<Id> lacks;
  };
  void advance(ClientId client, StructStore& store, Integrator& integrator, Transaction& txn);
  void drop(Queue& queue);
  [[nodiscard]] static std::size_t cost_of(const WireStruct& s);

  std::map<ClientId, Queue> queues_;
  WaitList waiting_;
  std::vector<WaitList::Waiter> ready_;    // clients to be tried at the next integrate()
  std::vector<WaitList::Waiter> stalled_;  // tried again at each
  std::map<ClientId, std::map<Clock, Clock>> deleted_;  // disjoint [clock, end)
  std::size_t bytes_ = 0;
};

}  // namespace ashlar::crdt
