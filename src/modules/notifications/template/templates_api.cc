#include "modules/notifications/template/templates_api.h"

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/notifications/call_parts.h"
#include "modules/notifications/notifications.h"
#include "modules/notifications/notifications_json.h"
#include "modules/notifications/recipient.h"
#include "modules/notifications/template/templates.h"
#include "modules/notifications/template/templates_json.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/paging.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::notifications {
namespace {

using base::Result;
using http::Call;
using http::Response;
using storage::Transaction;

http::CursorScope scope(const Call& call, std::string_view list) {
  return {list, call.principal.tenant.value};
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

TemplatePartJson part_of(Channel channel, const NotificationTemplate::Answer& answer) {
  TemplatePartJson part;
  part.channel = name_of(channel);
  part.locale = answer.locale;
  part.subject = unless_empty(answer.content.subject);
  part.text = unless_empty(answer.content.text);
  part.html = unless_empty(answer.content.html);
  part.url = unless_empty(answer.content.url);
  if (!answer.content.data.empty()) part.data = {answer.content.data};
  return part;
}

std::vector<Channel> asked_for(const std::optional<std::string>& name,
                               const NotificationTemplate& compiled) {
  if (name) return {*channel_of(*name)};
  std::vector<Channel> found;
  for (std::size_t i = 0; i < kChannels; ++i) {
    if ((compiled.own_channels() >> i & 1) != 0) found.push_back(static_cast<Channel>(i));
  }
  if (found.empty()) found.push_back(Channel::kSms);  // there is a short text alone
  return found;
}

// A text that the data do not fit is the data's fault here, and its pointer says so.
base::Error of_preview(base::Error error) {
  if (error.fields.empty()) {
    error.fields.push_back({"/channel", error.reason, error.detail});
  }
  error.reason = "invalid_request";
  return error;
}

}  // namespace

Result<Response> TemplatesApi::list(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  std::string after;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position, parts_.cursors.decode<std::string>(
                                           scope(call, "notifications.templates"), *cursor));
    after = std::get<0>(position);
  }
  ASHLAR_ASSIGN(auto found, parts_.db.read(call.tenant_context(), [&](Transaction& tx) {
    return store::list_templates(tx, after, std::int64_t{limit} + 1);
  }));
  json::Page<TemplateSummaryJson> page;
  if (static_cast<std::int64_t>(found.size()) > limit) {
    found.pop_back();
    ASHLAR_ASSIGN(page.next_cursor,
                  parts_.cursors.encode(scope(call, "notifications.templates"), found.back().key));
  }
  for (const TemplateRow& row : found) page.data.push_back(render_summary(row));
  return http::page_response(call, template_page_schema(), page);
}

// `version` 0: the latest.
Result<Response> TemplatesApi::shown(Transaction& tx, std::string_view key,
                                     std::int64_t version) const {
  ASHLAR_ASSIGN(const TemplateRow row, Templates::existing(tx, key));
  const std::int64_t wanted = version == 0 ? row.latest_version : version;
  ASHLAR_ASSIGN(const auto found, store::find_template_version(tx, key, wanted));
  if (!found) {
    return base::fail(base::Code::kNotFound, "template_version_not_found",
                      "The template has no such version, or has it no longer.");
  }
  ASHLAR_ASSIGN(const Templates::Compiled compiled, parts_.templates.compiled(tx, key, wanted));
  ASHLAR_ASSIGN(const TemplateJson json, render(row, wanted, found->content, compiled->warnings()));
  return http::json_response(200, template_schema(), json).header("ETag", etag_of(row.revision));
}

Result<Response> TemplatesApi::get(Call& call) const {
  return parts_.db.read(call.tenant_context(),
                        [&](Transaction& tx) { return shown(tx, call.param(0), 0); });
}

Result<Response> TemplatesApi::put(Call& call, Transaction& tx) const {
  ASHLAR_TRY(check_name(call.param(0), "/key"));
  ASHLAR_ASSIGN(const PutTemplateJson given, put_template_schema().parse_body(call.body));
  const json::Value content = content_of(given);
  ASHLAR_ASSIGN(const Templates::Compiled compiled, parts_.templates.compile(content));
  ASHLAR_ASSIGN(const auto kept, store::find_template(tx, call.param(0)));
  ASHLAR_TRY(check_if_match(call, kept && !kept->deleted ? kept->revision : 0));
  const std::string text = json::to_text(content);
  ASHLAR_ASSIGN(const TemplateRow row,
                parts_.templates.put(tx, call.param(0), kept, given.description.value_or(""), text,
                                     given.publish));
  ASHLAR_ASSIGN(const TemplateJson json,
                render(row, row.latest_version, text, compiled->warnings()));
  return http::json_response(200, template_schema(), json).header("ETag", etag_of(row.revision));
}

