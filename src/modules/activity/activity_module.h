// ActivityModule: everything of activity that lives as long as the program, and the table of its
// routes.
//
//   events ─> event_reader ─> Tally ─> ActivityLog (storage) ─> Board (memory) ─> top
//   Ashlar's own requests ─> RequestFeed ─> the same
//
// Order: construct → load() → watch() → routes are served, start() → last request answered →
// stop().
#pragma once

#include <cstddef>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "modules/activity/activity_log.h"
#include "modules/activity/board.h"
#include "modules/activity/request_feed.h"
#include "platform/http/route.h"
#include "platform/security/tenants.h"

namespace ashlar::activity {

class ActivityModule {
 public:
  struct Options {
    Board::Options board;
  };

  // All by reference outlives it.
  ActivityModule(const Options& options, storage::Database& db, const base::Clock& clk,
                 obs::Registry& metrics, obs::Log& messages);
  ~ActivityModule();

  base::Status load() { return log.load(); }
  void watch(const http::Router& router) { feed.watch(router); }
  void start();
  void stop();

  // kInvalid too_many_dimensions; kUnavailable activity_full: memory is at its bound.
  [[nodiscard]] base::Status check_room(base::TenantId tenant, const Tally& tally);

  const base::Clock& clock;
  Board board;
  ActivityLog log;
  RequestFeed feed;

 private:
  std::unique_ptr<runtime::Periodic> flusher_;
};

http::RouteTable activity_routes(ActivityModule& module);

// What a tenant's activity of the last day comes down to, exported; all of it, erased.
security::TenantData activity_tenant_data();

}  // namespace ashlar::activity
