#include "platform/sagas/saga_worker.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <exception>
#include <utility>

#include "base/clock.h"
#include "platform/jobs/jobs.h"
#include "platform/json/parse.h"
#include "platform/observability/metrics.h"
#include "platform/runtime/worker_pool.h"
#include "platform/sagas/participant.h"
#include "platform/storage/database.h"

namespace ashlar::sagas {
namespace {

constexpr std::size_t kMaxAnswersWaiting = 4096;
constexpr base::Millis kRecordTimeout{30'000};
// Another instance, of a newer program, may know the step: so long it is left to that one.
constexpr base::Seconds kUnknownFor{3600};
constexpr base::Seconds kUnknownPause{15};
constexpr base::Seconds kStoragePause{1};
constexpr const char* kLost = "An attempt ended without an answer.";
constexpr const char* kTooManyLost = "It was taken up too often without an end: does it crash?";

// Unique among installations too: a service that two of them call must not mix them up.
std::string key_of(const store::SagaRow& row) {
  std::array<char, 16> started{};
  const auto end = std::to_chars(started.data(), started.data() + started.size(),
                                 base::to_micros(row.started_at), 16);
  return "saga-" + row.id.to_string() + "-" + std::string(started.data(), end.ptr) + "-" +
         row.step + std::string(row.backward ? kUndoSuffix : "");
}

StepCall call_of(const store::SagaRow& row, base::TenantId tenant, const std::string& key,
                 const json::Value& data, int attempt, base::Mono deadline) {
  return {.saga = row.id,
          .tenant = tenant,
          .correlation = row.correlation,
          .step = row.step,
          .compensating = row.backward,
          .attempt = attempt,
          .deadline = deadline,
          .idempotency_key = key,
          .traceparent = row.traceparent,
          .data = data};
}

// The database is away: nobody's step has failed. What it said no to, or a deadline that the step
// itself may have used up, is another matter.
bool storage_is_away(const base::Error& error) {
  return error.code == base::Code::kUnavailable &&
         std::string_view(error.reason).starts_with("storage_");
}

// Of a transaction of ours in which no step ran.
jobs::Outcome not_begun(const base::Error& error, base::Time now) {
  const bool late =
      error.code == base::Code::kDeadline && std::string_view(error.reason).starts_with("storage_");
  if (late || storage_is_away(error)) return jobs::Outcome::snoozed(now + kStoragePause);
  return jobs::Outcome::failed(error.detail);
}

base::Result<json::Value::Object> run_action(const TransactionStep& action,
                                             storage::Transaction& tx, const StepCall& call) {
  try {
    return action(tx, call);
  } catch (const std::exception& error) {
    return base::fail(base::Code::kInternal, "saga_step_threw", error.what());
  }
}

}  // namespace

struct SagaWorker::Loaded {
  store::SagaRow row;
  const Definition* definition = nullptr;  // null: the step is not known here
  Position at;

