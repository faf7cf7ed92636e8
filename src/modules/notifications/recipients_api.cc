#include "modules/notifications/recipients_api.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/notifications/call_parts.h"
#include "modules/notifications/devices_store.h"
#include "modules/notifications/inbox_store.h"
#include "modules/notifications/recipients_json.h"
#include "modules/notifications/recipients_store.h"
#include "modules/notifications/short_wishes.h"
#include "modules/notifications/topics_store.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/paging.h"
#include "platform/json/parse.h"
#include "platform/outbound/target.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using base::Result;
using http::Call;
using http::Response;
using storage::Transaction;

// How often one that was not there may turn out to have come meanwhile, and be gone again.
constexpr int kLooks = 8;

// A thousand of them, each with all that it may have; the body's size bounds it too.
constexpr json::ParseLimits kBulkLimits{.max_depth = 32, .max_values = 300 * kMaxBulk};

http::CursorScope list_scope(const Call& call) {
  return {"notifications.recipients", call.principal.tenant.value};
}

base::Error conflict() {
  return base::fail(base::Code::kConflict, "storage_conflict", "Others change it; try again.");
}

base::Error not_found() {
  return base::fail(base::Code::kNotFound, "recipient_not_found", "There is no such recipient.");
}

// A user's id in a path is one that is kept, or nobody's.
Result<std::string> user_in_path(const Call& call) {
  ASHLAR_TRY(check_user_id(call.param(0), "/user_id"));
  return call.param(0);
}

Response answer(const Recipient& r) {
  return http::json_response(200, recipient_answer_schema(), render(r))
      .header("ETag", etag_of(r.version));
}

Result<BulkJson> bulk_of(const Call& call) {
  if (!is_lines(call)) {
    ASHLAR_ASSIGN(const json::Value given, json::parse(call.body, kBulkLimits));
    return bulk_schema().parse(given);
  }
  BulkJson bulk;
  std::string_view rest = call.body;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const std::string at = "/" + std::to_string(bulk.recipients.size());
    auto one = bulk_recipient_schema().parse_body(line);
    if (!one.ok()) {
      base::Error error = std::move(one).error();
      for (base::FieldError& field : error.fields) field.field.insert(0, at);
      if (error.fields.empty()) error.fields = {{at, "malformed", error.detail}};
      return error;
    }
    bulk.recipients.push_back(*std::move(one));
    if (bulk.recipients.size() > kMaxBulk) break;
  }
  if (bulk.recipients.empty() || bulk.recipients.size() > kMaxBulk) {
    const std::string detail = "Send 1 to 1,000 recipients in a call.";
    return base::Error{
        base::Code::kInvalid, "recipients_count", detail, {{"", "recipients_count", detail}}};
  }
  return bulk;
}

}  // namespace

Result<Recipient> RecipientsApi::find(Transaction& tx, const std::string& user_id) const {
  ASHLAR_ASSIGN(std::optional<Recipient> found, store::find_recipient(tx, user_id));
  if (!found) return not_found();
  return *std::move(found);
}

Result<Recipient> RecipientsApi::lock(Transaction& tx, const std::string& user_id) {
  ASHLAR_ASSIGN(std::optional<Recipient> found, store::lock_recipient(tx, user_id));
  if (!found) return not_found();
  return *std::move(found);
}

Result<bool> RecipientsApi::write(Transaction& tx, Recipient& r) const {
  const base::Time now = parts_.clock.now();
  r.updated_at = now;
  if (r.version == 0) {
    r.version = 1;
    r.created_at = now;
    return store::add_recipient(tx, r, now);
  }
  ASHLAR_ASSIGN(r.version, store::put_recipient(tx, r, now));
  return true;
}

Result<Recipient> RecipientsApi::keep(Transaction& tx, const std::string& user,
                                      const Change& change) const {
  for (int look = 0; look < kLooks; ++look) {
    ASHLAR_ASSIGN(std::optional<Recipient> kept, store::lock_recipient(tx, user));
    ASHLAR_ASSIGN(Recipient recipient,
                  change(std::move(kept).value_or(Recipient{.user_id = user})));
    ASHLAR_ASSIGN(const bool written, write(tx, recipient));
    if (written) return recipient;
  }
  return conflict();
}

