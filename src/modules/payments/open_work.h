// OpenWork: what is not over yet, over all tenants and instances, as gauges: calls of providers
// whose outcome is unknown and how old the oldest is, calls under way, claims in progress, and how
// old the oldest call is that a provider has not ended yet, be it under way or unknown.
//
// look() is a read by a partial index that holds open calls only; its owner calls it now and then.
#pragma once

#include <span>

#include "base/result.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Gauge;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::storage {
class Database;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::payments {

class OpenWork {
 public:
  // All outlive it.
  OpenWork(storage::Database& db, const base::Clock& clock, obs::Registry& metrics);

  base::Status look();

 private:
  storage::Database& db_;
  const base::Clock& clock_;
  obs::Gauge& unknown_;
  obs::Gauge& unknown_age_;
  obs::Gauge& unresolved_age_;
  obs::Gauge& calls_;
  obs::Gauge& claims_;
};

std::span<const storage::Sql* const> open_work_statements();

}  // namespace ashlar::payments
