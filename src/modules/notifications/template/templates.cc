#include "modules/notifications/template/templates.h"

#include <utility>

#include "base/clock.h"
#include "modules/notifications/recipients_store.h"
#include "platform/json/parse.h"
#include "platform/storage/database.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::notifications {
namespace {

// What put() took is taken again, whatever a call's own limits are.
constexpr json::ParseLimits kContentLimits{32, 100'000};

base::Error not_found() {
  return base::fail(base::Code::kNotFound, "template_not_found",
                    "No such template, or no version of it is live.");
}

// A call's data, as its JSON pointers have them.
base::Error of_call(base::Error error) {
  error.reason = "invalid_request";
  return error;
}

base::Result<json::Value> data_of(std::string_view text) {
  return text.empty() ? base::Result<json::Value>(json::Value{})
                      : json::parse(text, {32, TemplateFields::kMaxData});
}

std::string cache_name(base::TenantId tenant, std::string_view key, std::int64_t version) {
  return std::to_string(tenant.value) + ":" + std::to_string(version) + ":" + std::string(key);
}

}  // namespace

base::Result<TemplateRow> Templates::existing(storage::Transaction& tx, std::string_view key) {
  ASHLAR_ASSIGN(std::optional<TemplateRow> row, store::find_template(tx, key));
  if (!row || row->deleted) return not_found();
  return *std::move(row);
}

base::Result<TemplateRow> Templates::put(storage::Transaction& tx, std::string_view key,
                                         const std::optional<TemplateRow>& kept,
                                         const std::string& description, const std::string& content,
                                         bool publish) {
  if (!kept || kept->deleted) {
    ASHLAR_ASSIGN(const std::int64_t templates, store::count_templates(tx));
    if (templates >= kMaxTemplates) {
      return base::fail(base::Code::kConflict, "too_many_templates",
                        "The tenant has 1,000 templates.");
    }
  }
  const base::Time now = clock_.now();
  TemplateRow row = kept.value_or(TemplateRow{});
  row.key = key;
  row.description = description;
  if (!kept) row.created_at = now;
  std::optional<TemplateVersion> latest;
  if (kept && !kept->deleted) {
    ASHLAR_ASSIGN(latest, store::find_template_version(tx, key, row.latest_version));
  }
  if (!latest || latest->content != content) {
    ++row.latest_version;
    ASHLAR_TRY(
        store::add_template_version(tx, {std::string(key), row.latest_version, content, now}));
  }
  row.deleted = false;
  if (publish) row.live_version = row.latest_version;
  row.updated_at = now;
  ASHLAR_ASSIGN(row.revision, store::put_template(tx, row, now));
  ASHLAR_TRY(
      store::drop_old_versions(tx, key, row.latest_version - kMaxVersions + 1, row.live_version));
  return row;
}

base::Result<TemplateRow> Templates::publish(storage::Transaction& tx, TemplateRow row,
                                             std::int64_t version) {
  ASHLAR_ASSIGN(const auto found, store::find_template_version(tx, row.key, version));
  if (!found) {
    return base::fail(base::Code::kNotFound, "template_version_not_found",
                      "The template has no such version, or has it no longer.");
  }
  row.live_version = version;
  row.updated_at = clock_.now();
  ASHLAR_ASSIGN(row.revision, store::put_template(tx, row, row.updated_at));
  return row;
}

Templates::Compiled Templates::cached(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = cache_.find(name);
  return found == cache_.end() ? nullptr : found->second.compiled;
}

void Templates::keep(const std::string& name, const Compiled& compiled, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (cached_bytes_ + bytes > kMaxCachedBytes) {
    cache_.clear();
    cached_bytes_ = 0;
  }
  if (cache_.emplace(name, Cached{compiled, bytes}).second) cached_bytes_ += bytes;
}

base::Result<Templates::Compiled> Templates::compile(const json::Value& content) {
  return NotificationTemplate::compile(content, formats_);
}

base::Result<Templates::Compiled> Templates::compiled(storage::Transaction& tx,
                                                      std::string_view key, std::int64_t version) {
  const std::string name = cache_name(tx.context().tenant_id(), key, version);
  if (Compiled known = cached(name)) return known;
  ASHLAR_ASSIGN(const std::optional<TemplateVersion> found,
                store::find_template_version(tx, key, version));
  if (!found) {
    return base::fail(base::Code::kNotFound, "template_version_not_found",
                      "The template has no such version, or has it no longer.");
  }
  ASHLAR_ASSIGN(const json::Value content, json::parse(found->content, kContentLimits));
  ASHLAR_ASSIGN(const Compiled made, compile(content));
  // What is that new may have been made in the same group of commits, which may still come to
  // nothing: then its number would be another's.
  if (found->created_at < clock_.now() - base::Seconds{10}) {
    keep(name, made, found->content.size());
  }
  return made;
}

base::Result<std::uint8_t> Templates::channels_of(storage::Transaction& tx, std::string_view key,
                                                  std::int64_t version) {
  ASHLAR_ASSIGN(const Compiled found, compiled(tx, key, version));
  return found->channels();
}

base::Result<std::int64_t> Templates::accept(storage::Transaction& tx, std::string_view key,
                                             std::string_view data) {
  ASHLAR_ASSIGN(const std::optional<TemplateRow> row, store::find_template(tx, key));
  if (!row || row->live_version == 0) return not_found();
  ASHLAR_ASSIGN(const Compiled live, compiled(tx, key, row->live_version));
  ASHLAR_ASSIGN(const json::Value values, data_of(data));
  const base::Status fits = live->check(values);
  if (!fits.ok()) return of_call(fits.error());
  return row->live_version;
}

base::Result<Rendered> Templates::render(const Notification& n, const Delivery& d) {
  std::string locale = n.locale;
  std::string zone_name;
  Compiled found = cached(cache_name(n.tenant, n.template_key, n.template_version));
  if (!found || !n.user_id.empty()) {
    const auto read =
        db_.read(storage::Context::tenant(n.tenant), [&](storage::Transaction& tx) -> base::Status {
          ASHLAR_ASSIGN(found, compiled(tx, n.template_key, n.template_version));
          if (n.user_id.empty()) return base::ok_status();
          ASHLAR_ASSIGN(const auto recipient, store::find_recipient(tx, n.user_id));
          if (recipient && n.locale.empty()) locale = recipient->locale;
          if (recipient) zone_name = recipient->time_zone;
          return base::ok_status();
        });
    if (!read.ok()) return read.error();
  }
  // A zone that tzdata has dropped since: better by UTC than not at all.
  auto zone = zones_.find(zone_name.empty() ? "UTC" : zone_name);
  if (!zone.ok()) zone = zones_.find("UTC");
  if (!zone.ok()) return zone.error();
  ASHLAR_ASSIGN(const json::Value values, data_of(n.data));
  ASHLAR_ASSIGN(NotificationTemplate::Answer answer,
                found->render(d.channel, values, {locale, **zone}));
  return std::move(answer.content);
}

}  // namespace ashlar::notifications
