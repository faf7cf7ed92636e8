// Activity's share of a tenant's data: exported whole, erased in small steps.
#include <cstdint>
#include <string>

#include "modules/activity/activity_module.h"
#include "modules/activity/activity_store.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::activity {
namespace {

constexpr std::int64_t kPage = 100;

std::string count_line(std::string_view dimension, const Tally::Entry& entry) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("activity").key("table").string("counts");
  json.key("dimension").string(dimension);
  json.key("at").string(base::format_rfc3339(base::Time{base::Seconds{entry.second}}));
  json.key("key").string(entry.key);
  json.key("count").integer(static_cast<std::int64_t>(entry.count)).end_object();
  return line;
}

base::Status export_all(storage::Transaction& tx, const security::LineSink& sink) {
  std::int64_t after = 0;
  while (true) {
    ASHLAR_ASSIGN(const std::vector<store::Batch> page, store::export_batches(tx, after, kPage));
    for (const store::Batch& batch : page) {
      after = batch.id;
      ASHLAR_ASSIGN(const Tally tally, Tally::decode(batch.data));
      for (const auto& [dimension, entries] : tally.dimensions()) {
        for (const Tally::Entry& entry : entries) ASHLAR_TRY(sink(count_line(dimension, entry)));
      }
    }
    if (static_cast<std::int64_t>(page.size()) < kPage) return base::ok_status();
  }
}

}  // namespace

security::TenantData activity_tenant_data() { return {"activity", export_all, store::erase}; }

}  // namespace ashlar::activity
