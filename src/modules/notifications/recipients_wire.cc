// THE table of recipients, their devices and wishes.
#include <memory>
#include <string_view>
#include <utility>

#include "modules/notifications/recipient_parts.h"
#include "modules/notifications/recipients_api.h"
#include "modules/notifications/recipients_json.h"
#include "modules/notifications/route_row.h"
#include "platform/http/call.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using base::Result;
using http::Call;
using http::ErrorDoc;
using http::Method;
using http::Response;
using storage::Transaction;
using Api = std::shared_ptr<const RecipientsApi>;

constexpr std::size_t kMaxBulkBytes = 4 << 20;
constexpr std::string_view kOne = "/v1/recipients/{user_id}";
constexpr std::string_view kWishes = "/v1/recipients/{user_id}/preferences";
constexpr std::string_view kDevices = "/v1/recipients/{user_id}/devices";

const ErrorDoc kNotFound{404, "recipient_not_found",
                         "There is no such recipient, or it is another tenant's."};
const ErrorDoc kUserId{422, "user_id_invalid",
                       "A user's id has 1 to 128 visible ASCII characters."};
const ErrorDoc kMismatch{412, "etag_mismatch", "It is not the one that If-Match names."};
const ErrorDoc kPreferences{422, "preferences_invalid", "The wishes are not of the shape above."};

// In a transaction that sees what others have committed: the row that a writer locks orders them
// (recipients_api.h).
http::WorkerHandler writes(const Api& api,
                           Result<Response> (RecipientsApi::*write)(Call&, Transaction&) const) {
  return [api, write](Call& call) {
    return api->db().write(call.tenant_context().read_committed(),
                           [&](Transaction& tx) { return (*api.*write)(call, tx); });
  };
}

std::vector<ErrorDoc> member_errors(std::vector<ErrorDoc> own) {
  own.insert(own.end(),
             {{422, "email_invalid", "This is no mail address."},
              {422, "phone_invalid", "This is no phone number with its country."},
              {422, "name_invalid", "The name holds control characters."},
              {422, "zone_unknown", "There is no such time zone."},
              {422, "quiet_hours_invalid", "The quiet hours are not of the shape above."},
              kPreferences,
              {422, "attributes_invalid", "The attributes are too many, too long or misnamed."}});
  return own;
}

void add_recipients(http::RouteTable& table, const Api& api) {
  table.push_back(route_row(Method::kPut, kOne,
                            "Keep a recipient: all but the wishes that are left out.",
                            writes(api, &RecipientsApi::put), &recipient_answer_schema()));
  table.back().request = &recipient_schema();
  table.back().etag = true;
  table.back().errors = member_errors({kUserId, kMismatch});
  table.push_back(route_row(Method::kPost, "/v1/recipients",
                            "Keep many recipients, each as by PUT: all, or none.",
                            writes(api, &RecipientsApi::bulk), &bulk_answer_schema()));
  table.back().request = &bulk_schema();
  table.back().takes_lines = true;
  table.back().max_body_bytes = kMaxBulkBytes;
  table.back().cost = 10;
  table.back().errors =
      member_errors({kUserId, {422, "recipients_count", "Send 1 to 1,000 recipients in a call."}});
  table.push_back(route_row(Method::kGet, "/v1/recipients", "List recipients by their ids.",
                            http::WorkerHandler([api](Call& c) { return api->list(c); }),
                            &recipient_page_schema()));
  table.back().paged = true;
  table.back().query = {{"email", "Only those with this address, one page.", "ann@example.com"},
                        {"phone", "Only those with this number, one page.", "+4915112345678"}};
  table.back().errors = {{400, "invalid_cursor", "The cursor was not given out for this list."},
                         {400, "email_invalid", "This is no mail address."},
                         {400, "phone_invalid", "This is no phone number with its country."}};
  table.push_back(route_row(Method::kGet, kOne, "Get one recipient.",
                            http::WorkerHandler([api](Call& c) { return api->get(c); }),
                            &recipient_answer_schema()));
  table.back().etag = true;
  table.back().errors = {kNotFound};
  table.push_back(route_row(Method::kPatch, kOne,
                            "Change a recipient; of attributes, those given (null: without it).",
                            writes(api, &RecipientsApi::update), &recipient_answer_schema()));
  table.back().request = &recipient_schema();
  table.back().etag = true;
  table.back().errors = member_errors({kNotFound, kMismatch});
  table.push_back(route_row(Method::kDelete, kOne,
                            "Forget a recipient with its devices; suppressions stay.",
                            writes(api, &RecipientsApi::remove), nullptr));
  table.back().success = 204;
  table.back().errors = {kNotFound};
}

void add_wishes(http::RouteTable& table, const Api& api) {
  table.push_back(route_row(Method::kGet, kWishes, "What a recipient wants to get.",
                            http::WorkerHandler([api](Call& c) { return api->get_preferences(c); }),
                            &preferences_schema()));
  table.back().etag = true;
  table.back().errors = {kNotFound};
  table.push_back(route_row(Method::kPut, kWishes, "Replace what a recipient wants to get.",
                            writes(api, &RecipientsApi::put_preferences), &preferences_schema()));
  table.back().request = &preferences_schema();
  table.back().etag = true;
  table.back().errors = {kNotFound, kMismatch, kPreferences};
  table.push_back(route_row(Method::kPost, "/v1/recipients/{user_id}/preferences-link",
                            "A link to the page where the recipient changes it, for 400 days.",
                            http::WorkerHandler([api](Call& c) { return api->link(c); }),
                            &link_schema()));
  table.back().success = 201;
  table.back().errors = {kNotFound};
}

void add_devices(http::RouteTable& table, const Api& api) {
  table.push_back(route_row(Method::kPost, kDevices,
                            "Register a device; a token moves to who registers it last.",
                            writes(api, &RecipientsApi::add_device), &device_schema()));
  table.back().request = &new_device_schema();
  table.back().success = 201;
  table.back().errors = with_target_errors(
      {kUserId, {422, "device_invalid", "The token or the subscription is none."}});
  table.push_back(route_row(Method::kGet, kDevices, "A recipient's devices.",
                            http::WorkerHandler([api](Call& c) { return api->devices(c); }),
                            &devices_schema()));
  table.back().errors = {kNotFound};
  table.push_back(route_row(Method::kDelete, "/v1/recipients/{user_id}/devices/{device_id}",
                            "Drop a device.", writes(api, &RecipientsApi::remove_device), nullptr));
  table.back().success = 204;
  table.back().errors = {
      {404, "device_not_found", "The recipient has no such device, or is another tenant's."}};
}

}  // namespace

http::RouteTable recipients_routes(const RecipientParts& parts) {
  const auto api = std::make_shared<const RecipientsApi>(parts);
  http::RouteTable table;
  add_recipients(table, api);
  add_wishes(table, api);
  add_devices(table, api);
  return table;
}

}  // namespace ashlar::notifications