  [[nodiscard]] const Step& step() const {
    return definition->steps[static_cast<std::size_t>(at.step)];
  }
  [[nodiscard]] const Action& action() const { return action_at(*definition, at); }
};

template <class Kind>
bool SagaWorker::runs_here(const Loaded& saga) {
  return saga.definition != nullptr && std::holds_alternative<Kind>(saga.action());
}

// A call on its way. Lives until its answer is written down.
struct SagaWorker::Calling {
  jobs::LeaseRef ref;
  base::TenantId tenant;
  Command command;
  int lost = 0;  // attempts of this command before, whose outcome nobody learned
  Loaded saga;
  json::Value data;
  std::string key;
  std::optional<StepCall> call;
  std::function<void(jobs::Outcome)> done;
  std::atomic<bool> answered = false;
};

SagaWorker::SagaWorker(storage::Database& db, jobs::Jobs& jobs, SagaMover& mover,
                       const base::Clock& clock, obs::Registry& metrics, int max_lost,
                       int recorders)
    : db_(db),
      jobs_(jobs),
      mover_(mover),
      clock_(clock),
      max_lost_(max_lost),
      late_(metrics.make_counter("ashlar_sagas_late_answers_total",
                                 "Answers to calls of sagas that had moved on by then.")),
      recorders_(std::make_unique<runtime::WorkerPool>("sagas", static_cast<std::size_t>(recorders),
                                                       kMaxAnswersWaiting, clock, metrics)) {}

SagaWorker::~SagaWorker() { stop(); }

void SagaWorker::stop() { recorders_->drain(); }

base::Result<std::optional<SagaWorker::Loaded>> SagaWorker::load(storage::Transaction& tx,
                                                                 const Command& command) {
  ASHLAR_ASSIGN(std::optional<store::SagaRow> row, store::find(tx, command.saga));
  if (!row || row->command != command.number || row->state == State::kParked || row->ended_at) {
    return std::optional<Loaded>();
  }
  Loaded loaded{.row = *std::move(row), .definition = nullptr, .at = {}};
  const Definition* definition = mover_.find(loaded.row.kind);
  if (definition == nullptr) return std::optional(std::move(loaded));
  const std::optional<Position> at = SagaMover::position_of(*definition, loaded.row);
  if (at) {
    loaded.definition = definition;
    loaded.at = *at;
  }
  return std::optional(std::move(loaded));
}

// Snoozed ones are not lost: those that failed, or whose lease ran out, left a record.
base::Result<int> SagaWorker::lost_before(storage::Transaction& tx, const jobs::LeasedJob& job) {
  if (job.ref.attempt <= 1) return 0;
  ASHLAR_ASSIGN(const jobs::JobView view, jobs_.find(tx, job.tenant, job.ref.id));
  const auto earlier = [&](const jobs::AttemptRecord& record) {
    return record.attempt < job.ref.attempt;
  };
  return static_cast<int>(std::count_if(view.attempts.begin(), view.attempts.end(), earlier));
}

jobs::Outcome SagaWorker::step(const jobs::Attempt& attempt) {
  const base::Result<Command> command = parse_command(attempt.job.payload);
  if (!command.ok()) return jobs::Outcome::dead(command.error().detail);
  bool known = true;
  const base::Status done =
      db_.write(storage::Context::tenant(attempt.job.tenant, attempt.deadline),
                [&](storage::Transaction& tx) { return run_in(tx, attempt, *command, known); });
  if (!done.ok() && storage_is_away(done.error())) return not_begun(done.error(), clock_.now());
  if (!done.ok()) return record_error(attempt, *command, done.error());
  return known ? jobs::Outcome::done() : jobs::Outcome::snoozed(clock_.now() + kUnknownPause);
}

base::Status SagaWorker::run_in(storage::Transaction& tx, const jobs::Attempt& attempt,
                                const Command& command, bool& known) {
  const base::TenantId tenant = attempt.job.tenant;
  ASHLAR_ASSIGN(std::optional<Loaded> saga, load(tx, command));
  known = !saga || runs_here<TransactionStep>(*saga);
  if (!saga) return base::ok_status();
  if (!known) return park_if_old(tx, tenant, *saga);
  ASHLAR_ASSIGN(const int lost, lost_before(tx, attempt.job));
  if (lost >= max_lost_) {
    return mover_.apply(tx, tenant, *saga->definition, saga->row, park(saga->at),
                        {.error = kTooManyLost});
  }
  ASHLAR_ASSIGN(const json::Value data, json::parse(saga->row.data));
  const std::string key = key_of(saga->row);
  const StepCall call =
      call_of(saga->row, tenant, key, data, saga->row.attempts + lost + 1, attempt.deadline);
  ASHLAR_ASSIGN(const json::Value::Object add,
                run_action(std::get<TransactionStep>(saga->action()), tx, call));
  return mover_.apply(tx, tenant, *saga->definition, saga->row,
                      after_done(*saga->definition, saga->at), {.add = &add});
}

jobs::Outcome SagaWorker::record_error(const jobs::Attempt& attempt, const Command& command,
                                       const base::Error& error) {
  const base::TenantId tenant = attempt.job.tenant;
  const base::Status recorded =
      db_.write(storage::Context::tenant(tenant).read_committed(),
                [&](storage::Transaction& tx) -> base::Status {
                  ASHLAR_ASSIGN(std::optional<Loaded> saga, load(tx, command));
                  if (!saga || saga->definition == nullptr) return base::ok_status();
                  return mover_.apply(
                      tx, tenant, *saga->definition, saga->row,
                      after_failure(*saga->definition, saga->at, is_refusal(error), Effect::kNone),
                      {.error = std::string(error.reason) + ": " + error.detail});
                });
  if (recorded.ok()) return jobs::Outcome::done();
  return not_begun(recorded.error(), clock_.now());  // the step's own transaction rolled back
}

// A call whose earlier attempts were lost may have had its effect: they count as failed ones, and
// where they use the attempts up, what follows from that happens without another call.
base::Status SagaWorker::give_up_lost(storage::Transaction& tx, const jobs::LeasedJob& job,
                                      const Command& command) {
  ASHLAR_ASSIGN(std::optional<Loaded> saga, load(tx, command));
  if (!saga) return base::ok_status();
  if (!runs_here<CallStep>(*saga)) return park_if_old(tx, job.tenant, *saga);
  ASHLAR_ASSIGN(const int lost, lost_before(tx, job));
  saga->row.attempts = saga->at.attempts += std::max(0, lost - 1);
  return mover_.apply(tx, job.tenant, *saga->definition, saga->row,
                      after_failure(*saga->definition, saga->at, false, Effect::kMaybe),
                      {.error = kLost});
}

base::Status SagaWorker::park_if_old(storage::Transaction& tx, base::TenantId tenant,
                                     Loaded& saga) {
  if (clock_.now() - saga.row.updated_at < kUnknownFor) return base::ok_status();
  return mover_.park_unknown(tx, tenant, saga.row);
}

bool SagaWorker::may_call(const Loaded& saga, int lost) {
  if (lost == 0) return true;
  Position at = saga.at;
  at.attempts += lost - 1;
  return after_failure(*saga.definition, at, false, Effect::kMaybe).then == Then::kRetry;
}

base::Result<std::shared_ptr<SagaWorker::Calling>> SagaWorker::load_call(
    storage::Transaction& tx, const jobs::Attempt& attempt, const Command& command) {
  ASHLAR_ASSIGN(std::optional<Loaded> saga, load(tx, command));
  if (!saga) return std::shared_ptr<Calling>();
  auto calling = std::make_shared<Calling>();
  calling->ref = attempt.job.ref;
  calling->tenant = attempt.job.tenant;
  calling->command = command;
  calling->saga = *std::move(saga);
  ASHLAR_ASSIGN(calling->lost, lost_before(tx, attempt.job));
  return calling;
}

base::Status SagaWorker::prepare(Calling& calling, base::Mono deadline) {
  const store::SagaRow& row = calling.saga.row;
  ASHLAR_ASSIGN(calling.data, json::parse(row.data));
  calling.key = key_of(row);
  calling.call.emplace(call_of(row, calling.tenant, calling.key, calling.data,
                               row.attempts + calling.lost + 1,
                               std::min(deadline, clock_.mono() + calling.saga.step().timeout)));
  return base::ok_status();
}

void SagaWorker::call(const jobs::Attempt& attempt, std::function<void(jobs::Outcome)> done) {
  const base::Result<Command> command = parse_command(attempt.job.payload);
  if (!command.ok()) return done(jobs::Outcome::dead(command.error().detail));
  const storage::Context context = storage::Context::tenant(attempt.job.tenant, attempt.deadline);
  const base::Result<std::shared_ptr<Calling>> loaded =
      db_.read(context, [&](storage::Transaction& tx) { return load_call(tx, attempt, *command); });
  if (!loaded.ok()) return done(not_begun(loaded.error(), clock_.now()));
  const std::shared_ptr<Calling>& calling = *loaded;
  if (!calling) return done(jobs::Outcome::done());
  const bool known = runs_here<CallStep>(calling->saga);
  if (!known || !may_call(calling->saga, calling->lost)) {
    const base::Status given_up = db_.write(
        context.read_committed(),
        [&](storage::Transaction& tx) { return give_up_lost(tx, attempt.job, *command); });
    if (!given_up.ok()) return done(not_begun(given_up.error(), clock_.now()));
    return done(known ? jobs::Outcome::done()
                      : jobs::Outcome::snoozed(clock_.now() + kUnknownPause));
  }
  if (const base::Status ready = prepare(*calling, attempt.deadline); !ready.ok()) {
    return done(jobs::Outcome::failed(ready.error().detail));
  }
  calling->done = std::move(done);
  try {
    std::get<CallStep>(calling->saga.action())(
        *calling->call, [this, calling](Answer answer) { answered(calling, std::move(answer)); });
  } catch (const std::exception& error) {
    answered(calling, Answer::failed(error.what()));
  }
}

void SagaWorker::answered(const std::shared_ptr<Calling>& calling, Answer answer) {
  if (calling->answered.exchange(true)) return;
  const bool taken = recorders_->submit(
      {.run = [this, calling,
               answer = std::move(answer)] { calling->done(record_answer(*calling, answer)); },
       .expired = [calling] { calling->done(jobs::Outcome::failed("not written down in time")); },
       .deadline = clock_.mono() + kRecordTimeout});
  if (!taken) calling->done(jobs::Outcome::failed("too many answers wait to be written down"));
}

jobs::Outcome SagaWorker::record_answer(const Calling& calling, const Answer& answer) {
  const base::Status recorded =
      db_.write(storage::Context::tenant(calling.tenant).read_committed(),
                [&](storage::Transaction& tx) { return write_answer(tx, calling, answer); });
  if (recorded.ok()) return jobs::Outcome::done();
  return jobs::Outcome::failed(recorded.error().detail);
}

base::Status SagaWorker::write_answer(storage::Transaction& tx, const Calling& calling,
                                      const Answer& answer) {
  ASHLAR_ASSIGN(std::optional<Loaded> saga, load(tx, calling.command));
  bool ours = saga.has_value() && saga->definition != nullptr;
  if (ours) {
    const base::Result<jobs::JobView> job = jobs_.find(tx, calling.tenant, calling.ref.id);
    if (!job.ok() && job.error().code != base::Code::kNotFound) return job.error();
    ours = job.ok() && job->attempt == calling.ref.attempt;
  }
  if (!ours) {
    tx.on_commit([this] { late_.add(); });
    return base::ok_status();
  }
  const Definition& definition = *saga->definition;
  Position at = saga->at;
  at.attempts += calling.lost;
  saga->row.attempts = at.attempts;
  if (answer.kind == Answer::Kind::kDone) {
    const store::SagaRow before = saga->row;
    const base::Status done = mover_.apply(tx, calling.tenant, definition, saga->row,
                                           after_done(definition, at), {.add = &answer.add});
    if (done.ok() || std::string_view(done.error().reason) != "saga_data_too_large") return done;
    // It is done, and what it said cannot be kept: nobody but a person can go on from here.
    saga->row = before;
    return mover_.apply(tx, calling.tenant, definition, saga->row, park(at),
                        {.error = done.error().detail});
  }
  const bool refused = answer.kind == Answer::Kind::kRefused;
  const Effect effect = refused && at.attempts == 0 ? Effect::kNone
                        : at.backward               ? Effect::kNone
                                                    : Effect::kMaybe;
  return mover_.apply(tx, calling.tenant, definition, saga->row,
                      after_failure(definition, at, refused, effect),
                      {.error = answer.error, .not_before = answer.retry_at});
}

base::Result<jobs::Outcome> SagaWorker::timeout(const jobs::Attempt& attempt,
                                                storage::Transaction& tx) {
  ASHLAR_ASSIGN(const Command command, parse_command(attempt.job.payload));
  ASHLAR_ASSIGN(std::optional<store::SagaRow> row, store::find(tx, command.saga));
  if (!row || row->ended_at) return jobs::Outcome::done();
  const Definition* definition = mover_.find(row->kind);
  const std::optional<Position> at =
      definition == nullptr ? std::nullopt : SagaMover::position_of(*definition, *row);
  if (!at) return jobs::Outcome::snoozed(clock_.now() + kUnknownPause);
  row->timer_job = {};  // it is this job, which ends with this transaction
  ASHLAR_TRY(mover_.apply(tx, attempt.job.tenant, *definition, *row,
                          after_deadline(*definition, *at),
                          {.error = "The saga's time is over.", .attempted = false}));
  return jobs::Outcome::done();
}

}  // namespace ashlar::sagas
