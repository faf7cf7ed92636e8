// LiveBatch: what of one document goes to the log by one commit, and who is told what once it is
// durable. Part of LiveDocument; its loop's thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "modules/documents/broadcast.h"
#include "modules/documents/document_row.h"
#include "modules/documents/peer.h"

namespace ashlar::documents {

struct LiveBatch {
  using Done = std::function<void(base::Status)>;
  struct Delivery {
    BroadcastRun::Part part;
    SessionId from;  // none: nobody's who is here
  };
  struct Claim {
    SessionId session;
    Ticket ticket;
  };
  std::shared_ptr<std::vector<UpdateRow>> updates;  // null: none
  std::vector<Delivery> deliveries;  // presence too, behind the updates that came before it
  std::size_t presence_bytes = 0;
  std::vector<Claim> claims;
  std::vector<Done> waiters;
  std::size_t bytes = 0;

  [[nodiscard]] bool empty() const { return !updates; }
};

}  // namespace ashlar::documents
