#include "platform/sagas/choreography.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "platform/events/consumers.h"
#include "platform/events/outbox.h"
#include "platform/jobs/runner.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::sagas {
namespace {

using storage::Audience;
using storage::Sql;

// An answer that nobody asks for ages from its coming: ended_at is then only for retention.
//
// The consumer works for all tenants in a platform transaction, the time-out in a tenant's.
constexpr Sql kInsert{Audience::kPlatform,
                      "INSERT INTO correlations (tenant_id, kind, correlation, state, asked_by,"
                      " timer_job, seen_at, ended_at) VALUES (?1, ?2, ?3, 'early', '', 0, ?4, ?4)"
                      " ON CONFLICT (tenant_id, kind, correlation) DO NOTHING"};
constexpr Sql kFind{Audience::kPlatform,
                    "SELECT id, correlation, state, timer_job FROM correlations"
                    " WHERE tenant_id = ?1 AND kind = ?2 AND correlation = ?3"};
constexpr Sql kOpen{Audience::kPlatform,
                    "UPDATE correlations SET state = 'open', asked_by = ?2, asked_at = ?3,"
                    " deadline = ?4, timer_job = ?5, ended_at = NULL"
                    " WHERE id = ?1 AND state = 'early'"};
constexpr Sql kAnswer{Audience::kPlatform,
                      "INSERT INTO correlation_answers (correlation_id, party, tenant_id, event_id,"
                      " type, at, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
                      " ON CONFLICT (correlation_id, party) DO NOTHING"};
constexpr Sql kAnswers{Audience::kPlatform,
                       "SELECT party, data FROM correlation_answers WHERE correlation_id = ?1"
                       " ORDER BY party"};
constexpr Sql kComplete{Audience::kPlatform,
                        "UPDATE correlations SET state = 'complete', ended_at = ?2"
                        " WHERE id = ?1 AND state = 'open'"};

constexpr Sql kOpenKind{Audience::kTenant,
                        "SELECT kind FROM correlations WHERE tenant_id = :tenant AND id = ?1"
                        " AND state = 'open'"};
constexpr Sql kTimeOut{Audience::kTenant,
                       "UPDATE correlations SET state = 'timed_out', ended_at = ?2"
                       " WHERE tenant_id = :tenant AND id = ?1 AND state = 'open'"
                       " RETURNING correlation"};
constexpr Sql kWhoAnswered{Audience::kTenant,
                           "SELECT party FROM correlation_answers"
                           " WHERE tenant_id = :tenant AND correlation_id = ?1"};
constexpr Sql kViews{Audience::kTenant,
                     "SELECT id, kind, correlation, state, asked_at, deadline, ended_at"
                     " FROM correlations WHERE tenant_id = :tenant AND correlation = ?1"
                     " ORDER BY id LIMIT 100"};
constexpr Sql kViewAnswers{Audience::kTenant,
                           "SELECT party, type, event_id, data, at FROM correlation_answers"
                           " WHERE tenant_id = :tenant AND correlation_id = ?1 ORDER BY party"};

#define OLDEST_ENDED                                                         \
  "SELECT id FROM correlations WHERE ended_at IS NOT NULL AND ended_at < ?1" \
  " ORDER BY ended_at, id LIMIT ?2"
constexpr Sql kRemoveAnswers{Audience::kPlatform,
                             "DELETE FROM correlation_answers WHERE correlation_id IN"
                             " (" OLDEST_ENDED ")"};
constexpr Sql kRemove{Audience::kPlatform,
                      "DELETE FROM correlations WHERE id IN (" OLDEST_ENDED ")"};

constexpr std::array kStatements{
    &kInsert,  &kFind,        &kOpen,  &kAnswer,      &kAnswers,       &kComplete, &kOpenKind,
    &kTimeOut, &kWhoAnswered, &kViews, &kViewAnswers, &kRemoveAnswers, &kRemove};

// Another instance, of a newer program, may know the kind.
constexpr base::Seconds kUnknownPause{15};

std::optional<base::Time> maybe_time(const storage::Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return base::from_micros(row.integer(column));
}

std::optional<std::string> correlation_of(const events::Event& event) {
  const base::Result<json::Value> data = json::parse(event.data);
  if (!data.ok()) return std::nullopt;
  const json::Value* id = data->find("correlation_id");
  if (id == nullptr || id->if_string() == nullptr || id->if_string()->empty()) return std::nullopt;
  return *id->if_string();
}

const Party* party_of(const ChoreographyKind& kind, std::string_view type) {
  for (const Party& party : kind.parties) {
    if (std::find(party.answers.begin(), party.answers.end(), type) != party.answers.end()) {
      return &party;
    }
  }
  return nullptr;
}

events::NewEvent outcome_event(std::string type, const std::string& correlation) {
  events::NewEvent event;
  event.type = std::move(type);
  event.aggregate_type = "choreography";
  event.aggregate_id = correlation;
  return event;
}

}  // namespace

