#include "modules/tasks/faktory_jobs.h"

#include <atomic>
#include <memory>
#include <utility>

#include "modules/tasks/tasks_module.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::tasks {
namespace {

base::Error not_reserved() {
  return base::fail(base::Code::kNotFound, "faktory_not_reserved",
                    "no such job is reserved by this worker");
}

// Of a fetch that waits at several queues: the first that has a task ends it.
struct Waiting {
  std::atomic<bool> served{false};
  std::atomic<std::size_t> left{0};
  std::function<void(std::optional<LeasedTask>)> done;

  void end_one(std::optional<LeasedTask> task) {
    if (task) {
      served.store(true);
      return done(std::move(task));
    }
    if (left.fetch_sub(1) == 1 && !served.load()) done(std::nullopt);
  }
};

}  // namespace

LeaseAsk FaktoryJobs::ask_of(const FaktoryClient& client, const std::string& queue) const {
  return {client.tenant, queue, 1, kFirstLease,
          "faktory " + client.wid.substr(0, 64) + " " + client.hostname.substr(0, 32)};
}

base::Status FaktoryJobs::push(const FaktoryClient& client, std::string_view json) {
  ASHLAR_ASSIGN(const NewTask task, task_of_faktory(json));
  const auto made =
      module_.db.write(storage::Context::tenant(client.tenant),
                       [&](storage::Transaction& tx) { return module_.tasks.create(tx, task); });
  if (!made.ok()) return made.error();
  return base::ok_status();
}

base::Result<std::string> FaktoryJobs::push_many(const FaktoryClient& client,
                                                 std::string_view json) {
  ASHLAR_ASSIGN(const std::vector<FaktoryPushed> pushed, tasks_of_faktory(json));
  std::vector<NewTask> tasks;
  std::map<std::string, std::string> refused;
  for (const FaktoryPushed& one : pushed) {
    if (!one.task.ok()) {
      refused[one.jid] = one.task.error().detail;
    } else if (const auto job = module_.tasks.job_of(*one.task, ""); !job.ok()) {
      refused[one.jid] = job.error().detail;
    } else {
      tasks.push_back(*one.task);
    }
  }
  if (!tasks.empty()) {
    const auto made = module_.db.write(
        storage::Context::tenant(client.tenant),
        [&](storage::Transaction& tx) { return module_.tasks.create_many(tx, tasks); });
    if (!made.ok()) return made.error();
  }
  std::string answer;
  json::Writer writer(answer);
  writer.begin_object();
  for (const auto& [jid, why] : refused) writer.key(jid).string(why);
  writer.end_object();
  return answer;
}

base::Result<std::optional<LeasedTask>> FaktoryJobs::fetch(const FaktoryClient& client,
                                                           Fetch& fetch) {
  fetch.seen = module_.waits.seen();
  for (const std::string& queue : fetch.queues) {
    ASHLAR_ASSIGN(std::vector<LeasedTask> leased, module_.leases.lease(ask_of(client, queue)));
    if (!leased.empty()) return std::optional(std::move(leased.front()));
  }
  return std::optional<LeasedTask>();
}

// One thread serves all waits (lease_waits.h), so that none is served after `wanted` says no.
void FaktoryJobs::fetch_later(const FaktoryClient& client, const Fetch& fetch,
                              std::function<bool()> wanted,
                              std::function<void(std::optional<LeasedTask>)> done) {
  auto waiting = std::make_shared<Waiting>();
  waiting->done = std::move(done);
  waiting->left = fetch.queues.size() + 1;  // and this function
  for (const std::string& queue : fetch.queues) {
    const base::Status added = module_.waits.add(
        {.ask = ask_of(client, queue),
         .until = fetch.until,
         .wanted = [waiting, wanted] { return !waiting->served.load() && wanted(); },
         .done =
             [waiting](base::Result<std::vector<LeasedTask>> tasks) {
               const bool some = tasks.ok() && !tasks->empty();
               waiting->end_one(some ? std::optional(std::move(tasks->front())) : std::nullopt);
             }},
        fetch.seen);
    if (!added.ok()) waiting->end_one(std::nullopt);
  }
  waiting->end_one(std::nullopt);
}

