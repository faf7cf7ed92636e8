// SagasStore: every line of SQL about sagas and their timelines. No rules here.
//
// Functions run in the caller's transaction: for its tenant, except those of start (either kind:
// `tenant` names whose in a platform one) and of housekeeping. Stateless: free functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/sagas/saga.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::sagas::store {

struct SagaRow {
  SagaId id;
  std::string kind, correlation;
  State state = State::kRunning;
  bool backward = false;
  std::string step;
  int attempts = 0;
  std::string skipped;  // names, each followed by a blank
  std::int64_t version = 0;
  std::int64_t command = 0;
  std::string data, error, traceparent;
  jobs::JobId timer_job;
  base::Time started_at{}, updated_at{};
  std::optional<base::Time> next_at, deadline, ended_at;
};

// nullopt: there is one of the same kind and correlation.
base::Result<std::optional<SagaId>> insert(storage::Transaction& tx, base::TenantId tenant,
                                           const SagaRow& row);
base::Result<SagaId> find_by_correlation(storage::Transaction& tx, base::TenantId tenant,
                                         std::string_view kind, std::string_view correlation);
base::Status insert_move(storage::Transaction& tx, base::TenantId tenant, SagaId id,
                         const SagaMove& move);
base::Status set_timer(storage::Transaction& tx, base::TenantId tenant, SagaId id,
                       jobs::JobId timer);

base::Result<std::optional<SagaRow>> find(storage::Transaction& tx, SagaId id);
// Everything that can change, where the version is still the one before: else false.
base::Result<bool> update(storage::Transaction& tx, const SagaRow& row);

struct ListFilter {
  std::optional<State> state;
  std::optional<std::string_view> kind, correlation;
};
// By id downwards, those below `before`.
base::Result<std::vector<SagaRow>> list(storage::Transaction& tx, const ListFilter& filter,
                                        SagaId before, int limit);
// By version, those after `after`.
base::Result<std::vector<SagaMove>> moves(storage::Transaction& tx, SagaId id, std::int64_t after,
                                          int limit);

// Of all tenants.
base::Status count_parked(
    storage::Transaction& tx,
    const std::function<void(std::string_view kind, std::int64_t count)>& sink);
// The oldest `limit` that have ended before, with their timelines; how many.
base::Result<std::int64_t> remove_ended(storage::Transaction& tx, base::Time before,
                                        std::int64_t limit);
// Of participants (participant.h), the oldest; how many.
base::Result<std::int64_t> remove_notes(storage::Transaction& tx, base::Time before,
                                        std::int64_t limit);

// Some rows of the tenant's, of whichever table; 0: nothing is left.
base::Result<std::int64_t> erase_some(storage::Transaction& tx, std::int64_t limit);

// For the tests of statements.
std::span<const storage::Sql* const> saga_statements();

}  // namespace ashlar::sagas::store
