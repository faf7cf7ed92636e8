#include "modules/notifications/provider_source.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "modules/notifications/provider_account.h"
#include "modules/notifications/provider_store.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

ProviderSpec spec_of(ProviderAccount account, const std::vector<ProviderKind>& kinds,
                     const security::SecretBox& box, const ProviderServices& services) {
  ProviderSpec spec;
  spec.id = account.id;
  spec.version = account.version;
  spec.name = account.name;
  spec.type = account.type;
  spec.project = account.project;
  spec.channel = account.channel;
  spec.priority = account.priority;
  spec.weight = account.weight;
  spec.enabled = account.enabled;
  spec.pace_per_s = account.pace_per_s;
  spec.max_running = account.max_running;
  const auto own_kind = std::ranges::find(kinds, account.type, &ProviderKind::type);
  spec.is_one_service = own_kind == kinds.end() || own_kind->is_one_service;
  spec.make = [account = std::move(account), &kinds, &box,
               services]() -> base::Result<std::unique_ptr<Provider>> {
    const auto kind = std::ranges::find(kinds, account.type, &ProviderKind::type);
    if (kind == kinds.end()) {
      return base::fail(base::Code::kInvalid, "provider_type_unknown",
                        "This version knows no providers of type " + account.type + ".");
    }
    ASHLAR_ASSIGN(const std::string settings, opened_settings(box, account));
    return kind->make(settings, services);
  };
  return spec;
}

}  // namespace

ProviderSource stored_providers(const std::vector<ProviderKind>& kinds, storage::Database& db,
                                const security::SecretBox& box, const ProviderServices& services) {
  return [&kinds, &db, &box,
          services](base::TenantId tenant) -> base::Result<std::vector<ProviderSpec>> {
    ASHLAR_ASSIGN(std::vector<ProviderAccount> accounts,
                  db.read(storage::Context::tenant(tenant),
                          [](storage::Transaction& tx) { return store::list_providers(tx); }));
    std::vector<ProviderSpec> specs;
    for (ProviderAccount& account : accounts) {
      specs.push_back(spec_of(std::move(account), kinds, box, services));
    }
    return specs;
  };
}

void follow_changes(storage::Database& db, ProviderPool& pool) {
  db.subscribe(std::string(kProviderNotices), [&pool](const storage::Database::Notice& notice) {
    std::int64_t tenant = 0;
    const std::string_view text = notice.payload;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), tenant);
    if (notice.resync || read.ec != std::errc()) return pool.forget_all();
    pool.forget(base::TenantId(tenant));
  });
}

}  // namespace ashlar::notifications