base::Status FaktoryJobs::keep(Key key, Reserved reserved) {
  const base::Time now = module_.clock.now();
  const std::lock_guard lock(mutex_);
  if (reserved_.size() >= kMaxReserved) {
    std::erase_if(reserved_, [&](const auto& one) { return one.second.until < now; });
    if (reserved_.size() >= kMaxReserved) {
      return base::fail(base::Code::kTooMany, "too_many_reserved",
                        "too many jobs are reserved at once");
    }
  }
  reserved_[std::move(key)] = std::move(reserved);
  return base::ok_status();
}

base::Result<std::string> FaktoryJobs::deliver(const FaktoryClient& client,
                                               const LeasedTask& task) {
  FaktoryDelivery delivery = faktory_job_of(task.job);
  const base::Millis lease = std::min(task.job.timeout, Leases::kMaxLeaseTime);
  ASHLAR_TRY(module_.leases.renew(client.tenant, {task.job.ref.id, task.token, lease}));
  ASHLAR_TRY(keep({client.tenant, client.wid, delivery.jid},
                  {task.job.ref.id, task.token, task.deadline}));
  return std::move(delivery.json);
}

void FaktoryJobs::give_back(const FaktoryClient& client, const LeasedTask& task) {
  // Where this fails the short first lease ends it.
  static_cast<void>(module_.leases.end(
      client.tenant, {task.job.ref.id, task.token, jobs::Outcome::snoozed(module_.clock.now())}));
}

base::Status FaktoryJobs::end(const FaktoryClient& client, const std::string& jid,
                              jobs::Outcome outcome) {
  const Key key{client.tenant, client.wid, jid};
  Reserved reserved;
  {
    const std::lock_guard lock(mutex_);
    const auto found = reserved_.find(key);
    if (found == reserved_.end()) return not_reserved();
    reserved = found->second;
  }
  const base::Status ended =
      module_.leases.end(client.tenant, {reserved.id, reserved.token, std::move(outcome)});
  const bool over = ended.ok() || ended.error().code == base::Code::kConflict ||
                    ended.error().code == base::Code::kNotFound;
  if (!over) return ended;  // storage is away: the worker may ask again
  const std::lock_guard lock(mutex_);
  const auto found = reserved_.find(key);
  if (found != reserved_.end() && found->second.token == reserved.token) reserved_.erase(found);
  return ended;
}

base::Status FaktoryJobs::ack(const FaktoryClient& client, std::string_view json) {
  ASHLAR_ASSIGN(const FaktoryReport report, parse_faktory_report(json));
  return end(client, report.jid, jobs::Outcome::done());
}

base::Status FaktoryJobs::fail(const FaktoryClient& client, std::string_view json) {
  ASHLAR_ASSIGN(FaktoryReport report, parse_faktory_report(json));
  return end(client, report.jid, jobs::Outcome::failed(std::move(report.error)));
}

base::Result<std::string> FaktoryJobs::info(const FaktoryClient& client) {
  ASHLAR_ASSIGN(const std::vector<QueueView> queues,
                module_.db.read(storage::Context::tenant(client.tenant),
                                [&](storage::Transaction& tx) { return module_.queues.list(tx); }));
  std::int64_t enqueued = 0;
  std::int64_t working = 0;
  std::int64_t scheduled = 0;
  std::int64_t dead = 0;
  for (const QueueView& queue : queues) {
    enqueued += queue.ready;
    working += queue.running;
    scheduled += queue.scheduled;
    dead += queue.dead;
  }
  const base::Time now = module_.clock.now();
  std::string answer;
  json::Writer writer(answer);
  writer.begin_object();
  writer.key("now").string(base::format_rfc3339(now));
  writer.key("server_utc_time").string(base::format_rfc3339(now).substr(11, 8) + " UTC");
  writer.key("faktory").begin_object();
  writer.key("queues").begin_object();
  for (const QueueView& queue : queues) writer.key(queue.queue).integer(queue.ready);
  writer.end_object();
  writer.key("total_enqueued").integer(enqueued);
  writer.key("total_queues").integer(static_cast<std::int64_t>(queues.size()));
  writer.key("tasks").begin_object();
  writer.key("Busy").begin_object().key("reserved").integer(working).end_object();
  writer.key("Scheduled").begin_object().key("size").integer(scheduled).end_object();
  writer.key("Dead").begin_object().key("size").integer(dead).end_object();
  writer.end_object().end_object();
  writer.key("server").begin_object();
  writer.key("description").string("Ashlar");
  writer.key("faktory_version").string("1.9.0");  // whose commands these are
  writer.end_object().end_object();
  return answer;
}

}  // namespace ashlar::tasks
