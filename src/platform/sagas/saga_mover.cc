#include "platform/sagas/saga_mover.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"
#include "platform/events/event.h"
#include "platform/events/outbox.h"
#include "platform/jobs/jobs.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/sagas/sagas.h"
#include "platform/storage/database.h"

namespace ashlar::sagas {
namespace {

// The saga's own time-outs come first; the job's are for handlers that never come back.
constexpr base::Millis kGrace{5'000};
constexpr base::Millis kTimerTimeout{30'000};
constexpr const char* kEndedHelp = "Sagas that have ended, by how.";

// What a step says is kept whatever it says.
std::string cut(std::string text) {
  if (!base::is_utf8(text) || text.find('\0') != std::string::npos) {
    std::replace_if(text.begin(), text.end(), [](char c) { return c <= 0 || c == 127; }, '?');
  }
  if (text.size() <= kMaxErrorBytes) return text;
  std::size_t end = kMaxErrorBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

bool has_ended(State state) { return state == State::kCompleted || state == State::kCompensated; }

std::uint32_t skipped_of(const Definition& definition, const std::string& names) {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < definition.steps.size(); ++i) {
    const std::string word = definition.steps[i].name + " ";
    const std::size_t at = names.find(word);
    if (at != std::string::npos && (at == 0 || names[at - 1] == ' ')) bits |= 1U << i;
  }
  return bits;
}

base::Status extend(store::SagaRow& row, const json::Value::Object& add) {
  if (add.empty()) return base::ok_status();
  ASHLAR_ASSIGN(json::Value data, json::parse(row.data));
  json::Value::Object* members = data.if_object();
  CHECK(members != nullptr);
  for (const auto& [name, value] : add) {
    const auto same = [&name = name](const auto& member) { return member.first == name; };
    const auto found = std::find_if(members->begin(), members->end(), same);
    if (found != members->end()) {
      found->second = value;
    } else {
      members->emplace_back(name, value);
    }
  }
  row.data = json::to_text(data);
  if (row.data.size() > kMaxDataBytes) {
    return base::fail(base::Code::kInvalid, "saga_data_too_large",
                      "A saga's data has at most 64 KiB.");
  }
  return base::ok_status();
}

SagaMove move_of(const store::SagaRow& row, const Decision& decision,
                 const SagaMover::Cause& cause) {
  SagaMove move;
  move.event = decision.event;
  move.step = row.step;
  move.compensating = row.backward;
  move.attempt = cause.attempted ? row.attempts + 1 : 0;
  move.error = cut(cause.error);
  return move;
}

void take(store::SagaRow& row, const Definition& definition, const Position& next) {
  row.state = next.state;
  row.backward = next.backward;
  row.attempts = next.attempts;
  row.step = has_ended(next.state) ? std::string()
                                   : definition.steps[static_cast<std::size_t>(next.step)].name;
  row.skipped.clear();
  for (std::size_t i = 0; i < definition.steps.size(); ++i) {
    if ((next.skipped >> i & 1U) != 0) row.skipped += definition.steps[i].name + " ";
  }
}

base::Status check_new(const NewSaga& saga, const std::string& data) {
  const auto bad = [](std::string detail) {
    return base::fail(base::Code::kInvalid, "saga_invalid", std::move(detail));
  };
  if (saga.correlation.empty() || saga.correlation.size() > kMaxCorrelationBytes) {
    return bad("A saga's correlation has 1 to 200 bytes.");
  }
  if (data.size() > kMaxDataBytes) return bad("A saga's data has at most 64 KiB.");
  return base::ok_status();
}

}  // namespace

std::string command_text(const Command& command) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("saga").integer(command.saga.value);
  writer.key("command").integer(command.number).end_object();
  return text;
}

base::Result<Command> parse_command(std::string_view payload) {
  ASHLAR_ASSIGN(const json::Value value, json::parse(payload));
  const json::Value* saga = value.find("saga");
  const json::Value* number = value.find("command");
  if (saga == nullptr || saga->if_integer() == nullptr || number == nullptr ||
      number->if_integer() == nullptr) {
    return base::fail(base::Code::kInvalid, "saga_command", "The job is no command of a saga.");
  }
  return Command{SagaId(*saga->if_integer()), *number->if_integer()};
}

SagaMover::SagaMover(jobs::Jobs& jobs, events::Outbox& outbox, const base::Clock& clock,
                     obs::Registry& metrics, obs::Log& log, std::uint64_t seed)
    : jobs_(jobs),
      outbox_(outbox),
      clock_(clock),
      metrics_(metrics),
      log_(log),
      completed_(
          metrics.make_counter("ashlar_sagas_ended_total", kEndedHelp, {{"state", "completed"}})),
      compensated_(
          metrics.make_counter("ashlar_sagas_ended_total", kEndedHelp, {{"state", "compensated"}})),
      random_(seed) {}

void SagaMover::define(Definition definition) {
  CHECK(check_definition(definition).ok());
  std::string kind = definition.kind;
  parked_[kind] = &metrics_.make_counter("ashlar_sagas_parked_total",
                                         "Sagas that were parked: somebody has to look at each.",
                                         {{"kind", kind}});
  CHECK(definitions_.emplace(std::move(kind), std::move(definition)).second);
}

const Definition* SagaMover::find(std::string_view kind) const {
  const auto found = definitions_.find(kind);
  return found == definitions_.end() ? nullptr : &found->second;
}

std::optional<Position> SagaMover::position_of(const Definition& definition,
                                               const store::SagaRow& row) {
  Position at{row.state, row.backward, 0, row.attempts, skipped_of(definition, row.skipped)};
  if (has_ended(row.state)) {
    at.step = row.backward ? -1 : static_cast<int>(definition.steps.size());
    return at;
  }
  for (std::size_t i = 0; i < definition.steps.size(); ++i) {
    if (definition.steps[i].name != row.step) continue;
    at.step = static_cast<int>(i);
    const bool nothing_to_run = std::holds_alternative<std::monostate>(action_at(definition, at));
    return nothing_to_run ? std::nullopt : std::optional(at);
  }
  return std::nullopt;
}

base::Status SagaMover::apply(storage::Transaction& tx, base::TenantId tenant,
                              const Definition& definition, store::SagaRow& row,
                              const Decision& decision, const Cause& cause) {
  SagaMove move = move_of(row, decision, cause);
  if (cause.add != nullptr) ASHLAR_TRY(extend(row, *cause.add));
  const bool forward = !row.backward;
  take(row, definition, decision.next);
  if (!move.error.empty()) row.error = move.error;
  if (decision.event == "done" && forward) row.error.clear();
  const base::Time now = clock_.now();
  base::Time when = now;
  row.next_at.reset();
  if (decision.then == Then::kRetry) {
    const Step& step = definition.steps[static_cast<std::size_t>(decision.next.step)];
    when =
        std::max(now + pause_before(step, decision.next.attempts), cause.not_before.value_or(now));
    row.next_at = move.next_attempt_at = when;
  }
  if (has_ended(row.state)) row.ended_at = now;
  // Whatever is under way for the old number counts no more; what is only noted disturbs nobody.
  if (decision.event != "overdue") row.command = row.version + 1;
  ASHLAR_TRY(write(tx, tenant, row, move));
  if (decision.then != Then::kNothing) {
    return issue(tx, tenant, definition, row, decision.next, when);
  }
  if (has_ended(row.state)) return finish(tx, tenant, definition, row);
  if (decision.event == "parked") return alert(tx, tenant, row);
  return base::ok_status();
}

base::Status SagaMover::park_unknown(storage::Transaction& tx, base::TenantId tenant,
                                     store::SagaRow& row) {
  SagaMove move;
  move.event = "parked";
  move.step = row.step;
  move.compensating = row.backward;
  move.error = "This program knows no such step.";
  row.error = move.error;
  row.state = State::kParked;
  row.next_at.reset();
  row.command = row.version + 1;
  ASHLAR_TRY(write(tx, tenant, row, move));
  return alert(tx, tenant, row);
}

base::Status SagaMover::write(storage::Transaction& tx, base::TenantId tenant, store::SagaRow& row,
                              const SagaMove& move) {
  ++row.version;
  row.updated_at = clock_.now();
  ASHLAR_ASSIGN(const bool ours, store::update(tx, row));
  if (!ours) {
    return base::fail(base::Code::kConflict, "saga_moved", "The saga has moved on meanwhile.");
  }
  SagaMove whole = move;
  whole.version = row.version;
  whole.at = row.updated_at;
  whole.state = row.state;
  return store::insert_move(tx, tenant, row.id, whole);
}

base::Status SagaMover::issue(storage::Transaction& tx, base::TenantId tenant,
                              const Definition& definition, const store::SagaRow& row,
                              const Position& at, base::Time when) {
  const Step& step = definition.steps[static_cast<std::size_t>(at.step)];
  const bool call = std::holds_alternative<CallStep>(action_at(definition, at));
  jobs::NewJob job;
  job.kind = call ? kCallJob : kStepJob;
  job.queue = row.kind;
  job.payload = command_text({row.id, row.command});
  json::Writer meta(job.meta);
  meta.begin_object().key("kind").string(row.kind).key("step").string(step.name);
  meta.key("compensating").boolean(at.backward).end_object();
  if (when > clock_.now()) job.run_at = when;
  job.max_attempts = jobs::kMaxAttempts;
  job.timeout = step.timeout + kGrace;
  job.traceparent = row.traceparent;
  ASHLAR_TRY(jobs_.enqueue_for(tx, tenant, job));
  return base::ok_status();
}

base::Status SagaMover::start_timer(storage::Transaction& tx, base::TenantId tenant,
                                    const store::SagaRow& row) {
  jobs::NewJob job;
  job.kind = kTimeoutJob;
  job.queue = row.kind;
  job.payload = command_text({row.id, 0});
  job.run_at = row.deadline;
  job.max_attempts = jobs::kMaxAttempts;
  job.timeout = kTimerTimeout;
  ASHLAR_ASSIGN(const jobs::Enqueued timer, jobs_.enqueue_for(tx, tenant, job));
  return store::set_timer(tx, tenant, row.id, timer.id);
}

base::Status SagaMover::finish(storage::Transaction& tx, base::TenantId tenant,
                               const Definition& definition, const store::SagaRow& row) {
  if (row.timer_job.is_set()) {
    // It may be at work just now: then it finds the saga ended.
    const base::Status cancelled = jobs_.cancel(tx, tenant, row.timer_job);
    if (!cancelled.ok() && cancelled.error().code != base::Code::kNotFound &&
        std::string_view(cancelled.error().reason) != "job_ended") {
      return cancelled;
    }
  }
  const bool completed = row.state == State::kCompleted;
  tx.on_commit([&counter = completed ? completed_ : compensated_] { counter.add(); });
  if (!definition.announce_end) return base::ok_status();
  return announce(tx, tenant, completed ? "saga.completed" : "saga.compensated", row);
}

base::Status SagaMover::alert(storage::Transaction& tx, base::TenantId tenant,
                              const store::SagaRow& row) {
  const auto counter = parked_.find(row.kind);
  tx.on_commit([this, id = row.id, tenant, kind = row.kind, step = row.step, error = row.error,
                counter = counter == parked_.end() ? nullptr : counter->second] {
    if (counter != nullptr) counter->add();
    log_.error("saga parked: it needs a person", {{"saga", id.value},
                                                  {"tenant", tenant.value},
                                                  {"kind", kind},
                                                  {"step", step},
                                                  {"detail", error}});
  });
  return announce(tx, tenant, "saga.parked", row);
}

base::Status SagaMover::announce(storage::Transaction& tx, base::TenantId tenant,
                                 std::string_view type, const store::SagaRow& row) {
  events::NewEvent event;
  event.type = type;
  event.aggregate_type = "saga";
  event.aggregate_id = row.id.to_string();
  event.traceparent = row.traceparent;
  json::Writer data(event.data);
  data.begin_object().key("saga_id").string(row.id.to_string());
  data.key("kind").string(row.kind).key("correlation").string(row.correlation);
  data.key("state").string(state_name(row.state)).key("step").string(row.step);
  data.key("compensating").boolean(row.backward).key("error").string(row.error).end_object();
  ASHLAR_TRY(outbox_.append_for(tx, tenant, event));
  return base::ok_status();
}

base::Micros SagaMover::pause_before(const Step& step, int attempt) {
  const auto& delays = step.retry.delays;
  const auto last = delays.size() - 1;
  const base::Micros delay = delays[std::min(static_cast<std::size_t>(attempt - 1), last)];
  const std::lock_guard lock(mutex_);
  return delay +
         std::chrono::duration_cast<base::Micros>(delay * step.retry.jitter * random_.unit());
}

base::Result<Started> SagaMover::start(storage::Transaction& tx, base::TenantId tenant,
                                       const NewSaga& saga) {
  const Definition* definition = find(saga.kind);
  if (definition == nullptr) {
    return base::fail(base::Code::kInvalid, "saga_unknown_kind",
                      "No saga of this kind is defined: " + saga.kind);
  }
  store::SagaRow row;
  row.data = json::to_text(json::Value(saga.data));
  ASHLAR_TRY(check_new(saga, row.data));
  const Decision decision = after_start(*definition);
  row.kind = saga.kind;
  row.correlation = saga.correlation;
  row.traceparent = saga.traceparent;
  row.started_at = clock_.now();
  if (definition->timeout) row.deadline = row.started_at + *definition->timeout;
  take(row, *definition, decision.next);
  ASHLAR_ASSIGN(const std::optional<SagaId> id, store::insert(tx, tenant, row));
  if (!id) {
    ASHLAR_ASSIGN(const SagaId known,
                  store::find_by_correlation(tx, tenant, saga.kind, saga.correlation));
    return Started{known, true};
  }
  row.id = *id;
  row.version = row.command = 1;
  SagaMove move;
  move.version = 1;
  move.at = row.started_at;
  move.event = decision.event;
  move.state = row.state;
  ASHLAR_TRY(store::insert_move(tx, tenant, row.id, move));
  ASHLAR_TRY(issue(tx, tenant, *definition, row, decision.next, row.started_at));
  if (row.deadline) ASHLAR_TRY(start_timer(tx, tenant, row));
  return Started{row.id, false};
}

}  // namespace ashlar::sagas
