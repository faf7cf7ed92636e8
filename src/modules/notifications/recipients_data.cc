#include "modules/notifications/recipients_data.h"

#include <string>
#include <string_view>

#include "modules/notifications/categories_store.h"
#include "modules/notifications/devices_store.h"
#include "modules/notifications/provider_store.h"
#include "modules/notifications/recipients_store.h"
#include "modules/notifications/segments_store.h"
#include "modules/notifications/suppressions_store.h"
#include "modules/notifications/topics_store.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using storage::Transaction;

constexpr std::int64_t kPage = 1'000;

// One line of a table: {"module":"notifications","table":…, then what `write` adds.
template <class Write>
std::string line_of(std::string_view table, Write write) {
  std::string line;
  json::Writer json(line);
  json.begin_object().key("module").string("notifications").key("table").string(table);
  write(json);
  json.end_object();
  return line;
}

void write_text(json::Writer& json, std::string_view key, const std::string& text) {
  json.key(key);
  if (text.empty()) {
    json.null();
  } else {
    json.string(text);
  }
}
void write_json(json::Writer& json, std::string_view key, const std::string& text) {
  json.key(key);
  if (text.empty()) {
    json.null();
  } else {
    json.raw(text);
  }
}
void write_times(json::Writer& json, base::Time created, base::Time updated) {
  json.key("created_at").string(base::format_rfc3339(created));
  json.key("updated_at").string(base::format_rfc3339(updated));
}

std::string line_of(const Recipient& r) {
  return line_of("recipients", [&](json::Writer& json) {
    json.key("user_id").string(r.user_id);
    write_text(json, "email", r.email);
    write_text(json, "phone", r.phone);
    write_text(json, "name", r.name);
    write_text(json, "locale", r.locale);
    write_text(json, "time_zone", r.time_zone);
    write_json(json, "quiet_hours", r.quiet_hours);
    write_json(json, "preferences", r.preferences);
    write_json(json, "attributes", r.attributes);
    write_times(json, r.created_at, r.updated_at);
  });
}

std::string line_of(const Device& d) {
  return line_of("devices", [&](json::Writer& json) {
    json.key("id").string(d.id.to_string()).key("user_id").string(d.user_id);
    json.key("platform").string(name_of(d.platform)).key("app").string(d.app);
    json.key("token").string(d.token);
    write_json(json, "keys", d.keys);
    write_text(json, "quarantined", d.quarantined ? d.reason : "");
    write_times(json, d.created_at, d.registered_at);
  });
}

std::string line_of(const Suppression& s) {
  return line_of("suppressions", [&](json::Writer& json) {
    json.key("channel").string(name_of(s.channel)).key("address").string(s.address);
    write_text(json, "category", s.category);
    json.key("reason").string(s.reason).key("source").string(s.source);
    json.key("detail").string(s.detail);
    json.key("created_at").string(base::format_rfc3339(s.created_at));
  });
}

std::string line_of(const ProviderAccount& p) {
  return line_of("providers", [&](json::Writer& json) {
    json.key("id").string(p.id.to_string()).key("channel").string(name_of(p.channel));
    json.key("type").string(p.type).key("name").string(p.name).key("project").string(p.project);
    json.key("weight").integer(p.weight).key("priority").integer(p.priority);
    json.key("enabled").boolean(p.enabled).key("max_running").integer(p.max_running);
    write_times(json, p.created_at, p.updated_at);
  });
}

base::Status export_people(Transaction& tx, const security::LineSink& sink) {
  std::string after;
  while (true) {
    ASHLAR_ASSIGN(const auto page, store::list_recipients(tx, after, kPage));
    if (page.empty()) break;
    for (const Recipient& one : page) ASHLAR_TRY(sink(line_of(one)));
    after = page.back().user_id;
  }
  DeviceId device;
  while (true) {
    ASHLAR_ASSIGN(const auto page, store::export_devices(tx, device, kPage));
    if (page.empty()) break;
    for (const Device& one : page) ASHLAR_TRY(sink(line_of(one)));
    device = page.back().id;
  }
  store::SuppressionPosition position;
  while (true) {
    ASHLAR_ASSIGN(const auto page, store::list_suppressions(tx, position, kPage));
    if (page.empty()) return base::ok_status();
    for (const Suppression& one : page) ASHLAR_TRY(sink(line_of(one)));
    const Suppression& last = page.back();
    position = {static_cast<std::int64_t>(last.channel), last.address, last.category};
  }
}

base::Status export_topics(Transaction& tx, const security::LineSink& sink) {
  std::string after;
  while (true) {
    ASHLAR_ASSIGN(const auto page, store::list_topics(tx, after, kPage));
    if (page.empty()) return base::ok_status();
    for (const Topic& topic : page) {
      ASHLAR_TRY(sink(line_of("topics", [&](json::Writer& json) {
        json.key("name").string(topic.name);
        json.key("created_at").string(base::format_rfc3339(topic.created_at));
      })));
      std::string user;
      while (true) {
        ASHLAR_ASSIGN(const auto users, store::list_members(tx, topic.id, user, kPage));
        if (users.empty()) break;
        for (const std::string& one : users) {
          ASHLAR_TRY(sink(line_of("topic_members", [&](json::Writer& json) {
            json.key("topic").string(topic.name).key("user_id").string(one);
          })));
        }
        user = users.back();
      }
    }
    after = page.back().name;
  }
}

base::Status export_settings(Transaction& tx, const security::LineSink& sink) {
  std::string after;
  while (true) {
    ASHLAR_ASSIGN(const auto page, store::list_segments(tx, after, kPage));
    if (page.empty()) break;
    for (const Segment& s : page) {
      ASHLAR_TRY(sink(line_of("segments", [&](json::Writer& json) {
        json.key("name").string(s.name);
        write_text(json, "description", s.description);
        write_json(json, "where", s.where);
        write_times(json, s.created_at, s.updated_at);
      })));
    }
    after = page.back().name;
  }
  ASHLAR_ASSIGN(const auto categories, store::list_categories(tx, "", kMaxCategories));
  for (const Category& c : categories) {
    ASHLAR_TRY(sink(line_of("categories", [&](json::Writer& json) {
      json.key("name").string(c.name).key("title").string(c.title);
      write_text(json, "description", c.description);
      json.key("critical").boolean(c.critical);
      write_json(json, "settings", c.settings);
      write_times(json, c.created_at, c.updated_at);
    })));
  }
  ASHLAR_ASSIGN(const auto providers, store::list_providers(tx));
  for (const ProviderAccount& one : providers) ASHLAR_TRY(sink(line_of(one)));
  return base::ok_status();
}

}  // namespace

base::Status export_recipients_data(Transaction& tx, const security::LineSink& sink) {
  ASHLAR_TRY(export_people(tx, sink));
  ASHLAR_TRY(export_topics(tx, sink));
  return export_settings(tx, sink);
}

// Providers first: from then on nothing is sent any more.
base::Result<std::int64_t> erase_recipients_data(Transaction& tx, std::int64_t limit) {
  using Erase = base::Result<std::int64_t> (*)(Transaction&, std::int64_t);
  constexpr Erase kSteps[] = {store::erase_providers,    store::erase_devices,
                              store::erase_recipients,   store::erase_members,
                              store::erase_topics,       store::erase_segments,
                              store::erase_suppressions, store::erase_categories};
  for (const Erase erase : kSteps) {
    ASHLAR_ASSIGN(const std::int64_t rows, erase(tx, limit));
    if (rows > 0) return rows;
  }
  return 0;
}

}  // namespace ashlar::notifications