Result<Response> TemplatesApi::remove(Call& call, Transaction& tx) const {
  ASHLAR_TRY(Templates::existing(tx, call.param(0)));
  ASHLAR_TRY(store::delete_template(tx, call.param(0), parts_.clock.now()));
  return http::no_content();
}

Result<Response> TemplatesApi::versions(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  const std::string list = "notifications.template_versions." + call.param(0);
  std::int64_t before = INT64_MAX;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position,
                  parts_.cursors.decode<std::int64_t>(scope(call, list), *cursor));
    before = std::get<0>(position);
  }
  TemplateRow row;
  std::vector<TemplateVersion> found;
  const auto read = parts_.db.read(call.tenant_context(), [&](Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(row, Templates::existing(tx, call.param(0)));
    ASHLAR_ASSIGN(
        found, store::list_template_versions(tx, call.param(0), before, std::int64_t{limit} + 1));
    return base::ok_status();
  });
  if (!read.ok()) return read.error();
  json::Page<TemplateVersionJson> page;
  if (static_cast<std::int64_t>(found.size()) > limit) {
    found.pop_back();
    ASHLAR_ASSIGN(page.next_cursor, parts_.cursors.encode(scope(call, list), found.back().version));
  }
  for (const TemplateVersion& v : found) {
    page.data.push_back({v.version, v.version == row.live_version, v.created_at});
  }
  return http::page_response(call, template_version_page_schema(), page);
}

Result<Response> TemplatesApi::version(Call& call) const {
  const std::int64_t version = id_in_path(call, 1);
  return parts_.db.read(call.tenant_context(), [&](Transaction& tx) {
    return shown(tx, call.param(0), version == 0 ? -1 : version);
  });
}

Result<Response> TemplatesApi::publish(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(const PublishTemplateJson given, publish_template_schema().parse_body(call.body));
  ASHLAR_ASSIGN(TemplateRow row, Templates::existing(tx, call.param(0)));
  ASHLAR_TRY(check_if_match(call, row.revision));
  ASHLAR_TRY(parts_.templates.publish(tx, std::move(row), given.version));
  return shown(tx, call.param(0), given.version);
}

Result<Response> TemplatesApi::preview(Call& call) const {
  ASHLAR_ASSIGN(const PreviewTemplateJson given, preview_template_schema().parse_body(call.body));
  Templates::Compiled compiled;
  if (given.content) {
    ASHLAR_ASSIGN(compiled, parts_.templates.compile(content_of(*given.content)));
  } else {
    ASHLAR_ASSIGN(
        compiled,
        parts_.db.read(call.tenant_context(), [&](Transaction& tx) -> Result<Templates::Compiled> {
          ASHLAR_ASSIGN(const TemplateRow row, Templates::existing(tx, call.param(0)));
          return parts_.templates.compiled(tx, row.key, given.version.value_or(row.latest_version));
        }));
  }
  const auto zone = parts_.zones.find(given.time_zone);
  if (!zone.ok()) return of_preview(zone.error());
  const json::Value data{given.data};
  TemplatePreviewJson json;
  json.warnings = compiled->warnings();
  for (const Channel channel : asked_for(given.channel, *compiled)) {
    const auto answer = compiled->render(channel, data, {given.locale, **zone}, true);
    if (!answer.ok()) return of_preview(answer.error());
    json.parts.push_back(part_of(channel, *answer));
    if (answer->fell_back) {
      json.warnings.push_back(std::string(name_of(channel)) + ": nothing in " + given.locale +
                              ", so " + answer->locale + " is sent");
    }
    if (json.parts.size() > 1) continue;
    for (const std::string& pointer : answer->ignored) {
      json.warnings.push_back(pointer + ": no field declares it");
    }
  }
  return http::json_response(200, template_preview_schema(), json);
}

Result<Response> TemplatesApi::test(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(const TestTemplateJson given, test_template_schema().parse_body(call.body));
  ASHLAR_TRY(Templates::existing(tx, call.param(0)));
  NewNotificationJson wanted;
  wanted.to = {given.to.user_id, given.to.email, given.to.phone, given.to.device};
  wanted.template_key = call.param(0);
  wanted.data = given.data;
  wanted.locale = given.locale;
  if (given.channel) wanted.channels = {*given.channel};
  wanted.priority = "urgent";
  ASHLAR_ASSIGN(Notification notification, notification_of(wanted, parts_.clock.now()));
  ASHLAR_ASSIGN(const Notifications::Accepted accepted,
                parts_.notifications.accept(tx, std::move(notification)));
  AcceptedJson json;
  json.id = accepted.id.to_string();
  json.state = name_of(accepted.state);
  return http::json_response(202, accepted_schema(), json)
      .header("Location", "/v1/notifications/" + accepted.id.to_string());
}

}  // namespace ashlar::notifications
