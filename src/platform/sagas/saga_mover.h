// SagaMover: carries a decision of saga_machine.h into the database: the row, the timeline, the
// next command and the alert, all in the caller's transaction.
//
// Definitions are added before any thread uses it; then any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "platform/sagas/saga.h"
#include "platform/sagas/saga_machine.h"
#include "platform/sagas/sagas_store.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::events {
class Outbox;
}
namespace ashlar::obs {
class Counter;
class Log;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::sagas {

// What a command's job carries.
struct Command {
  SagaId saga;
  std::int64_t number = 0;
};
std::string command_text(const Command& command);
base::Result<Command> parse_command(std::string_view payload);  // kInvalid saga_command

class SagaMover {
 public:
  // All outlive it.
  SagaMover(jobs::Jobs& jobs, events::Outbox& outbox, const base::Clock& clock,
            obs::Registry& metrics, obs::Log& log, std::uint64_t seed);

  void define(Definition definition);
  [[nodiscard]] const Definition* find(std::string_view kind) const;
  [[nodiscard]] const std::map<std::string, Definition, std::less<>>& all() const {
    return definitions_;
  }

  // Where the saga stands in its definition; nullopt: its step is not in it (any more).
  static std::optional<Position> position_of(const Definition& definition,
                                             const store::SagaRow& row);

  // What was decided, and why.
  struct Cause {
    std::string error{};  // or the operator's name
    const json::Value::Object* add = nullptr;
    std::optional<base::Time> not_before{};
    bool attempted = true;  // an attempt ended with it
  };
  // `row` as loaded in this transaction, changed to what is stored. Errors: kConflict saga_moved:
  // another was faster, nothing may commit; kInvalid saga_data_too_large.
  base::Status apply(storage::Transaction& tx, base::TenantId tenant, const Definition& definition,
                     store::SagaRow& row, const Decision& decision, const Cause& cause);
  // A saga whose step or kind is not known here is parked where it is.
  base::Status park_unknown(storage::Transaction& tx, base::TenantId tenant, store::SagaRow& row);

  base::Result<Started> start(storage::Transaction& tx, base::TenantId tenant, const NewSaga& saga);

 private:
  base::Status write(storage::Transaction& tx, base::TenantId tenant, store::SagaRow& row,
                     const SagaMove& move);
  base::Status issue(storage::Transaction& tx, base::TenantId tenant, const Definition& definition,
                     const store::SagaRow& row, const Position& at, base::Time when);
  base::Status start_timer(storage::Transaction& tx, base::TenantId tenant,
                           const store::SagaRow& row);
  base::Status finish(storage::Transaction& tx, base::TenantId tenant, const Definition& definition,
                      const store::SagaRow& row);
  base::Status alert(storage::Transaction& tx, base::TenantId tenant, const store::SagaRow& row);
  base::Status announce(storage::Transaction& tx, base::TenantId tenant, std::string_view type,
                        const store::SagaRow& row);
  base::Micros pause_before(const Step& step, int attempt);

  jobs::Jobs& jobs_;
  events::Outbox& outbox_;
  const base::Clock& clock_;
  obs::Registry& metrics_;
  obs::Log& log_;
  std::map<std::string, Definition, std::less<>> definitions_;
  std::map<std::string, obs::Counter*, std::less<>> parked_;  // by kind
  obs::Counter& completed_;
  obs::Counter& compensated_;
  std::mutex mutex_;
  base::Random random_;  // guarded by mutex_
};

}  // namespace ashlar::sagas