struct Choreography::Row {
  std::int64_t id = 0;
  std::string correlation, state;
  jobs::JobId timer;
};

void Choreography::define(ChoreographyKind kind) {
  CHECK(!kind.parties.empty() && kind.timeout.count() > 0);
  std::string name = kind.kind;
  CHECK(kinds_.emplace(std::move(name), std::move(kind)).second);
}

const ChoreographyKind* Choreography::kind_of(std::string_view kind) const {
  const auto found = kinds_.find(kind);
  return found == kinds_.end() ? nullptr : &found->second;
}

void Choreography::join(events::Consumers& consumers, jobs::Runner& runner) {
  for (const auto& [name, kind] : kinds_) {
    events::ConsumerOptions options;
    options.name = "choreography." + name;
    options.types.push_back(kind.asks);
    for (const Party& party : kind.parties) {
      options.types.insert(options.types.end(), party.answers.begin(), party.answers.end());
    }
    options.consume = [this, &kind = kind](storage::Transaction& tx, const events::Event& event) {
      return on_event(tx, kind, event);
    };
    consumers.add(std::move(options));
  }
  runner.add({.kind = std::string(kChoreographyTimeoutJob),
              .handler = jobs::TransactionHandler(
                  [this](const jobs::Attempt& attempt, storage::Transaction& tx) {
                    return on_timeout(tx, attempt.job.payload);
                  }),
              .concurrency = 1});
}

base::Status Choreography::on_event(storage::Transaction& tx, const ChoreographyKind& kind,
                                    const events::Event& event) const {
  const std::optional<std::string> correlation = correlation_of(event);
  const Party* party = party_of(kind, event.type);
  if (!correlation || !event.tenant.is_set() || (party == nullptr && event.type != kind.asks)) {
    return base::ok_status();
  }
  ASHLAR_TRY(tx.execute(
      kInsert, {event.tenant.value, kind.kind, *correlation, base::to_micros(clock_.now())}));
  Row row;
  ASHLAR_TRY(tx.query(kFind, {event.tenant.value, kind.kind, *correlation},
                      [&](const storage::Row& found) {
                        row = {found.integer(0), std::string(found.text(1)),
                               std::string(found.text(2)), jobs::JobId(found.integer(3))};
                      }));
  if (party != nullptr) {
    ASHLAR_TRY(tx.execute(kAnswer, {row.id, party->name, event.tenant.value, event.id, event.type,
                                    base::to_micros(event.time), event.data}));
  } else if (row.state == "early") {
    ASHLAR_TRY(open(tx, kind, event, row));
  }
  return row.state == "open" ? complete(tx, kind, event.tenant, row) : base::ok_status();
}

base::Status Choreography::open(storage::Transaction& tx, const ChoreographyKind& kind,
                                const events::Event& event, Row& row) const {
  const base::Time deadline = clock_.now() + kind.timeout;
  jobs::NewJob timer;
  timer.kind = kChoreographyTimeoutJob;
  timer.queue = kind.kind;
  json::Writer payload(timer.payload);
  payload.begin_object().key("correlation").integer(row.id).end_object();
  timer.run_at = deadline;
  timer.max_attempts = jobs::kMaxAttempts;
  ASHLAR_ASSIGN(const jobs::Enqueued made, jobs_.enqueue_for(tx, event.tenant, timer));
  ASHLAR_TRY(tx.execute(kOpen, {row.id, event.id, base::to_micros(event.time),
                                base::to_micros(deadline), made.id.value}));
  row.state = "open";
  row.timer = made.id;
  return base::ok_status();
}

