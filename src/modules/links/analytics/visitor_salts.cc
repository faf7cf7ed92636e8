#include "modules/links/analytics/visitor_salts.h"

#include <array>
#include <cstring>
#include <span>
#include <string>

#include "base/entropy.h"
#include "modules/links/analytics/analytics_store.h"
#include "platform/storage/database.h"

namespace ashlar::links::analytics {
namespace {

constexpr std::int64_t kSecondsOfDay = 86'400;
constexpr std::size_t kSaltBytes = 16;

std::int64_t day_of(base::Time at) { return base::to_unix_seconds(at) / kSecondsOfDay; }

base::Result<kit::SipKey> key_of(const std::optional<std::string>& salt) {
  if (!salt || salt->size() != kSaltBytes) {
    return base::fail(base::Code::kInternal, "visitor_salt_damaged",
                      "a row of links_visitor_salts holds no salt");
  }
  kit::SipKey key{};
  std::memcpy(key.data(), salt->data(), kSaltBytes);
  return key;
}

}  // namespace

base::Status VisitorSalts::prepare(base::Time now) {
  ASHLAR_TRY(prepare_day(day_of(now)));
  ASHLAR_TRY(prepare_day(day_of(now + kAhead)));
  keys_.erase(keys_.begin(), keys_.lower_bound(day_of(now) - kDaysKept + 1));
  return base::ok_status();
}

base::Status VisitorSalts::prepare_day(std::int64_t day) {
  if (keys_.contains(day)) return base::ok_status();
  const auto context = storage::Context::platform(storage::PlatformUse::kClickWriter);
  std::array<std::byte, kSaltBytes> chance{};
  entropy_.fill(chance);
  const std::string mine(reinterpret_cast<const char*>(chance.data()), chance.size());
  std::optional<std::string> salt;
  ASHLAR_TRY(db_.write(context, [&](storage::Transaction& tx) -> base::Status {
    ASHLAR_TRY(store::add_salt(tx, day, mine));
    ASHLAR_ASSIGN(salt, store::find_salt(tx, day));
    return base::ok_status();
  }));
  ASHLAR_ASSIGN(keys_[day], key_of(salt));
  return base::ok_status();
}

std::optional<std::uint64_t> VisitorSalts::visitor(base::TenantId tenant, base::Time at,
                                                   std::string_view address,
                                                   std::string_view user_agent) const {
  const auto key = keys_.find(day_of(at));
  if (address.empty() || key == keys_.end()) return std::nullopt;
  std::string text = std::to_string(tenant.value);
  text += ' ';
  text += address;
  text += ' ';
  text += user_agent;
  return kit::siphash(key->second, text);
}

}  // namespace ashlar::links::analytics