base::Status RecipientsApi::hold(Transaction& tx, const std::string& user, base::Time now) {
  for (int look = 0; look < kLooks; ++look) {
    ASHLAR_ASSIGN(const std::optional<Recipient> kept, store::lock_recipient(tx, user));
    if (kept) return base::ok_status();
    ASHLAR_ASSIGN(const bool added, store::add_recipient(tx, {.user_id = user}, now));
    if (added) return base::ok_status();
  }
  return conflict();
}

Result<Response> RecipientsApi::put(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(const std::string user, user_in_path(call));
  ASHLAR_ASSIGN(const RecipientJson given, recipient_given(call.body, parts_.zones));
  ASHLAR_ASSIGN(const Recipient recipient, keep(tx, user, [&](Recipient kept) -> Result<Recipient> {
                  ASHLAR_TRY(check_if_match(call, kept.version));
                  return merged(std::move(kept), given, true, parts_.zones, "");
                }));
  return answer(recipient);
}

Result<Response> RecipientsApi::bulk(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(const BulkJson bulk, bulk_of(call));
  const std::string place = is_lines(call) ? "/" : "/recipients/";
  std::vector<std::string> users;
  for (std::size_t i = 0; i < bulk.recipients.size(); ++i) {
    users.push_back(bulk.recipients[i].user_id);
    ASHLAR_TRY(check_user_id(users.back(), place + std::to_string(i) + "/user_id"));
  }
  for (int look = 0; look < kLooks; ++look) {
    ASHLAR_ASSIGN(const bool written, write_all(tx, bulk, users, place));
    if (!written) continue;
    return http::json_response(200, bulk_answer_schema(),
                               {static_cast<std::int64_t>(bulk.recipients.size())});
  }
  return conflict();
}

Result<bool> RecipientsApi::write_all(Transaction& tx, const BulkJson& bulk,
                                      std::span<const std::string> users,
                                      const std::string& place) const {
  std::map<std::string, Recipient, std::less<>> kept;
  ASHLAR_ASSIGN(std::vector<Recipient> found, store::lock_recipients(tx, users));
  for (Recipient& one : found) {
    std::string id = one.user_id;
    kept.emplace(std::move(id), std::move(one));
  }
  // Who is named twice is as by two PUTs, one after the other.
  for (std::size_t i = 0; i < users.size(); ++i) {
    Recipient& recipient = kept.try_emplace(users[i], Recipient{.user_id = users[i]}).first->second;
    ASHLAR_ASSIGN(recipient, merged(std::move(recipient), bulk.recipients[i], true, parts_.zones,
                                    place + std::to_string(i)));
  }
  // By their ids, as they were locked: new ones are locked by being written.
  for (auto& [id, recipient] : kept) {
    ASHLAR_ASSIGN(const bool written, write(tx, recipient));
    if (!written) return false;
  }
  return true;
}

Result<Response> RecipientsApi::get(Call& call) const {
  ASHLAR_ASSIGN(const Recipient recipient,
                parts_.db.read(call.tenant_context(),
                               [&](Transaction& tx) { return find(tx, call.param(0)); }));
  return answer(recipient);
}

Result<Response> RecipientsApi::list(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  std::string after;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position,
                  parts_.cursors.decode<std::string>(list_scope(call), *cursor));
    after = std::get<0>(position);
  }
  const auto email = call.query_value("email");
  const auto phone = call.query_value("phone");
  ASHLAR_ASSIGN(
      std::vector<Recipient> found,
      parts_.db.read(call.tenant_context(), [&](Transaction& tx) -> Result<std::vector<Recipient>> {
        if (email) {
          ASHLAR_ASSIGN(const std::string address, normalized_email(*email, "?email"));
          return store::recipients_by_email(tx, address, limit);
        }
        if (phone) {
          ASHLAR_ASSIGN(const std::string number, normalized_phone(*phone, "?phone"));
          return store::recipients_by_phone(tx, number, limit);
        }
        return store::list_recipients(tx, after, limit + 1);
      }));
  json::Page<RecipientAnswerJson> page;
  if (static_cast<std::int64_t>(found.size()) > limit) {
    found.pop_back();
    ASHLAR_ASSIGN(page.next_cursor, parts_.cursors.encode(list_scope(call), found.back().user_id));
  }
  for (const Recipient& one : found) page.data.push_back(render(one));
  return http::page_response(call, recipient_page_schema(), page);
}

