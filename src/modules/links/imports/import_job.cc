#include "modules/links/imports/import_job.h"

#include <charconv>
#include <chrono>
#include <string>

#include "base/clock.h"
#include "modules/links/imports/imports.h"
#include "platform/jobs/jobs.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

constexpr const char* kKind = "links.import";
constexpr base::Seconds kTurn{10};
constexpr base::Seconds kStep{30};  // the longest that a step may take

ImportId id_of(const std::string& payload) {
  std::int64_t id = 0;
  std::from_chars(payload.data(), payload.data() + payload.size(), id);
  return ImportId(id);
}

}  // namespace

base::Status ImportJobs::enqueue(storage::Transaction& tx, ImportId id) {
  if (jobs_ == nullptr) return base::ok_status();
  jobs::NewJob job;
  job.kind = kKind;
  job.payload = std::to_string(id.value);
  job.unique_key = job.payload;
  job.max_attempts = jobs::kMaxAttempts;
  ASHLAR_TRY(jobs_->enqueue(tx, job));
  return base::ok_status();
}

jobs::KindOptions ImportJobs::kind() {
  jobs::KindOptions options;
  options.kind = kKind;
  options.handler = jobs::Handler([this](const jobs::Attempt& attempt) { return run(attempt); });
  options.concurrency = 1;  // more would only wait for each other's commits
  options.prefetch = 2;
  return options;
}

jobs::Outcome ImportJobs::run(const jobs::Attempt& attempt) {
  const ImportId id = id_of(attempt.job.payload);
  const base::Mono over = clock_.mono() + kTurn;
  while (clock_.mono() < over && !attempt.cancel_asked()) {
    const auto context = storage::Context::tenant(attempt.job.tenant, clock_.mono() + kStep);
    const base::Result<bool> more =
        db_.write(context, [&](storage::Transaction& tx) { return imports_.step(tx, id); });
    if (!more.ok()) return jobs::Outcome::failed(more.error().detail);
    if (!*more) return jobs::Outcome::done();
  }
  return jobs::Outcome::snoozed(clock_.now());
}

}  // namespace ashlar::links
