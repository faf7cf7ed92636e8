#include "modules/notifications/campaigns/campaign_effects.h"

#include <algorithm>
#include <vector>

#include "modules/notifications/devices_store.h"
#include "modules/notifications/suppressions_store.h"
#include "platform/observability/log.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

constexpr std::string_view kStopCode = "21610";  // Twilio's: the reader has said STOP

Suppression suppression_of(const CampaignEffects::One& one) {
  Suppression suppression;
  suppression.channel = one.channel;
  suppression.address = one.address;
  suppression.reason = one.code == kStopCode ? Suppression::kStop : Suppression::kHardBounce;
  suppression.source = one.provider_name;
  suppression.detail = one.detail;
  suppression.created_at = one.at;
  return suppression;
}

base::Status write(storage::Transaction& tx, base::TenantId tenant,
                   const CampaignEffects::One& one) {
  // A token that the app has given since is another fact.
  const base::Time before = one.gone_since.value_or(one.at);
  const DeviceId device(one.device);
  switch (one.effect) {
    case Effect::kNone:
      break;
    case Effect::kSuppress:
      ASHLAR_TRY(store::suppress_for(tx, tenant, suppression_of(one)));
      break;
    case Effect::kDropDevice:
      ASHLAR_TRY(store::drop_device(tx, tenant, device, before));
      break;
    case Effect::kQuarantineDevice:
      ASHLAR_TRY(store::quarantine_device(tx, tenant, device, before, one.code));
      break;
  }
  return base::ok_status();
}

}  // namespace

bool CampaignEffects::is_burst(const One& one, base::TenantId tenant) {
  if (one.effect != Effect::kQuarantineDevice) return false;
  const std::lock_guard lock(mutex_);
  if (!rejected_.add(one.provider, one.at)) return false;
  log_.warn("many tokens look wrong: is the provider of another environment?",
            {{"provider", one.provider.value}, {"tenant", tenant.value}});
  return true;
}

base::Status CampaignEffects::apply(base::TenantId tenant, std::span<const One> effects) {
  std::vector<const One*> wanted;
  for (const One& one : effects) {
    if (one.effect != Effect::kNone && !is_burst(one, tenant)) wanted.push_back(&one);
  }
  if (wanted.empty()) return base::ok_status();
  // In one order everywhere: two that lock the same rows do not wait for each other.
  std::ranges::sort(wanted, {},
                    [](const One* one) { return std::pair(one->address, one->device); });
  return db_.write(
      storage::Context::platform(storage::PlatformUse::kNotifications).read_committed(),
      [&](storage::Transaction& tx) -> base::Status {
        for (const One* one : wanted) ASHLAR_TRY(write(tx, tenant, *one));
        return base::ok_status();
      });
}

}  // namespace ashlar::notifications