Result<Response> RecipientsApi::update(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(const RecipientJson given, recipient_given(call.body, parts_.zones));
  ASHLAR_ASSIGN(Recipient kept, lock(tx, call.param(0)));
  ASHLAR_TRY(check_if_match(call, kept.version));
  ASHLAR_ASSIGN(Recipient recipient, merged(std::move(kept), given, false, parts_.zones, ""));
  ASHLAR_TRY(write(tx, recipient));
  return answer(recipient);
}

Result<Response> RecipientsApi::remove(Call& call, Transaction& tx) const {
  const std::string& user = call.param(0);
  ASHLAR_ASSIGN(const bool was_there, store::delete_recipient(tx, user));
  if (!was_there) return not_found();
  ASHLAR_TRY(store::delete_devices_of(tx, user));
  ASHLAR_TRY(store::remove_from_topics(tx, user));
  // Whoever is given the same user_id later reads nothing of theirs.
  ASHLAR_TRY(store::erase_inbox_of(tx, user));
  return http::no_content();
}

Result<Response> RecipientsApi::get_preferences(Call& call) const {
  ASHLAR_ASSIGN(const Recipient recipient,
                parts_.db.read(call.tenant_context(),
                               [&](Transaction& tx) { return find(tx, call.param(0)); }));
  return http::json_text(200, recipient.preferences.empty() ? "{}" : recipient.preferences)
      .header("ETag", etag_of(recipient.version));
}

Result<Response> RecipientsApi::put_preferences(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(json::Value given, json::parse(call.body));
  given = whole_preferences(std::move(given));
  ASHLAR_TRY(preferences_schema().parse(given));
  ASHLAR_ASSIGN(Recipient recipient, lock(tx, call.param(0)));
  ASHLAR_TRY(check_if_match(call, recipient.version));
  ASHLAR_ASSIGN(recipient.preferences, preferences_text(given, ""));
  ASHLAR_TRY(write(tx, recipient));
  return http::json_text(200, recipient.preferences).header("ETag", etag_of(recipient.version));
}

Result<Response> RecipientsApi::link(Call& call) const {
  ASHLAR_TRY(parts_.db.read(call.tenant_context(),
                            [&](Transaction& tx) { return find(tx, call.param(0)); }));
  const base::Time now = parts_.clock.now();
  PreferenceSubject subject;
  subject.tenant = call.principal.tenant;
  subject.user_id = call.param(0);
  return http::json_response(
             201, link_schema(),
             {parts_.links.page_for(std::move(subject), now), now + PreferenceLinks::kLife})
      .header("Cache-Control", "no-store");
}

Result<Response> RecipientsApi::add_device(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(const std::string user, user_in_path(call));
  ASHLAR_ASSIGN(const NewDeviceJson given, new_device_schema().parse_body(call.body));
  ASHLAR_ASSIGN(Device device, device_of(given, {.allow_private = parts_.allow_private}));
  const base::Time now = parts_.clock.now();
  // Whoever has a device can be told: campaigns go by recipients. From here on no other device of
  // theirs is added.
  ASHLAR_TRY(hold(tx, user, now));
  device.user_id = user;
  ASHLAR_ASSIGN(const DeviceId id, store::register_device(tx, device, now));
  ASHLAR_TRY(store::drop_oldest(tx, user, kMaxDevices));
  ASHLAR_ASSIGN(const std::optional<Device> made, store::find_device(tx, id));
  return http::json_response(201, device_schema(), render(*made));
}

Result<Response> RecipientsApi::devices(Call& call) const {
  DevicesJson json;
  ASHLAR_TRY(parts_.db.read(call.tenant_context(), [&](Transaction& tx) -> base::Status {
    ASHLAR_TRY(find(tx, call.param(0)));
    ASHLAR_ASSIGN(const auto found, store::devices_of(tx, call.param(0)));
    json.data.clear();
    for (const Device& device : found) json.data.push_back(render(device));
    return base::ok_status();
  }));
  return http::json_response(200, devices_schema(), json);
}

Result<Response> RecipientsApi::remove_device(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(const bool was_there,
                store::delete_device(tx, call.param(0), DeviceId(id_in_path(call, 1))));
  if (!was_there) {
    return base::fail(base::Code::kNotFound, "device_not_found",
                      "The recipient has no such device.");
  }
  return http::no_content();
}

}  // namespace ashlar::notifications
