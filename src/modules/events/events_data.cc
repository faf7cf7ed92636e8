// The log's share of a tenant's data: exported whole, erased in small steps.
#include <string>
#include <vector>

#include "modules/events/events_json.h"
#include "modules/events/events_module.h"
#include "platform/events/events_store.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::events {
namespace {

constexpr std::int64_t kPage = 500;

std::string event_line(const Event& event) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("events").key("table").string("outbox");
  json.key("id").string(event.id).key("sequence").string(std::to_string(event.seq.value));
  json.key("type").string(event.type).key("aggregate_type").string(event.aggregate_type);
  json.key("aggregate_id").string(event.aggregate_id);
  json.key("time").string(base::format_rfc3339(event.time));
  json.key("data").raw(event.data).end_object();
  return line;
}

base::Status export_all(storage::Transaction& tx, const security::LineSink& sink) {
  store::TenantQuery query{.before = std::int64_t{1} << 62, .limit = kPage};
  while (true) {
    ASHLAR_ASSIGN(const std::vector<Event> page, store::list_of_tenant(tx, query));
    for (const Event& event : page) ASHLAR_TRY(sink(event_line(event)));
    if (static_cast<std::int64_t>(page.size()) < kPage) return base::ok_status();
    query.before = page.back().seq.value;
  }
}

}  // namespace

security::TenantData events_tenant_data() { return {"events", export_all, store::erase}; }

}  // namespace ashlar::events
