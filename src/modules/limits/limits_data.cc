#include "modules/limits/limits_data.h"

#include <cstdint>
#include <string>
#include <vector>

#include "modules/limits/limits_store.h"
#include "modules/limits/rule_book.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::limits {
namespace {

constexpr std::int64_t kPage = 10;

std::string version_line(const store::Version& version) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("limits").key("table").string("rule_versions");
  json.key("version").integer(version.version);
  json.key("written_at").string(base::format_rfc3339(version.written_at));
  json.key("author").string(version.author).key("summary").string(version.summary);
  json.key("text").string(version.text).end_object();
  return line;
}

// Page by page: PostgreSQL's answers are in memory whole.
base::Status export_all(storage::Transaction& tx, const security::LineSink& sink) {
  std::int64_t after = 0;
  while (true) {
    ASHLAR_ASSIGN(const std::vector<store::Version> page, store::export_versions(tx, after, kPage));
    for (const store::Version& version : page) {
      after = version.version;
      ASHLAR_TRY(sink(version_line(version)));
    }
    if (page.empty()) return base::ok_status();
  }
}

base::Result<std::int64_t> erase_some(storage::Transaction& tx, std::int64_t limit) {
  ASHLAR_ASSIGN(const std::int64_t rows, store::erase(tx, limit));
  if (rows > 0) tx.notify(kRulesChannel, rules_notice(tx.context().tenant_id(), 0));
  return rows;
}

}  // namespace

security::TenantData limits_tenant_data() { return {"limits", export_all, erase_some}; }

}  // namespace ashlar::limits
