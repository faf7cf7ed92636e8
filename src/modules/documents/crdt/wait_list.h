// WaitList: who waits for which unit of which client.
#pragma once

#include <cstdint>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "modules/documents/crdt/ids.h"

namespace ashlar::crdt {

class WaitList {
 public:
  using Waiter = std::uint64_t;

  void add(const Id& missing, Waiter waiter) {
    lists_[missing.client].emplace(missing.clock, waiter);
  }
  void remove(const Id& missing, Waiter waiter) {
    const auto list = lists_.find(missing.client);
    if (list == lists_.end()) return;
    list->second.erase({missing.clock, waiter});
    if (list->second.empty()) lists_.erase(list);
  }
  // Takes out those who wait for a unit before `end` of `client`.
  void wake(ClientId client, Clock end, std::vector<Waiter>& woken) {
    if (lists_.empty()) return;
    const auto list = lists_.find(client);
    if (list == lists_.end()) return;
    auto& waiting = list->second;
    while (!waiting.empty() && waiting.begin()->first < end) {
      woken.push_back(waiting.begin()->second);
      waiting.erase(waiting.begin());
    }
    if (waiting.empty()) lists_.erase(list);
  }
  void clear() { lists_.clear(); }

 private:
  std::unordered_map<ClientId, std::set<std::pair<Clock, Waiter>>> lists_;
};

}  // namespace ashlar::crdt
