// CampaignEffects: what the answers to a campaign's messages do to devices and addresses: those of
// SendRecorder, for many at once and without a delivery.
//
// They are written before the outcomes that go with them: twice does no harm, never would. Any
// thread; blocks on the database.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "modules/notifications/rejected_tokens.h"
#include "modules/notifications/send_plan.h"

namespace ashlar::obs {
class Log;
}
namespace ashlar::storage {
class Database;
}

namespace ashlar::notifications {

class CampaignEffects {
 public:
  struct One {
    Effect effect = Effect::kNone;
    Channel channel = Channel::kEmail;
    std::string address;
    std::int64_t device = 0;
    ProviderId provider;
    std::string provider_name, code, detail;
    std::optional<base::Time> gone_since{};
    base::Time at{};
  };

  // Both outlive it.
  CampaignEffects(storage::Database& db, obs::Log& log) : db_(db), log_(log) {}

  base::Status apply(base::TenantId tenant, std::span<const One> effects);

 private:
  // Whether devices of this provider are to be left alone, with this one.
  bool is_burst(const One& one, base::TenantId tenant);

  storage::Database& db_;
  obs::Log& log_;
  std::mutex mutex_;
  RejectedTokens rejected_;  // guarded by mutex_
};

}  // namespace ashlar::notifications
