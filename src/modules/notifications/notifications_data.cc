// What a tenant has sent: each notification with its deliveries, and inbox entries; exported whole,
// erased in small steps; recipients and all that is kept of them (recipients_data.h) before it.
#include <cstdint>
#include <string>

#include "modules/notifications/campaigns/campaign_data.h"
#include "modules/notifications/campaigns/campaign_store.h"
#include "modules/notifications/event_rules/event_rules_store.h"
#include "modules/notifications/inbox_store.h"
#include "modules/notifications/inbox_tokens_store.h"
#include "modules/notifications/notification_store.h"
#include "modules/notifications/notifications_module.h"
#include "modules/notifications/recipients_data.h"
#include "modules/notifications/template/templates_data.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

constexpr std::int64_t kPage = 500;

void write_text(json::Writer& json, std::string_view key, std::string_view text) {
  json.key(key);
  if (text.empty()) {
    json.null();
  } else {
    json.string(text);
  }
}

void write_delivery(json::Writer& json, const Delivery& d) {
  json.begin_object().key("id").string(d.id.to_string());
  json.key("channel").string(name_of(d.channel)).key("address").string(d.target.address);
  json.key("state").string(name_of(d.state));
  write_text(json, "reason", d.reason);
  json.key("attempts").integer(d.attempts);
  json.key("created_at").string(base::format_rfc3339(d.created_at));
  json.key("updated_at").string(base::format_rfc3339(d.updated_at)).end_object();
}

base::Result<std::string> line_of(storage::Transaction& tx, const Notification& n) {
  ASHLAR_ASSIGN(const std::vector<Delivery> deliveries, store::deliveries_of(tx, n.id));
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("notifications").key("table").string("notifications");
  json.key("id").string(n.id.to_string());
  write_text(json, "user_id", n.user_id);
  write_text(json, "email", n.to_email);
  write_text(json, "phone", n.to_phone);
  write_text(json, "category", n.category);
  write_text(json, "template", n.template_key);
  json.key("template_version").integer(n.template_version);
  json.key("content").raw(n.content.empty() ? "null" : n.content);
  json.key("data").raw(n.data.empty() ? "null" : n.data);
  json.key("priority").string(name_of(n.priority));
  write_text(json, "dedupe_key", n.dedupe_key);
  json.key("state").string(name_of(n.state));
  write_text(json, "reason", n.reason);
  write_text(json, "digested_into",
             n.digested_into.is_set() ? n.digested_into.to_string() : std::string());
  json.key("created_at").string(base::format_rfc3339(n.created_at));
  json.key("deliveries").begin_array();
  for (const Delivery& d : deliveries) write_delivery(json, d);
  json.end_array().end_object();
  return line;
}

std::string line_of(const InboxEntry& e) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("notifications").key("table").string("inbox");
  json.key("id").string(e.id.to_string()).key("user_id").string(e.user_id);
  json.key("notification_id").string(e.notification.to_string());
  json.key("title").string(e.title).key("body").string(e.body);
  write_text(json, "url", e.url);
  json.key("data").raw(e.data.empty() ? "null" : e.data);
  json.key("created_at").string(base::format_rfc3339(e.created_at)).key("read_at");
  if (e.read_at) {
    json.string(base::format_rfc3339(*e.read_at));
  } else {
    json.null();
  }
  json.key("archived").boolean(e.archived_at.has_value()).end_object();
  return line;
}

std::string line_of(const EventRule& r) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("notifications").key("table").string("event_rules");
  json.key("id").string(r.id.to_string()).key("enabled").boolean(r.enabled);
  json.key("definition").raw(r.definition);
  json.key("accepted").integer(r.accepted).key("failed").integer(r.failed);
  json.key("created_at").string(base::format_rfc3339(r.created_at)).end_object();
  return line;
}

base::Status export_all(storage::Transaction& tx, const security::LineSink& sink) {
  ASHLAR_TRY(export_recipients_data(tx, sink));
  ASHLAR_ASSIGN(const std::vector<EventRule> rules, store::list_rules(tx));
  for (const EventRule& rule : rules) ASHLAR_TRY(sink(line_of(rule)));
  ASHLAR_TRY(export_campaigns(tx, sink));
  ASHLAR_TRY(export_templates_data(tx, sink));
  NotificationId before{INT64_MAX};
  while (true) {
    ASHLAR_ASSIGN(const auto page, store::list_notifications(tx, {}, before, kPage));
    for (const Notification& n : page) {
      ASHLAR_ASSIGN(const std::string line, line_of(tx, n));
      ASHLAR_TRY(sink(line));
      before = n.id;
    }
    if (page.empty()) break;
  }
  InboxEntryId last;
  while (true) {
    ASHLAR_ASSIGN(const auto page, store::export_inbox(tx, last, kPage));
    for (const InboxEntry& entry : page) {
      ASHLAR_TRY(sink(line_of(entry)));
      last = entry.id;
    }
    if (page.empty()) return base::ok_status();
  }
}

base::Result<std::int64_t> erase_some(storage::Transaction& tx, std::int64_t limit) {
  ASHLAR_ASSIGN(const std::int64_t sent, store::erase_notifications(tx, limit));
  ASHLAR_ASSIGN(const std::int64_t entries, store::erase_inbox(tx, limit));
  ASHLAR_ASSIGN(const std::int64_t rules, store::erase_rules(tx, limit));
  ASHLAR_ASSIGN(const std::int64_t campaigns, store::erase_campaigns(tx, limit));
  ASHLAR_ASSIGN(const std::int64_t known, erase_recipients_data(tx, limit));
  ASHLAR_ASSIGN(const std::int64_t texts, erase_templates_data(tx, limit));
  ASHLAR_ASSIGN(const std::int64_t ends, store::erase_inbox_token_ends(tx, limit));
  return sent + entries + rules + campaigns + known + texts + ends;
}

}  // namespace

security::TenantData notifications_tenant_data() {
  return {"notifications", export_all, erase_some};
}

}  // namespace ashlar::notifications
