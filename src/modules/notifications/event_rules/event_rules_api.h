// EventRulesApi: the HTTP face of event rules: parse, call, render; and its table
// (event_rules_wire.cc).
//
// Handlers of http/route.h's kinds; any thread.
#pragma once

#include "base/result.h"
#include "modules/notifications/event_rules/event_rule.h"
#include "platform/http/response.h"
#include "platform/http/route.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::notifications {

class EventRulesApi {
 public:
  // All outlive it.
  struct Parts {
    storage::Database& db;
    const base::Clock& clock;
  };
  explicit EventRulesApi(Parts parts) : parts_(parts) {}

  base::Result<http::Response> create(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> list(http::Call& call) const;
  base::Result<http::Response> get(http::Call& call) const;
  base::Result<http::Response> put(http::Call& call, storage::Transaction& tx) const;
  base::Result<http::Response> remove(http::Call& call, storage::Transaction& tx) const;

 private:
  const Parts parts_;
};

// What the parts refer to outlives the table.
http::RouteTable event_rule_routes(EventRulesApi::Parts parts);

}  // namespace ashlar::notifications