base::Status Choreography::complete(storage::Transaction& tx, const ChoreographyKind& kind,
                                    base::TenantId tenant, const Row& row) const {
  std::map<std::string, std::string> answers;
  ASHLAR_TRY(tx.query(kAnswers, {row.id}, [&](const storage::Row& found) {
    answers.emplace(found.text(0), found.text(1));
  }));
  const auto missing = [&](const Party& party) { return !answers.contains(party.name); };
  if (std::any_of(kind.parties.begin(), kind.parties.end(), missing)) return base::ok_status();
  ASHLAR_ASSIGN(const std::int64_t ended,
                tx.execute(kComplete, {row.id, base::to_micros(clock_.now())}));
  if (ended == 0) return base::ok_status();
  // It may be at work just now: then it finds that nothing is open.
  const base::Status cancelled = jobs_.cancel(tx, tenant, row.timer);
  if (!cancelled.ok() && cancelled.error().code != base::Code::kNotFound &&
      cancelled.error().code != base::Code::kConflict) {
    return cancelled;
  }
  events::NewEvent event = outcome_event(kind.kind + ".complete", row.correlation);
  json::Writer data(event.data);
  data.begin_object().key("correlation_id").string(row.correlation).key("answers").begin_object();
  for (const auto& [party, answer] : answers) data.key(party).raw(answer);
  data.end_object().end_object();
  ASHLAR_TRY(outbox_.append_for(tx, tenant, event));
  return base::ok_status();
}

base::Result<jobs::Outcome> Choreography::on_timeout(storage::Transaction& tx,
                                                     std::string_view payload) const {
  ASHLAR_ASSIGN(const json::Value value, json::parse(payload));
  const json::Value* id = value.find("correlation");
  if (id == nullptr || id->if_integer() == nullptr) {
    return base::fail(base::Code::kInvalid, "choreography_job", "The job names no correlation.");
  }
  std::string name, correlation;
  ASHLAR_ASSIGN(const std::int64_t open,
                tx.query(kOpenKind, {*id->if_integer()},
                         [&](const storage::Row& row) { name = row.text(0); }));
  if (open == 0) return jobs::Outcome::done();
  const ChoreographyKind* kind = kind_of(name);
  if (kind == nullptr) return jobs::Outcome::snoozed(clock_.now() + kUnknownPause);
  ASHLAR_TRY(tx.query(kTimeOut, {*id->if_integer(), base::to_micros(clock_.now())},
                      [&](const storage::Row& row) { correlation = row.text(0); }));
  std::vector<std::string> answered;
  ASHLAR_TRY(tx.query(kWhoAnswered, {*id->if_integer()},
                      [&](const storage::Row& row) { answered.emplace_back(row.text(0)); }));
  events::NewEvent event = outcome_event(kind->kind + ".timed_out", correlation);
  json::Writer data(event.data);
  data.begin_object().key("correlation_id").string(correlation).key("missing").begin_array();
  for (const Party& party : kind->parties) {
    if (std::find(answered.begin(), answered.end(), party.name) == answered.end()) {
      data.string(party.name);
    }
  }
  data.end_array().end_object();
  ASHLAR_TRY(outbox_.append(tx, event));
  return jobs::Outcome::done();
}

base::Result<std::vector<Correlation>> Choreography::find(storage::Transaction& tx,
                                                          std::string_view correlation) const {
  std::vector<Correlation> found;
  std::vector<std::int64_t> ids;
  ASHLAR_TRY(tx.query(kViews, {correlation}, [&](const storage::Row& row) {
    ids.push_back(row.integer(0));
    found.push_back({.kind = std::string(row.text(1)),
                     .correlation = std::string(row.text(2)),
                     .state = std::string(row.text(3)),
                     .asked_at = maybe_time(row, 4),
                     .deadline = maybe_time(row, 5),
                     .ended_at = row.text(3) == "early" ? std::nullopt : maybe_time(row, 6),
                     .answers = {},
                     .missing = {}});
  }));
  for (std::size_t i = 0; i < found.size(); ++i) {
    Correlation& one = found[i];
    ASHLAR_TRY(tx.query(kViewAnswers, {ids[i]}, [&](const storage::Row& row) {
      one.answers.push_back({std::string(row.text(0)), std::string(row.text(1)),
                             std::string(row.text(2)), std::string(row.text(3)),
                             base::from_micros(row.integer(4))});
    }));
    const ChoreographyKind* kind = kind_of(one.kind);
    if (kind == nullptr) continue;
    for (const Party& party : kind->parties) {
      const auto same = [&](const Answered& answer) { return answer.party == party.name; };
      if (std::none_of(one.answers.begin(), one.answers.end(), same)) {
        one.missing.push_back(party.name);
      }
    }
  }
  return found;
}

base::Result<std::int64_t> Choreography::remove_ended(storage::Transaction& tx, base::Time before,
                                                      std::int64_t limit) {
  ASHLAR_TRY(tx.execute(kRemoveAnswers, {base::to_micros(before), limit}));
  return tx.execute(kRemove, {base::to_micros(before), limit});
}

std::span<const Sql* const> choreography_statements() { return kStatements; }

}  // namespace ashlar::sagas
