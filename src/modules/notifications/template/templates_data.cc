#include "modules/notifications/template/templates_data.h"

#include <string>

#include "modules/notifications/template/templates_store.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

constexpr std::int64_t kPage = 100;
constexpr std::int64_t kVersionsPage = 20;  // with their contents

std::string line_of(const TemplateRow& row) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("notifications").key("table").string("templates");
  json.key("key").string(row.key).key("description");
  if (row.description.empty()) {
    json.null();
  } else {
    json.string(row.description);
  }
  json.key("live_version").integer(row.live_version);
  json.key("latest_version").integer(row.latest_version);
  json.key("created_at").string(base::format_rfc3339(row.created_at));
  json.key("updated_at").string(base::format_rfc3339(row.updated_at)).end_object();
  return line;
}

std::string line_of(const TemplateVersion& version) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("notifications");
  json.key("table").string("template_versions").key("template").string(version.key);
  json.key("version").integer(version.version).key("content").raw(version.content);
  json.key("created_at").string(base::format_rfc3339(version.created_at)).end_object();
  return line;
}

}  // namespace

base::Status export_templates_data(storage::Transaction& tx, const security::LineSink& sink) {
  std::string key;
  while (true) {
    ASHLAR_ASSIGN(const auto page, store::list_templates(tx, key, kPage));
    for (const TemplateRow& row : page) ASHLAR_TRY(sink(line_of(row)));
    if (page.empty()) break;
    key = page.back().key;
  }
  key.clear();
  std::int64_t version = 0;
  while (true) {
    ASHLAR_ASSIGN(const auto page, store::export_versions(tx, key, version, kVersionsPage));
    for (const TemplateVersion& one : page) ASHLAR_TRY(sink(line_of(one)));
    if (page.empty()) return base::ok_status();
    key = page.back().key;
    version = page.back().version;
  }
}

base::Result<std::int64_t> erase_templates_data(storage::Transaction& tx, std::int64_t limit) {
  return store::erase_templates(tx, limit);
}

}  // namespace ashlar::notifications
