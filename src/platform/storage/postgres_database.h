// Database on PostgreSQL 15 or later.
//
// Writes are SERIALIZABLE and run again, after a short random pause, when the server says that they
// could not be put in a line with others; reads are one snapshot. A tenant's transaction runs as
// the role ashlar_app, bound by row-level security to app.tenant_id; one without a tenant as
// ashlar_platform. Both roles are made by the migrations (postgres_schema.cc).
//
// An answer is held in memory whole before its rows are given out: ask for pages, with LIMIT.
// When the connection is lost during COMMIT nobody can know whether the change was made; the error
// (kUnavailable storage_unavailable) says so, and such a transaction is not run again.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::base {
class Clock;
class Entropy;
}  // namespace ashlar::base
namespace ashlar::obs {
class Log;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::storage {

class Database;

struct PostgresOptions {
  std::string url;  // postgres://user:password@host:port/database?…
  int connections = 16;
  std::size_t waiting_limit = 256;
  base::Millis checkout_wait{5000};        // of a transaction without a deadline
  base::Millis statement_timeout{30'000};  // of a statement in a transaction without a deadline
  base::Seconds connect_timeout{5};
  base::Seconds connection_lifetime{1800};
  int attempts = 40;  // of one transaction; then storage_conflict
};

// Connects once, so that a wrong URL is found at the start. The schema is migrations.h's business.
// Errors: kUnavailable storage_unavailable.
base::Result<std::unique_ptr<Database>> open_postgres(const PostgresOptions& options,
                                                      const base::Clock& clock,
                                                      base::Entropy& entropy, obs::Log& log,
                                                      obs::Registry& registry);

}  // namespace ashlar::storage
