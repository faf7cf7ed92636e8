// ReconcileModule: everything of reconciliation that lives as long as the program, and the table of
// its routes.
//
// Order: construct → runner.add(module.kind()) → start() → routes are served → stop().
//
// Each night, from kNightHour (UTC) on, it makes a job for each tenant that has moved money with a
// provider that gives its own statements, for each of the last kNights days that has no run made
// after the day's end. Jobs are unique by provider and day, and a run of the same statement changes
// nothing: how often the chore looks does not matter.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "modules/payments/reconcile/reconciliations.h"
#include "platform/http/route.h"
#include "platform/jobs/runner.h"
#include "platform/runtime/periodic.h"

namespace ashlar::http {
class CursorCodec;
}
namespace ashlar::obs {
class Log;
}

namespace ashlar::payments::reconcile {

inline constexpr std::string_view kReconcileJob = "payments.reconcile";

// A provider that can be asked for its statement of a day.
struct StatementSource {
  std::string provider;
  StatementFormat format = StatementFormat::kSandbox;
  // Waits; any thread.
  std::function<base::Result<std::string>(base::TenantId tenant, Day day)> fetch;
};

class ReconcileModule {
 public:
  static constexpr int kNightHour = 3;
  static constexpr int kNights = 7;

  // All by reference outlives it.
  ReconcileModule(std::vector<StatementSource> sources, storage::Database& database,
                  ledger::BookWriter& writer, events::Outbox& outbox, jobs::Jobs& engine,
                  const base::Clock& clk, obs::Log& own_log);

  jobs::KindOptions kind();
  void start();
  void stop();

  // One round of the chore: how many jobs it made.
  base::Result<int> make_jobs();
  // The provider's own statement of the day. kConflict statement_needed: it gives none.
  base::Result<std::string> fetch(base::TenantId tenant, std::string_view provider, Day day,
                                  StatementFormat& format) const;

  storage::Database& db;
  const base::Clock& clock;
  Reconciliations reconciliations;

 private:
  jobs::Outcome work(const jobs::Attempt& attempt);

  const std::vector<StatementSource> sources_;
  jobs::Jobs& jobs_;
  obs::Log& log_;
  std::optional<runtime::Periodic> nightly_;
};

// Both outlive the table. Scopes: payments:read, payments:write.
http::RouteTable reconcile_routes(ReconcileModule& module, const http::CursorCodec& cursors);

}  // namespace ashlar::payments::reconcile
