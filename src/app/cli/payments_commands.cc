// Commands about payments.
#include <cstdio>
#include <string>
#include <utility>

#include "app/cli/commands.h"
#include "app/installation.h"
#include "modules/payments/explain.h"
#include "platform/storage/database.h"

namespace ashlar::app {
namespace {

using base::Code;

constexpr int kPage = 100;

base::Result<payments::Story> story_in(Installation& ashlar, base::TenantId tenant,
                                       const std::string& id) {
  return ashlar.db->read(storage::Context::tenant(tenant),
                         [&](storage::Transaction& tx) { return payments::story_of(tx, id); });
}

// Ids are unique by chance, not by the database, which finds them within a tenant only.
base::Result<payments::Story> story_anywhere(Installation& ashlar, const std::string& id) {
  std::string after;
  while (true) {
    ASHLAR_ASSIGN(const std::vector<security::Tenant> page, ashlar.tenants->list(after, kPage));
    for (const security::Tenant& tenant : page) {
      auto story = story_in(ashlar, tenant.id, id);
      if (story.ok() || story.error().code != Code::kNotFound) return story;
    }
    if (page.size() < kPage) break;
    after = page.back().name;
  }
  return base::fail(Code::kNotFound, "payment_not_found", "no tenant has " + id);
}

}  // namespace

base::Status payments_explain(const Config& given, const std::string& tenant,
                              const std::string& id) {
  Config config = given;
  config.log_level = obs::Level::kError;
  ASHLAR_ASSIGN(const auto ashlar, Installation::open_existing(config));
  if (tenant.empty()) {
    ASHLAR_ASSIGN(const payments::Story story, story_anywhere(*ashlar, id));
    std::fputs(payments::story_text(story).c_str(), stdout);
    return base::ok_status();
  }
  ASHLAR_ASSIGN(const security::Tenant found, ashlar->tenants->find(std::string_view(tenant)));
  ASHLAR_ASSIGN(const payments::Story story, story_in(*ashlar, found.id, id));
  std::fputs(payments::story_text(story).c_str(), stdout);
  return base::ok_status();
}

}  // namespace ashlar::app
