// FaktoryJobs: the commands of Faktory's protocol on tasks: what they do, without a connection.
//
// Which lease a worker means by a jid is kept in memory, by tenant, worker (wid) and jid: so a
// worker whose job went to another cannot end that other's (Faktory's own server lets it). After a
// restart of this process, or where a worker's connections lead to several, a report is answered
// faktory_not_reserved; the job comes again when its reservation is over.
//
// Functions block on storage, but fetch_later(). Errors: faktory_malformed; kNotFound
// faktory_not_reserved; kConflict lease_lost; those of tasks.h and storage. Any thread.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/tasks/faktory_protocol.h"
#include "modules/tasks/leases.h"

namespace ashlar::tasks {

class TasksModule;

// On whose behalf a connection acts.
struct FaktoryClient {
  base::TenantId tenant;
  std::string wid;
  std::string hostname;
};

class FaktoryJobs {
 public:
  // Until it is known how long the job may take; then as long as that.
  static constexpr base::Millis kFirstLease{30'000};
  static constexpr base::Millis kFetchWait{2'000};
  static constexpr std::size_t kMaxReserved = 200'000;

  // Outlives it.
  explicit FaktoryJobs(TasksModule& module) : module_(module) {}

  base::Status push(const FaktoryClient& client, std::string_view json);
  // {"jid":"why not"} of those that were refused; all others are pushed.
  base::Result<std::string> push_many(const FaktoryClient& client, std::string_view json);

  // The first that is there, in the order of the queues; with fetch_later() after it where there is
  // none, what comes until kFetchWait is over.
  struct Fetch {
    std::vector<std::string> queues;
    std::uint64_t seen = 0;  // for fetch_later()
    base::Mono until{};
  };
  base::Result<std::optional<LeasedTask>> fetch(const FaktoryClient& client, Fetch& fetch);
  // `done` is called once, with none when the time is over; `wanted` says whether anybody waits
  // still. Any thread may call them.
  void fetch_later(const FaktoryClient& client, const Fetch& fetch, std::function<bool()> wanted,
                   std::function<void(std::optional<LeasedTask>)> done);
  // Reserves it for this worker: the job's JSON.
  base::Result<std::string> deliver(const FaktoryClient& client, const LeasedTask& task);

  // Nobody wants it any more: it goes to another at once, the attempt does not count.
  void give_back(const FaktoryClient& client, const LeasedTask& task);

  base::Status ack(const FaktoryClient& client, std::string_view json);
  base::Status fail(const FaktoryClient& client, std::string_view json);

  // INFO's JSON, of the client's tenant.
  base::Result<std::string> info(const FaktoryClient& client);

 private:
  struct Reserved {
    jobs::JobId id;
    std::string token;
    base::Time until{};
  };
  using Key = std::tuple<base::TenantId, std::string, std::string>;  // tenant, wid, jid

  [[nodiscard]] LeaseAsk ask_of(const FaktoryClient& client, const std::string& queue) const;
  base::Status end(const FaktoryClient& client, const std::string& jid, jobs::Outcome outcome);
  base::Status keep(Key key, Reserved reserved);

  TasksModule& module_;
  std::mutex mutex_;  // guards what follows
  std::map<Key, Reserved> reserved_;
};

}  // namespace ashlar::tasks
